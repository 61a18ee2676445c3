// Copies a text and says whether that worked. A page that is not served over HTTPS has no clipboard, but the older command.
async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {}
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("readonly", "");
  field.style.cssText = "position: fixed; top: 0; opacity: 0";
  (before?.closest("dialog") ?? document.body).append(field); // what is outside an open dialog cannot be selected
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  return done;
}
