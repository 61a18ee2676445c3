// Replay: a slider over the frames that the server kept, and a play button. The server draws frame props.value.at; the
// line across the race is drawn here, so that it does not wait for the pictures.
const slider = element.querySelector("input");
const button = element.querySelector(".play");
const title = element.querySelector("output");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let timer = 0;
const show = (at, playing) => {
  props.value = { ...props.value, at, playing };
  paint();
  trigger("input");
};
const beat = () => {
  const { at, titles } = props.value;
  show(at + 1, at + 2 < titles.length);
};
const paint = () => {
  const { at, playing, titles, across, made } = props.value;
  const last = titles.length - 1;
  slider.disabled = button.disabled = last < 1;
  slider.max = Math.max(last, 1);
  slider.value = last < 1 ? 1 : at;
  title.textContent = last < 1 ? "" : titles[at];
  slider.setAttribute("aria-valuetext", last < 1 ? "nothing to replay" : `${titles[at]}, ${at + 1} of ${last + 1}`);
  element.querySelector(".replay").toggleAttribute("data-made", made); // who would end it asks first: presenter.js
  button.classList.toggle("playing", playing);
  button.setAttribute("aria-label", playing ? "Pause the replay" : "Play the run again");
  const race = document.getElementById("race");
  race.toggleAttribute("data-replay", at < last);
  race.style.setProperty("--replay", across[at] ?? 1);
  if (playing && !timer) timer = setInterval(beat, calm.matches ? 600 : 160);
  if (!playing) timer = clearInterval(timer) ?? 0;
};
slider.addEventListener("input", () => show(Number(slider.value), false));
button.addEventListener("click", () => {
  const { at, playing, titles } = props.value;
  show(!playing && at === titles.length - 1 ? 0 : at, !playing);
});
watch("value", paint);
paint();
