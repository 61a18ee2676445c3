// Behaviour: Gradio's tabs leave the address as it is. Here the browser's Back leads to the tab before, not out of the page, and
// an address that ends in #learn opens that tab.
(() => {
  const tabs = () => [...document.querySelectorAll('#tabs [role="tab"]')];
  const chosen = () => tabs().find((tab) => tab.getAttribute("aria-selected") === "true")?.dataset.tabId;
  const open = (name) => tabs().find((tab) => tab.dataset.tabId === name)?.click();
  const asked = () => location.hash.slice(1);
  // The page has a base address, against which "#learn" alone would mean another page, without its ?__theme=dark.
  const here = (hash) => location.pathname + location.search + hash;
  let shown;
  new MutationObserver(() => {
    const now = chosen();
    if (!now || now === shown) return;
    const first = shown === undefined;
    shown = now;
    if (first) open(asked());
    else if (asked() !== now) history.pushState(null, "", here(`#${now}`));
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-selected"] });
  addEventListener("click", (event) => {
    const name = event.target.closest?.('a[href^="#"]')?.getAttribute("href").slice(1);
    if (!tabs().some((tab) => tab.dataset.tabId === name)) return;
    event.preventDefault();
    open(name);
    scrollTo(0, 0);
  });
  addEventListener("popstate", () => {
    const name = asked() || "attack"; // a place within a tab is no tab, and opens none
    if (tabs().some((tab) => tab.dataset.tabId === name)) {
      shown = name;
      open(name);
    }
  });
})();
