// Beside the verdict, where the screen is small: "Is it real?" is far below, and answers at once if it has not yet.
element.querySelector(".to-real").addEventListener("click", () => {
  const [box, button, result] = ["real", "real-button", "real-result"].map((id) => document.getElementById(id));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  box.scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  button.focus({ preventScroll: true });
  if (!button.disabled && !result.querySelector(".real, [role=status]")) button.click();
});
