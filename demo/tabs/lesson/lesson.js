// What is pressed, moved and told by others (components/presenter.js).
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
