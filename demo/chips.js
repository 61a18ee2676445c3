// The label toggles. Which labels are true lives in props.value.truth, so that the next click on Attack carries it along.
let open = false;
const paint = () => {
  const truth = new Set((props.value && props.value.truth) || []);
  element.querySelectorAll("button.chip").forEach((chip) => chip.setAttribute("aria-pressed", truth.has(chip.dataset.label)));
  const more = element.querySelector("details.more");
  if (more) more.open = open;
};
element.addEventListener("click", (event) => {
  const summary = event.target.closest("summary");
  if (summary) open = !summary.parentElement.open; // the list stays open when the server redraws it
  const chip = event.target.closest("button.chip");
  if (!chip || !props.value) return;
  const truth = new Set(props.value.truth);
  if (!truth.delete(chip.dataset.label)) truth.add(chip.dataset.label);
  props.value = { ...props.value, truth: [...truth], origin: "yours" };
  const origin = element.querySelector(".origin");
  if (origin) origin.textContent = origin.dataset.yours;
  paint();
  trigger("input");
});
watch("value", paint);
