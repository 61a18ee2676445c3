// A closer look at the two pictures of the stage, one over the other: a wipe between them, and one zoom for both.
const find = (part) => element.querySelector(part);
const [open, dialog, pane, above, line] = [".open", "dialog", ".pane", ".above", ".line"].map(find);
const [wipe, zoom] = [".wipe", ".zoom"].map(find);
const shot = (box) => document.querySelector(`#${box} .shot img`);
const centre = { x: 0.5, y: 0.5 };
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

const paint = () => {
  const scale = Number(zoom.value);
  for (const axis of ["x", "y"]) centre[axis] = clamp(centre[axis], 0.5 / scale, 1 - 0.5 / scale);
  const place = (axis) => `${(0.5 - centre[axis] * scale) * 100}%`;
  pane.querySelectorAll("img").forEach((image) => (image.style.transform = `translate(${place("x")}, ${place("y")}) scale(${scale})`));
  above.style.clipPath = `inset(0 ${100 - wipe.value}% 0 0)`;
  line.style.left = `${wipe.value}%`;
  pane.classList.toggle("zooms", scale > 1);
  find(".wiped").textContent = `${wipe.value}%`;
  find(".zoomed").textContent = `× ${scale}`;
  wipe.setAttribute("aria-valuetext", `${wipe.value}% original`);
  zoom.setAttribute("aria-valuetext", `${scale} times`);
};
open.addEventListener("click", () => {
  for (const [name, box] of [["original", "before"], ["attacked", "after"]]) find(`img.${name}`).src = shot(box).src;
  const [width, height] = ["width", "height"].map((side) => shot("before").getAttribute(side));
  pane.style.aspectRatio = `${width} / ${height}`;
  pane.style.setProperty("--ratio", width / height);
  zoom.value = 1;
  wipe.value = 50;
  dialog.showModal();
  paint();
});
find(".close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
wipe.addEventListener("input", paint);
zoom.addEventListener("input", paint);

// One finger or the mouse: the line where it is near the line or nothing is zoomed, else the pictures.
let held = null;
pane.addEventListener("pointerdown", (event) => {
  const box = pane.getBoundingClientRect();
  const near = Math.abs(event.clientX - box.left - (wipe.value / 100) * box.width) < 24;
  held = { x: event.clientX, y: event.clientY, wiping: near || zoom.value === "1" };
  pane.setPointerCapture(event.pointerId);
  drag(event);
});
const drag = (event) => {
  if (!held) return;
  const box = pane.getBoundingClientRect();
  if (held.wiping) wipe.value = clamp(((event.clientX - box.left) / box.width) * 100, 0, 100);
  else {
    centre.x -= (event.clientX - held.x) / box.width / zoom.value;
    centre.y -= (event.clientY - held.y) / box.height / zoom.value;
    Object.assign(held, { x: event.clientX, y: event.clientY });
  }
  paint();
};
pane.addEventListener("pointermove", drag);
for (const end of ["pointerup", "pointercancel"]) pane.addEventListener(end, () => (held = null));
pane.addEventListener("keydown", (event) => {
  const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
  if (x === undefined) return;
  event.preventDefault();
  centre.x += (x * 0.1) / zoom.value;
  centre.y += (y * 0.1) / zoom.value;
  paint();
});

// Only lossless pictures can be looked at closely: not the previews of a run that goes on.
const ready = () => {
  open.disabled = !["before", "after"].every((box) => shot(box)?.src.startsWith("data:image/png"));
};
new MutationObserver(ready).observe(document.getElementById("pictures"), {
  childList: true, subtree: true, attributes: true, attributeFilter: ["src"],
});
ready();
