// The visitor's photo and what is marked on it, kept in the browser alone so that a reload brings them back: the marks in
// sessionStorage, which ends with the tab; the file, too large for it, in IndexedDB. The server checks both as any upload.
const NAME = "fool-the-top-k";
const HOUR = 3_600_000; // as long as the server keeps an upload
const MOST = 4; // files, of all tabs of this browser
const UPLOAD = "upload:";

const photos = (mode, ask) =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("photos", { keyPath: "photo" });
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asked = ask(opening.result.transaction("photos", mode).objectStore("photos"));
      asked.onerror = () => reject(asked.error);
      asked.onsuccess = () => resolve(asked.result);
      asked.transaction.oncomplete = () => opening.result.close();
    };
  });
const keepPhoto = (photo, file) => photos("readwrite", (store) => store.put({ photo, file, at: Date.now() }));
const tidy = async () => {
  const newest = (await photos("readonly", (store) => store.getAll())).sort((a, b) => b.at - a.at);
  for (const { photo } of newest.filter(({ at }, place) => place >= MOST || Date.now() - at > HOUR))
    await photos("readwrite", (store) => store.delete(photo));
};
const read = () => {
  try {
    return JSON.parse(sessionStorage.getItem(NAME));
  } catch {
    return null; // none of ours, or a browser that keeps nothing
  }
};

const kept = read(); // before the page's own start is seen
// Where the address names a sample, that one is on the stage, and the visitor's photo one click away.
const said = new URLSearchParams(location.search);
const shown = !said.has("sample");
let open = false; // whether what is seen from now on is the visitor's choice
const bringBack = async () => {
  const found = kept && (await photos("readonly", (store) => store.get(kept.photo)));
  if (!found) return;
  await upload(found.file);
  await keepPhoto(found.photo, found.file); // for another hour
  props.value = { ...kept, shown, k: said.has("k") ? null : kept.k };
  trigger("submit");
};
watch("ready", async () => {
  try {
    await bringBack();
    await tidy();
  } catch {} // as where a browser keeps no files: the page is as at the start
  open = true;
});
watch("seen", () => {
  if (!open || !props.seen?.photo?.startsWith(UPLOAD)) return;
  try {
    sessionStorage.setItem(NAME, JSON.stringify(props.seen));
  } catch {}
});
watch("uploaded", async () => {
  const { path, url, orig_name: name } = props.uploaded ?? {};
  if (!url) return;
  try {
    const answer = await fetch(url);
    const file = new File([await answer.blob()], name ?? "photo");
    if (answer.ok) await keepPhoto(UPLOAD + path.split(/[\\/]/).at(-2), file);
    await tidy();
  } catch {}
});
