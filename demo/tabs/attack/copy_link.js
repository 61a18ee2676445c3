// The link is the one that address.js keeps. The button says that it is copied; where the browser may not, it stands selected.
async (copy, hints, toggles) => {
  const url = document.getElementById("address").dataset.link;
  const copied = await copy(url);
  const button = document.getElementById("link-button");
  if (copied) {
    button.dataset.was ??= button.textContent;
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = button.dataset.was), 3000);
  } else {
    setTimeout(() => {
      const field = document.querySelector("#link input, #link textarea");
      if (!field) return;
      field.focus();
      field.select();
    }, 80);
  }
  const hint = hints[toggles.photo.startsWith("upload:") ? "own" : "sample"];
  return { __type__: "update", value: url, visible: true, info: `${copied ? hints.copied : hints.selected} ${hint}` };
}
