// The link is the one that address.js keeps. The button itself says that it is copied; where the browser may not copy, the
// link is shown and stands selected.
async (copy, hints, toggles) => {
  const url = document.getElementById("address").dataset.link;
  const button = document.getElementById("link-button");
  const whose = toggles.photo.startsWith("upload:") ? "own" : "sample";
  button.setAttribute("aria-live", "polite");
  const copied = await copy(url);
  if (copied) {
    clearTimeout(button.dataset.timer);
    button.dataset.was ??= button.textContent;
    button.textContent = hints[`copied ${whose}`];
    button.title = hints[whose];
    button.dataset.timer = setTimeout(() => (button.textContent = button.dataset.was), 6000);
  } else {
    setTimeout(() => {
      const field = document.querySelector("#link input, #link textarea");
      if (!field) return;
      field.focus();
      field.select();
    }, 80);
  }
  const info = `${hints.selected} ${hints[whose]}`;
  return { __type__: "update", value: url, visible: copied ? "hidden" : true, info };
}
