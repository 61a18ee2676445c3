// The server knows the settings, the browser knows where the page lives. Where it may not copy, the link is selected.
async (query) => {
  const [settings] = query.split("#");
  const url = settings.includes("://") ? settings : location.origin + location.pathname + "?" + settings;
  let copied = false;
  try {
    await navigator.clipboard.writeText(url);
    copied = true;
  } catch {}
  setTimeout(() => {
    const field = document.querySelector("#link input, #link textarea");
    if (!field) return;
    field.focus();
    field.select();
    if (!copied) field.setAttribute("aria-description", "Press Ctrl+C to copy");
  }, 80);
  return url;
}
