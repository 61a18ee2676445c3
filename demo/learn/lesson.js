// The whole lesson: links to its steps, and the way to the tab Attack.
element.addEventListener("click", (event) => {
  if (event.target.closest("button.go")) return trigger("select");
  const link = event.target.closest(".way a");
  if (!link) return;
  event.preventDefault(); // the address stays as it is
  const heading = element.querySelector(link.getAttribute("href"));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  heading.scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  heading.focus({ preventScroll: true });
});
