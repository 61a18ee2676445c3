// One event for all sample buttons; the server gets the sample's name, and says in props.chosen which one is on the stage.
const paint = () => {
  element.querySelectorAll("button[data-sample]").forEach((button) => {
    button.setAttribute("aria-pressed", button.dataset.sample === props.chosen);
  });
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-sample]");
  if (button) trigger("select", { sample: button.dataset.sample });
});
watch("chosen", paint);
paint();
