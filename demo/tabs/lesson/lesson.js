// The lesson: one screen at a time, answers before they are judged, a film and a dial. Nothing here asks the server.
const find = (selector, root = element) => root.querySelector(selector);
const all = (selector, root = element) => [...root.querySelectorAll(selector)];
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let beat = 0;

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
  const answered = hands || all('[aria-pressed="true"]', screen).length > 0;
  find(".reveal", screen).disabled = !answered;
  find(".first", screen).hidden = answered;
  find(".lower", screen).hidden = !hands;
  find(".full", screen).textContent = full(screen) ? "That is all: to choose another, take one back first." : "";
  fit();
};
// Where several are to be chosen, no more than that are; once there are as many, that is said before one more is pressed.
const full = (screen) => {
  const most = all('[data-right="yes"]', screen).length;
  return screen.dataset.several === "yes" && all('[aria-pressed="true"]', screen).length >= most;
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
const reveal = (screen) => {
  if (screen.dataset.judged) return;
  screen.dataset.judged = "yes";
  const pressed = all('[aria-pressed="true"]', screen);
  for (const answer of all(".answer", screen)) {
    const right = answer.dataset.right === "yes";
    const chosen = pressed.includes(answer);
    const judged = find(".judged", answer);
    answer.classList.toggle("right", right);
    const gave = chosen || Number(find(".hands", answer).value) > 0; // a vote that was not given is not right
    const words = { yes: gave ? "✓ right" : "✓ this one", honest: chosen ? "an honest answer" : "", no: chosen ? "✗ not this one" : "" };
    judged.textContent = words[answer.dataset.right];
    judged.hidden = !judged.textContent;
    answer.setAttribute("aria-disabled", "true");
  }
  say(screen, pressed);
  find(".ahead", screen).hidden = true;
  find(".shown", screen).hidden = false;
  find(".told", screen).focus({ preventScroll: true });
  const first = find(innerWidth >= 900 ? ".asked" : ".shown", screen); // beside each other there is room for the question, too
  if (!presenting()) first.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "start" });
  const film = find(".film", screen);
  if (film && !calm.matches) play(film);
};

// The vote beside the answer, as the one above may be out of sight by then.
const say = (screen, pressed) => {
  const answers = all(".answer", screen);
  const many = (one) => find(".hands", one).value;
  const counted = answers.some((one) => Number(many(one)));
  const marks = { yes: " ✓", honest: "", no: " ✗" };
  const words = (one) => find(".words", one).textContent;
  const most = Math.max(...answers.map((one) => Number(many(one))));
  const bar = (one) => {
    const [drawn, number] = [document.createElement("span"), document.createElement("b")];
    number.textContent = `${many(one)}${marks[one.dataset.right]}`;
    number.append(Object.assign(document.createElement("i"), { className: "sr", textContent: " hands" }));
    drawn.append(words(one), " ", number);
    drawn.style.setProperty("--share", many(one) / most);
    return drawn;
  };
  const votes = find(".votes", screen);
  votes.hidden = !(counted || pressed.length);
  votes.classList.toggle("counted", counted);
  votes.textContent = `Your vote: ${pressed.map((one) => `${words(one)}${marks[one.dataset.right]}`).join(" · ")}`;
  if (counted) votes.replaceChildren(...answers.map(bar));
};

// As it was before anybody answered.
const ask = (screen) => {
  delete screen.dataset.judged;
  raised.splice(0, raised.length, ...raised.filter((one) => !screen.contains(one)));
  for (const answer of all(".answer", screen)) {
    answer.classList.remove("right");
    answer.removeAttribute("aria-disabled");
    answer.setAttribute("aria-pressed", "false");
    find(".hands", answer).value = 0;
    for (const one of all(".hands, .judged", answer)) one.hidden = true;
  }
  find(".ahead", screen).hidden = false;
  find(".shown", screen).hidden = true;
  voted(screen);
  look(screen, "ask");
};
const again = () => current().matches(".closing") || ask(current());
const anew = () => {
  all(".screen:not(.closing)").forEach(ask);
  goTo(all(".screen")[0].dataset.screen);
  fit();
};

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

// Film and dial as they were saved, whatever stood there when the screen was left.
const rest = (screen) => {
  for (const film of all(".film", screen)) if (!beat) frame(film, all(".frame", film).length - 1);
  for (const root of all(".dial", screen)) {
    find("input", root).value = find("input", root).max;
    dial(root);
  }
};
const stop = () => {
  beat = clearInterval(beat) ?? 0;
  all(".play").forEach((button) => (button.textContent = "Play"));
};
const frame = (film, at) => {
  all(".frame", film).forEach((one, i) => (one.hidden = i !== at));
  const shown = all(".frame", film)[at];
  find("input", film).value = at;
  find("output", film).textContent = shown.dataset.title;
  find("input", film).setAttribute("aria-valuetext", shown.dataset.title);
};
const play = (film) => {
  const input = find("input", film);
  stop();
  if (Number(input.value) === Number(input.max)) frame(film, 0);
  find(".play", film).textContent = "Pause";
  beat = setInterval(() => {
    const next = Number(input.value) + 1;
    frame(film, next);
    if (next < Number(input.max)) return;
    stop();
    find(".play", film).textContent = "Play again";
  }, 550);
};

// Of 128 the amplified change is the distance; `contrast` scales exactly that, and opacity blends the two photos.
const dial = (root) => {
  const at = Number(find("input", root).value);
  const share = `${at * 10}%`;
  root.style.setProperty("--share", at / 10);
  find("output", root).textContent = share;
  find("input", root).setAttribute("aria-valuetext", share);
  all(".stop", root).forEach((one) => (one.hidden = Number(one.dataset.stop) !== at));
};

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
  trigger("select", { exercise });
};

element.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (!on(".go, .anew")) sure();
  if (on(".answer")) choose(on(".answer"));
  else if (on(".reveal, .skip")) presenting() ? turnPresented(1) : reveal(on(".screen"));
  else if (on("[data-to]")) goTo(on("[data-to]").dataset.to);
  else if (on(".lower")) lower();
  else if (on(".anew")) {
    if (!sure(on(".anew"), given() && "Press again to start over: all votes go")) return;
    anew();
  } else if (on(".next")) turn(1);
  else if (on(".back")) turn(-1);
  else if (on(".play")) beat ? stop() : play(on(".film"));
  else if (on("button.go")) tryIt(on(".go"));
  keep();
});
element.addEventListener("input", (event) => {
  const film = event.target.closest(".film");
  if (film) {
    stop();
    frame(film, Number(event.target.value));
  }
  const root = event.target.closest(".dial");
  if (root) dial(root);
});
// On a low screen the first question is brought into sight, below the choices for a class, and from under the bar.
const inSight = () => {
  if (!current() || presenting() || innerWidth < 900) return;
  const end = find(".turn").getBoundingClientRect().top;
  const low = all(".see, .asked", current()).some((one) => one.getBoundingClientRect().bottom > end);
  if (low) find(".top").scrollIntoView({ block: "start" });
};
let open = false;
const resized = () => {
  fit(); // another window, or the code has come
  const now = slide.clientHeight > 0;
  if (now && !open) inSight(); // the tab is opened, or opened again
  open = now;
};
new ResizeObserver(() => requestAnimationFrame(resized)).observe(slide);
const told = { turn: (event) => turnPresented(event.detail), lower, again, anew };
for (const [name, act] of Object.entries(told)) {
  document.addEventListener(name, (event) => {
    if (!current()) return;
    act(event);
    keep();
  });
}
document.addEventListener("present", () => {
  if (!current()) return;
  look(current(), "ask");
  requestAnimationFrame(inSight);
});
if (current()) restore();
