// The lesson: one screen at a time. Nothing here asks the server; tab.py lays these files one behind the other as one script.
const find = (selector, root = element) => root.querySelector(selector);
const all = (selector, root = element) => [...root.querySelectorAll(selector)];
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// Presented (components/presenter.js), a screen is three pictures in turn; else all of it stands on one page.
const VIEWS = ["ask", "happened", "reason"];
const views = (screen) => (screen.matches(".closing") ? ["ask"] : VIEWS);
const presenting = () => document.body.id === "presenting";
const current = () => all(".screen").find((one) => !one.hidden);
const slide = document.getElementById("lesson");
// Presented, what would reach below the window is drawn smaller until it fits, whatever the words and the projector.
// Beyond 100 percent only pictures grow, and only beside an answer: beside a question each hand would change their size.
// Each size that is tried lays the page out anew, so those that mostly fit come first, and the others are found by halving.
const [LARGEST, USUAL, SMALLEST, CLOSE] = [160, 100, 70, 4]; // percent
const fit = () => {
  if (!current()) return;
  const draw = (percent) => find(".course").style.setProperty("--fit", percent / 100);
  const fits = (percent) => {
    draw(percent);
    return !presenting() || slide.scrollHeight <= slide.clientHeight;
  };
  const grows = presenting() && current().dataset.view !== "ask";
  if (grows && fits(LARGEST)) return;
  let [low, high] = fits(USUAL) ? [USUAL, grows ? LARGEST : USUAL] : [SMALLEST, USUAL];
  while (high - low > CLOSE) {
    const middle = (low + high) >> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  draw(low);
};
const look = (screen, name) => {
  screen.dataset.view = name;
  if (name !== "ask") reveal(screen);
  rest(screen);
  slide.scrollTop = 0;
  fit();
};
const goTo = (key) => {
  const shown = all(".screen");
  const at = Math.max(0, shown.findIndex((one) => one.dataset.screen === key));
  stop();
  rest(shown[at]);
  shown.forEach((one, i) => (one.hidden = i !== at));
  all(".way [data-to]").forEach((one, i) => (i === at ? one.setAttribute("aria-current", "step") : one.removeAttribute("aria-current")));
  find(".turn .back").disabled = at === 0;
  find(".turn .next").disabled = at === shown.length - 1;
  if (!presenting()) find(".top").scrollIntoView({ block: "start" });
  find("h2", shown[at]).focus({ preventScroll: true });
};
const turn = (by) => {
  const shown = all(".screen");
  const next = shown[shown.indexOf(current()) + by];
  if (next) goTo(next.dataset.screen);
  return next;
};
const turnPresented = (by) => {
  const own = views(current());
  const view = own[own.indexOf(current().dataset.view) + by];
  if (view) return look(current(), view);
  const next = turn(by);
  if (next) look(next, views(next).at(by > 0 ? 0 : -1));
};
