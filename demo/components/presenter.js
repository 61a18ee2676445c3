// Presenter mode, `?present`: style sheets hide all but the stage; the page's own buttons do the work, by the keys too.
const find = (part) => element.querySelector(part);
const presenting = () => document.body.id === "presenting";
const link = () => document.getElementById("address")?.dataset.link;
const mark = (on) => {
  const address = new URL(location.href);
  if (on) address.searchParams.set("present", "");
  else address.searchParams.delete("present");
  if (on) address.hash = ""; // the stage is on the first tab
  history.replaceState(history.state, "", address);
};
const show = (on) => {
  document.body.id = on ? "presenting" : "";
  mark(on);
  if (!on) return find(".enter").focus();
  document.querySelector('#tabs [data-tab-id="attack"]')?.click();
  draw();
};
let waiting = 0;
const draw = () => {
  clearTimeout(waiting);
  if (!presenting() || !link() || link() === props.value.link) return;
  waiting = setTimeout(() => {
    props.value = { link: link(), qr: "" };
    trigger("submit");
  }, 400); // choices come in quick succession
};
const next = (way) => {
  const photos = [...document.querySelectorAll("#samples [data-sample]")];
  const now = photos.findIndex((photo) => photo.getAttribute("aria-pressed") === "true");
  photos.at((now + way) % photos.length).click();
};
const press = () => document.querySelector("#attack-button:enabled, #stop-button:enabled")?.click();
const keys = { ArrowRight: () => next(1), ArrowLeft: () => next(-1), " ": press, Escape: () => show(false) };
const key = (event) => {
  if (!presenting() || !keys[event.key] || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault(); // nor does the space bar press what has the focus, which happens as it is let go
  if (event.type === "keydown" && !event.repeat) keys[event.key]();
};
for (const type of ["keydown", "keyup"]) addEventListener(type, key, true);
find(".enter").addEventListener("click", (event) => {
  event.preventDefault();
  show(true);
});
find(".leave").addEventListener("click", () => show(false));
document.addEventListener("link", draw);
watch("value", () => (find(".qr").innerHTML = props.value.qr));

const alone = /^(localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname);
find(".alone").hidden = !alone;
find(".scan").hidden = alone;
find(".alone b").textContent = location.hostname;
if (new URLSearchParams(location.search).has("present")) show(true);
