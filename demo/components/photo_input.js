// What is said at the box. Several files dropped at once: the first is taken. Gradio would send all of them and show one.
const said = element.querySelector("p");
const box = () => document.getElementById("photo");
const say = (words, asked = false) => {
  said.textContent = words;
  said.hidden = !words;
  for (const one of [said, box(), document.getElementById("samples")]) one?.toggleAttribute("data-asked", asked);
};
addEventListener("drop", (event) => {
  if (!event.target.closest?.("#photo") || !event.isTrusted && event.dataTransfer.files.length < 2) return;
  const [first, ...others] = event.dataTransfer.files;
  say(others.length ? `${others.length + 1} files were dropped; the first one, ${first.name}, is taken.` : "");
  if (!others.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const one = new DataTransfer();
  one.items.add(first);
  event.target.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: one }));
}, true);
const chosen = (event) => {
  const opens = event.type === "click" && said.hasAttribute("data-asked"); // what is asked for stays until it is there
  if (event.target.closest?.(opens ? "#samples [data-sample], #attack-button" : "#photo, #samples")) say("");
};
for (const kind of ["change", "click"]) addEventListener(kind, chosen, true);
// Another tab leads here and says why: the box, or on a phone the strip that begins with one's own photo, comes into sight as
// soon as this tab is shown.
document.addEventListener("ask-for-photo", ({ detail: { words, own } }) => {
  const there = document.querySelector('#samples [data-sample^="upload:"][aria-pressed="true"]');
  say((there && own) || words, true);
  const places = [box(), document.getElementById("samples")];
  const shown = new ResizeObserver(() => {
    const place = places.find((one) => one.offsetHeight);
    if (!place) return;
    shown.disconnect();
    place.scrollIntoView({ block: "center" });
    place.querySelector("button")?.focus({ preventScroll: true });
  });
  for (const one of places) shown.observe(one);
});
