// What would be lost is said first; pressed once more, the button does it. A press elsewhere takes the question back.
const unasked = new Map(); // the words of buttons that ask
const sure = (button, lost) => {
  const again = unasked.has(button);
  for (const [one, words] of unasked) one.innerHTML = words;
  unasked.clear();
  if (!lost || again) return true;
  unasked.set(button, button.innerHTML);
  button.textContent = lost;
  return false;
};
const given = () => all('.answer[aria-pressed="true"], .hands:not([hidden])').length > 0;
const running = () => document.querySelector("#stop-button:enabled");
const made = () => document.querySelector("#replay [data-made]"); // replay.py says which result is theirs
const ends = ({ exercise, annotator }) => {
  if (!exercise) return "";
  if (running()) return "A run goes on in the tab Attack. Press again to end it";
  const now = document.querySelector("#annotator input:checked")?.value; // a result is of one, and goes with it
  return annotator && annotator !== now && made() ? `Your result in the tab Attack goes: this asks ${annotator}. Press again` : "";
};
const tryIt = (button) => {
  const { exercise, words, own } = button.dataset;
  if (!sure(button, ends(button.dataset))) return;
  document.dispatchEvent(new CustomEvent("ask-for-photo", { detail: { words, own } }));
  trigger("select");
  if (exercise) trigger("apply", { exercise }); // without one nothing is chosen there, and the note on choices must not come
};
