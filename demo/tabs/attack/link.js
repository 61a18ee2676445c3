// The server knows the settings, the browser knows where the page lives. Where it may not copy, the link is selected.
async (settings) => {
  const url = `${location.origin}${location.pathname}?${settings}`;
  try {
    await navigator.clipboard.writeText(url);
  } catch {}
  setTimeout(() => {
    const field = document.querySelector("#link input, #link textarea");
    if (!field) return;
    field.focus();
    field.select();
  }, 80);
  return url;
}
