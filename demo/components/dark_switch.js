// Behaviour: light or dark without a reload, which would take a result and votes away. What was chosen is kept by the browser;
// where an address says ?__theme=…, that counts as the page opens, as Gradio (6.31) has it, and follows the switch from then on.
(() => {
  const NAME = "theme";
  const named = () => new URLSearchParams(location.search).get("__theme");
  const kept = () => {
    try {
      return localStorage.getItem(NAME);
    } catch {
      return null; // the browser keeps nothing here
    }
  };
  const known = (theme) => (["light", "dark"].includes(theme) ? theme : undefined);
  let chosen = known(named()) ?? known(kept()); // none: as the system has it
  const isDark = () => document.body.classList.contains("dark");
  // Gradio sets the class as it starts, and anew when the system's choice changes; the switch may come later than both.
  const show = () => {
    if (chosen) document.body.classList.toggle("dark", chosen === "dark");
    const button = document.getElementById("dark-switch");
    if (button && button.ariaChecked !== String(isDark())) button.ariaChecked = String(isDark());
  };
  const start = () => {
    new MutationObserver(show).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    const comes = new MutationObserver(() => {
      if (!document.getElementById("dark-switch")) return;
      comes.disconnect(); // a run's steps are nothing to it
      show();
    });
    comes.observe(document.body, { childList: true, subtree: true });
    show();
  };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
  addEventListener("click", (event) => {
    if (!event.target.closest?.("#dark-switch")) return;
    chosen = isDark() ? "light" : "dark";
    try {
      localStorage.setItem(NAME, chosen);
    } catch {} // until the page is closed, then
    if (named()) {
      const address = new URL(location.href);
      address.searchParams.set("__theme", chosen);
      history.replaceState(history.state, "", address);
    }
    show();
  });
})();
