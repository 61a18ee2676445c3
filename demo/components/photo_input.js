// Several files dropped at once: the first is taken, and that is said. Gradio would send all of them and show one.
const said = element.querySelector("p");
const say = (words) => {
  said.textContent = words;
  said.hidden = !words;
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
for (const kind of ["change", "click"])
  addEventListener(kind, (event) => event.target.closest?.("#photo, #samples") && say(""), true);
