// The visitor's photos and what is marked on them, kept in the browser alone so that a reload brings them back: the marks in
// sessionStorage, which ends with the tab; the files, too large for it, in IndexedDB. The server checks both as any upload.
const NAME = "fool-the-top-k";
const HOUR = 3_600_000; // as long as the server keeps an upload
const MOST_OWN = 6; // photos that come back, as many as stand among the samples
const MOST = 12; // files, of all tabs of this browser,
const BYTES = 100_000_000; // and of this size together
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
const keepPhoto = (record) => photos("readwrite", (store) => store.put({ ...record, at: Date.now() }));
const tidy = async () => {
  const newest = (await photos("readonly", (store) => store.getAll())).sort((a, b) => b.at - a.at);
  let bytes = 0;
  for (const [place, { photo, file, at }] of newest.entries()) {
    bytes += file.size;
    if (place >= MOST || bytes > BYTES || Date.now() - at > HOUR) await photos("readwrite", (store) => store.delete(photo));
  }
};
// What was seen of each photo, the last one at the end.
const read = () => {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME));
    return Array.isArray(kept) ? kept : [];
  } catch {
    return []; // none of ours, or a browser that keeps nothing
  }
};

const kept = read(); // before the page's own start is seen
// Where the address names a sample, that one is on the stage, and the visitor's photo one click away.
const said = new URLSearchParams(location.search);
const shown = !said.has("sample");
let open = false; // whether what is seen from now on is the visitor's choice
// Only what the server no longer has is sent to it again.
const there = async (one) => {
  const found = await photos("readonly", (store) => store.get(one.photo));
  const has = (await fetch(found.url, { method: "HEAD" })).ok;
  if (!has) await upload(found.file);
  await keepPhoto(found).catch(() => {}); // for another hour, as the server does; where there is no room, as long as before
  return { ...one, called: found.called };
};
const bringBack = async () => {
  const ready = await Promise.allSettled(kept.map(there));
  const found = ready.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
  const last = found.pop();
  if (!last) return;
  props.value = { ...last, others: found, shown: shown && last.photo === kept.at(-1).photo, k: said.has("k") ? null : last.k };
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
    const others = read().filter(({ photo }) => photo !== props.seen.photo);
    sessionStorage.setItem(NAME, JSON.stringify([...others, props.seen].slice(-MOST_OWN)));
  } catch {}
});
watch("uploaded", async () => {
  const { path, url, orig_name: name } = props.uploaded ?? {};
  if (!url) return;
  try {
    const answer = await fetch(url);
    const file = new File([await answer.blob()], name ?? "photo");
    const [folder, called] = path.split(/[\\/]/).slice(-2);
    if (answer.ok) await keepPhoto({ photo: UPLOAD + folder, file, url, called });
    await tidy();
  } catch {}
});
