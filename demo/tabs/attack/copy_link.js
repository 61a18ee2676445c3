// The link is the one that address.js keeps. Where the browser may not copy, the link is selected.
async (hints, toggles) => {
  const url = document.getElementById("address").dataset.link;
  try {
    await navigator.clipboard.writeText(url);
  } catch {}
  setTimeout(() => {
    const field = document.querySelector("#link input, #link textarea");
    if (!field) return;
    field.focus();
    field.select();
  }, 80);
  return { __type__: "update", value: url, visible: true, info: toggles.photo.startsWith("upload:") ? hints.own : hints.sample };
}
