// Alone, a press chooses; in a class it adds a hand, the last of which can be taken back. Until the answer is shown.
const raised = [];
const count = (button, by) => {
  const hands = find(".hands", button);
  hands.value = Number(hands.value) + by;
  hands.hidden = hands.value === "0";
  voted(button.closest(".screen"));
};
const lower = () => {
  const at = raised.findLastIndex((one) => current().contains(one));
  if (at >= 0 && !current().dataset.judged) count(raised.splice(at, 1)[0], -1);
};
const voted = (screen) => {
  const hands = all(".answer", screen).some((one) => Number(find(".hands", one).value));
  const answered = hands || all('[aria-pressed="true"]', screen).length >= asked(screen);
  find(".reveal", screen).disabled = !answered;
  find(".first", screen).hidden = answered;
  find(".lower", screen).hidden = !hands;
  find(".full", screen).textContent = full(screen) ? "That is all: to choose another, take one back first." : "";
  fit();
};
// Where several are to be chosen, neither fewer nor more are; once there are as many, that is said before one more is pressed.
const asked = (screen) => (screen.dataset.several === "yes" ? all('[data-right="yes"]', screen).length : 1);
const full = (screen) => {
  return screen.dataset.several === "yes" && all('[aria-pressed="true"]', screen).length >= asked(screen);
};
const choose = (button) => {
  const screen = button.closest(".screen");
  if (screen.dataset.judged) return;
  if (presenting() || find(".counting").checked) {
    raised.push(button);
    count(button, 1);
  } else {
    const on = button.getAttribute("aria-pressed") === "true";
    if (!on && full(screen)) return;
    if (screen.dataset.several === "no") all(".answer", screen).forEach((one) => one.setAttribute("aria-pressed", "false"));
    button.setAttribute("aria-pressed", String(!on));
    voted(screen);
  }
};
