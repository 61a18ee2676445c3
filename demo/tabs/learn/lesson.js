// The whole lesson: links to its steps, and the way to the tab Attack.
element.addEventListener("click", (event) => {
  const go = event.target.closest("button.go");
  if (go) {
    const { words, own } = go.dataset;
    if (words) document.dispatchEvent(new CustomEvent("ask-for-photo", { detail: { words, own } }));
    const { step, chosen } = go.closest("[data-step]").dataset;
    trigger("select");
    if (chosen !== undefined) trigger("apply", { step }); // without it nothing is chosen there, and the note on choices must not come
    return;
  }
  const link = event.target.closest(".way a");
  if (!link) return;
  event.preventDefault(); // the address stays as it is
  const heading = element.querySelector(link.getAttribute("href"));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  heading.scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  heading.focus({ preventScroll: true });
});
