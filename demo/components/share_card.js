// The card of the last run: the server draws it when the dialog opens. A phone sends the file, any browser can save it.
// `copy` is that of copy.js.
const find = (part) => element.querySelector(part);
const [open, dialog, drawing, sheet, picture, enlarge, ways, send, save, copies, sample, own, denied] =
  [".open", "dialog", ".drawing", ".sheet", "img", ".enlarge", ".ways", ".send", ".save", ".copy", ".of-sample", ".of-own", ".denied"].map(find);
let file = null;
let copied = 0;
const drawn = (there) => {
  drawing.hidden = there;
  picture.hidden = ways.hidden = !there;
};
// On a phone the whole card is shown first, too small to be read; then large, moved by a finger.
const size = (large) => {
  sheet.classList.toggle("large", large);
  enlarge.textContent = large ? "Smaller" : "Enlarge";
};
for (const one of [enlarge, picture]) one.addEventListener("click", () => size(!sheet.classList.contains("large")));
const toCopy = () => {
  clearTimeout(copied);
  copies.textContent = "Copy the link";
  denied.hidden = true;
};
open.addEventListener("click", () => {
  drawn(false);
  size(false);
  dialog.showModal();
  const { ran } = document.getElementById("address").dataset; // whatever was chosen since
  const link = ran ?? location.href;
  sample.hidden = !new URL(link).searchParams.has("sample"); // a link leaves out a photo of one's own
  own.hidden = !sample.hidden || new URL(link).search === ""; // as the page opens, on a sample
  toCopy();
  props.value = { link };
  trigger("submit");
});
copies.addEventListener("click", async () => {
  toCopy();
  if (await copy(props.value.link)) copies.textContent = "Copied";
  else denied.hidden = false;
  copied = setTimeout(toCopy, 6000);
});
find(".close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
watch("value", async () => {
  const { card, name, said, reached } = props.value;
  find(".alone").hidden = reached !== false; // not before the server has said so
  find(".alone b").textContent = location.host;
  if (!card) return;
  picture.src = save.href = card;
  picture.alt = said;
  save.download = name;
  drawn(true);
  file = new File([await (await fetch(card)).blob()], name, { type: "image/png" });
  send.hidden = !navigator.canShare?.({ files: [file] });
});
send.addEventListener("click", async () => {
  const { said, link } = props.value;
  try {
    await navigator.share({ files: [file], text: `${said} ${link}` });
  } catch (error) {
    if (error.name !== "AbortError") save.click(); // the browser does not let it go; the visitor's own "no" is one
  }
});

// There is something to share while a verdict stands on the stage.
const verdict = document.getElementById("verdict");
const ready = () => {
  const result = verdict.querySelector(".verdict:not(.none)");
  const unchanged = result?.hasAttribute("data-unchanged");
  open.disabled = !result || unchanged;
  open.title = open.disabled ? "There is a result to share once a run has ended: press Attack" : "";
  if (unchanged) open.title = "The photo is unchanged, so there is nothing to share";
};
new MutationObserver(ready).observe(verdict, {
  childList: true, subtree: true, attributes: true, attributeFilter: ["class", "data-unchanged"], // Gradio may keep the element
});
ready();
