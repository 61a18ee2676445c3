// Behaviour: Gradio's tabs leave the address as it is. Here the browser's Back leads to the tab before, not out of the page, and
// an address that ends in #learn opens that tab. The keyboard stops once at all of them, and arrow keys go from one to the next.
(() => {
  const tabs = () => [...document.querySelectorAll('#tabs [role="tab"]')];
  const chosen = () => tabs().find((tab) => tab.getAttribute("aria-selected") === "true")?.dataset.tabId;
  const roving = () => {
    for (const tab of tabs()) {
      const stop = tab.getAttribute("aria-selected") === "true" ? 0 : -1;
      if (tab.tabIndex !== stop) tab.tabIndex = stop;
    }
  };
  // What went wrong on one tab would cover the next one, or what is presented.
  const closeToasts = () => document.querySelectorAll(".toast-close").forEach((button) => button.click());
  document.addEventListener("present", closeToasts);
  const open = (name) => tabs().find((tab) => tab.dataset.tabId === name)?.click();
  const asked = () => location.hash.slice(1);
  // The page has a base address, against which "#learn" alone would mean another page, without its ?__theme=dark.
  const here = (hash) => location.pathname + location.search + hash;
  let shown;
  new MutationObserver(() => {
    roving();
    const now = chosen();
    if (!now || now === shown) return;
    const first = shown === undefined;
    shown = now;
    closeToasts();
    if (first) open(asked());
    else if (asked() !== now) history.pushState(null, "", here(`#${now}`));
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-selected"] });
  addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    const name = link?.getAttribute("href").slice(1);
    if (!tabs().some((tab) => tab.dataset.tabId === name)) {
      const place = name && !event.defaultPrevented && document.getElementById(name);
      if (!place) return;
      event.preventDefault();
      if (!link.dataset.tab) return place.scrollIntoView();
      open(link.dataset.tab); // it is on another one, and is to be seen as soon as that is shown
      const shows = new ResizeObserver(() => {
        if (!place.offsetHeight) return;
        shows.disconnect();
        place.scrollIntoView();
      });
      return shows.observe(place);
    }
    event.preventDefault();
    open(name);
    scrollTo(0, 0);
  });
  addEventListener("keydown", (event) => {
    const tab = event.target.closest?.('#tabs [role="tab"]');
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!tab || !way) return;
    const all = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
    const next = all[(all.indexOf(tab) + way + all.length) % all.length];
    next.click();
    next.focus();
  });
  addEventListener("popstate", () => {
    const name = asked() || "attack"; // a place within a tab is no tab, and opens none
    if (tabs().some((tab) => tab.dataset.tabId === name)) {
      shown = name;
      open(name);
    }
  });
})();
