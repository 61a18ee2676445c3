// How strong the change is drawn; the server draws it, and reads the factor from the value.
const slider = element.querySelector("input");
const paint = () => {
  slider.value = props.value;
  slider.setAttribute("aria-valuetext", `${props.value} times`);
  element.querySelector("output").textContent = `× ${props.value}`;
};
slider.addEventListener("input", () => {
  props.value = Number(slider.value);
  paint();
  trigger("input");
});
watch("value", paint);
paint();
