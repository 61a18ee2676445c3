// A reload, by mischance in front of a class, loses neither the screen nor the hands: this browser tab keeps them.
const NAME = "lesson";
const MOST_HANDS = 200;
const asking = () => all(".screen:has(.answer)");
const keep = () => {
  if (!current()) return;
  const hands = asking().map((screen) => [screen.dataset.screen, all(".hands", screen).map((one) => Number(one.value))]);
  const kept = { at: current().dataset.screen, counting: find(".counting").checked, hands: Object.fromEntries(hands) };
  try {
    sessionStorage.setItem(NAME, JSON.stringify(kept));
  } catch {} // the browser keeps nothing here
};
const kept = () => {
  try {
    return JSON.parse(sessionStorage.getItem(NAME)) ?? {};
  } catch {
    return {};
  }
};
const restore = () => {
  const { at, counting, hands } = kept();
  find(".counting").checked = counting === true;
  for (const screen of asking()) {
    const answers = all(".answer", screen);
    const given = hands?.[screen.dataset.screen];
    if (!Array.isArray(given) || given.length !== answers.length) continue; // of another lesson
    for (const [i, many] of given.entries()) {
      if (!Number.isInteger(many) || many < 1 || many > MOST_HANDS) continue;
      raised.push(...Array(many).fill(answers[i]));
      count(answers[i], many);
    }
  }
  if (all(".screen").some((one) => one.hidden && one.dataset.screen === at)) goTo(at);
  fit();
};
