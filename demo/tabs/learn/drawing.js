// What the pictures share: the parts of a step, numbers as text, and plots in the unit square.
const part = (step) => element.querySelector(`[data-step="${step}"]`);
const dial = (root, name) => root.querySelector(`input[name="${name}"]`);
const chosen = (root, name) => root.querySelector(`input[name="${name}"]:checked`).value;
const fixed = (value) => (Math.abs(value) < 0.005 ? 0 : value).toFixed(2).replace("-", "−");
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
const are = (names) => (names.length === 1 ? "is" : "are");
const say = (root, words) => {
  const says = root.querySelector(".says");
  if (says.textContent !== words) says.textContent = words; // the same again would be read aloud again
};
const showValues = (root) =>
  root.querySelectorAll(".dial").forEach((one) => (one.querySelector(".shown").textContent = one.querySelector("input").value));

const WIDE = 360, LEFT = 34, RIGHT = 12, TOP = 22, BOTTOM = 30; // units of the drawings; about the pixels of a phone
const across = (value) => LEFT + value * (WIDE - LEFT - RIGHT);
const upward = (value, high, highest) => high - BOTTOM - (value / highest) * (high - BOTTOM - TOP);
const line = (kind, x1, y1, x2, y2) => `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
const text = (kind, x, y, words) => `<text class="${kind}" x="${x}" y="${y}">${words}</text>`;
const dot = (kind, x, y, r = 6) => `<circle class="${kind}" cx="${x}" cy="${y}" r="${r}"/>`;
const curve = (kind, points) => `<polyline class="${kind}" points="${points.map((p) => p.join(",")).join(" ")}"/>`;
const draw = (root, name, high, body) => {
  const svg = root.querySelector(`[data-drawing="${name}"]`);
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${high}`);
  svg.innerHTML = body;
};
// Frame of a plot over [0,1] with a title below it.
const frame = (high, highest, below) =>
  [0, highest / 2, highest]
    .map((v) => line("grid", LEFT, upward(v, high, highest), WIDE - RIGHT, upward(v, high, highest)) +
      text("scale right", LEFT - 6, upward(v, high, highest) + 4, v))
    .join("") +
  [0, 0.5, 1].map((v) => text("scale mid", across(v), high - BOTTOM + 14, v)).join("") +
  text("scale mid", across(0.5), high - 3, below);
