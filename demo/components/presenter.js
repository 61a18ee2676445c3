// Presenter mode, `?present`: style sheets hide all but the stage, or the lesson; the page's own buttons do the work, by keys too.
const ATTACK = "attack";
const LESSON = "lesson-tab";
const find = (part) => element.querySelector(part);
const presenting = () => document.body.id === "presenting";
const roomy = matchMedia("(min-width: 900px) and (min-height: 480px)"); // a telephone shows the page as it is: presenter.css
const asked = () => new URLSearchParams(location.search).has("present");
const tabNow = () => (location.hash === `#${LESSON}` ? LESSON : ATTACK);
let tab = ATTACK;
const links = {
  [ATTACK]: () => document.getElementById("address")?.dataset.link,
  [LESSON]: () => links[ATTACK]() && `${location.origin}${location.pathname}#${LESSON}`, // not before the server knows the page
};
const mark = (on) => {
  const address = new URL(location.href);
  if (on) address.searchParams.set("present", "");
  else address.searchParams.delete("present");
  address.hash = tab === ATTACK ? "" : tab;
  history.replaceState(history.state, "", address);
};
// A rehearsal's votes would come with their answers unasked; they are not thrown away unasked either.
const ANSWERED = "#lesson :is(.hands:not([hidden]), .answer[aria-pressed=true], [data-judged])";
const BEFORE = "Answers from before are still here. Press S twice to start over, or → to go on with them.";
const show = (on) => {
  document.body.id = on ? "presenting" : "";
  document.body.dataset.stage = on ? tab : "";
  mark(on);
  say("");
  document.dispatchEvent(new Event("present"));
  if (!on) return document.querySelector(`.enter[href$="${tab === ATTACK ? "present" : tab}"]`)?.focus();
  note(false);
  if (tab === LESSON && document.querySelector(ANSWERED)) say(BEFORE);
  for (const keys of element.querySelectorAll("[data-tab]")) keys.hidden = keys.dataset.tab !== tab;
  document.querySelector(`#tabs [data-tab-id="${tab}"]`)?.click();
  draw();
};
let waiting = 0;
const draw = () => {
  clearTimeout(waiting);
  const link = links[tab]();
  if (!presenting() || !link || link === props.value.link) return;
  waiting = setTimeout(() => {
    props.value = { link, qr: "", address: null };
    trigger("submit");
  }, 400); // choices come in quick succession
};
const photo = (by) => {
  const photos = [...document.querySelectorAll("#samples [data-sample]")];
  const now = photos.findIndex((one) => one.getAttribute("aria-pressed") === "true");
  photos.at((now + by) % photos.length).click();
};
// What would end something of the visitor's own is said first; pressed once more while that is said, key or button goes on.
const SAID_MS = 8000;
let saying = 0;
const say = (words) => {
  clearTimeout(saying);
  find(".sure").textContent = words;
  find(".sure").hidden = !words;
  if (words) saying = setTimeout(say, SAID_MS, "");
};
const lost = () => {
  if (document.querySelector("#stop-button:enabled")) return "this run ends";
  return document.querySelector("#replay [data-made]") ? "this result goes" : ""; // replay.py says which result is theirs
};
const sure = (words) => {
  const again = !words || find(".sure").textContent === words;
  say(again ? "" : words);
  return again;
};
const photoIfSure = (by) => {
  const ends = lost();
  if (sure(ends && `Press ${by > 0 ? "→ again for the next photo" : "← again for the photo before"}; ${ends}.`)) photo(by);
};
// The space bar presses the same button as a finger does, so that both ask.
const attackIfSure = (event) => {
  if (!presenting() || !event.target.closest?.("#attack-button")) return;
  const ends = lost();
  if (!sure(ends && `Press Space or Attack again to attack anew; ${ends}.`)) event.stopImmediatePropagation();
};
document.addEventListener("click", attackIfSure, true);
const note = (on) => { // why there is no code: on demand, until the next step
  find(".alone").hidden = !on;
  find(".no-code").setAttribute("aria-expanded", String(on));
};
const move = (by) => {
  note(false);
  if (tab === LESSON) say("");
  step(by);
};
const step = (by) => (tab === ATTACK ? photoIfSure(by) : document.dispatchEvent(new CustomEvent("turn", { detail: by })));
const press = () => document.querySelector("#attack-button:enabled, #stop-button:enabled")?.click();
const vote = (place) => [...document.querySelectorAll("#lesson .screen:not([hidden]) .answer")][place - 1]?.click();
const tell = (what) => document.dispatchEvent(new Event(what)); // the lesson's own: tabs/lesson/lesson.js
const voted = () => document.querySelector("#lesson .screen:not([hidden]) :is(.hands:not([hidden]), [aria-pressed=true])");
const ask = () => sure(voted() && "Press 0 again to ask this question anew: its votes go.") && tell("again");
const anew = () => sure("Press S again to start over: all votes go.") && tell("anew");
const help = () => (find(".help").open = !find(".help").open);
const leave = () => show(false);
// Remote controls of projectors send PageUp and PageDown.
const steps = { ArrowRight: () => move(1), PageDown: () => move(1), ArrowLeft: () => move(-1), PageUp: () => move(-1), Escape: leave, "?": help };
const hands = Object.fromEntries([...Array(9).keys()].map((at) => [at + 1, () => vote(at + 1)]));
const counted = { ...hands, Backspace: () => tell("lower"), 0: ask, s: anew, S: anew };
const keys = { [ATTACK]: { ...steps, " ": press }, [LESSON]: { ...steps, ...counted } };
const key = (event) => {
  const act = keys[tab][event.key];
  if (!presenting() || !act || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault(); // nor does the space bar press what has the focus, which happens as it is let go
  if (event.type === "keydown" && !event.repeat) act();
};
for (const type of ["keydown", "keyup"]) addEventListener(type, key, true);
const begin = (name) => {
  tab = name;
  if (!roomy.matches) return mark(false);
  show(true);
};
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.enter");
  if (!link) return;
  event.preventDefault();
  begin(link.hash === `#${LESSON}` ? LESSON : ATTACK);
});
element.addEventListener("click", (event) => {
  const by = event.target.closest("[data-by]")?.dataset.by;
  if (by) move(Number(by));
  if (event.target.closest(".leave")) leave();
  if (event.target.closest(".close")) note(false);
  if (event.target.closest(".no-code")) note(find(".alone").hidden);
});
roomy.addEventListener("change", () => presenting() && !roomy.matches && leave());
addEventListener("popstate", () => presenting() && !asked() && leave());
document.addEventListener("link", draw);
watch("value", () => {
  const { qr, address } = props.value; // no address yet: the server is being asked; "": others reach the page at none
  find(".qr").innerHTML = qr;
  find(".scan").hidden = !address;
  find(".instead").hidden = tab !== ATTACK || new URL(address || location.href).searchParams.has("sample");
  const { origin, hash } = new URL(address || location.href);
  find(".scan b").replaceChildren(origin, document.createElement("wbr"), hash.replace("#", "/#"));
  find(".no-code").hidden = address !== "";
  if (address !== "") note(false);
  document.body.dataset.code = address ?? "asked";
  find(".alone b").textContent = location.host;
});
if (asked()) begin(tabNow());
