// Steps 4 and 5: six labels that the reader moves, a loss on their scores, and where its subgradient pushes each label.
const clip = (value) => Math.min(1, Math.max(0, value));

// `at(scores, lam, k)` gives {loss, byScores, byLambda}; `words` the readout and the sentence; `lines` where the rules stand; `pace` is η of the one step of a press.
const board = (root, { k, at, bestLambda, readout, sentence, lines, pace }) => {
  const lanes = [...root.querySelectorAll(".lane")];
  const names = lanes.map((lane) => lane.dataset.label);
  const inputs = lanes.map((lane) => lane.querySelector("input"));
  const lamDial = dial(root, "lam");
  let scores = inputs.map((input) => Number(input.value));
  // Kept apart from the slider, which rounds to its steps: at its best λ touches a score exactly.
  let lam = Number(lamDial.value);
  const first = { scores, lam };

  const show = () => {
    inputs.forEach((input, j) => (input.value = scores[j]));
    lamDial.value = lam;
    const now = at(scores, lam, k());
    root.querySelectorAll(".dial").forEach((one) => {
      const input = one.querySelector("input");
      one.querySelector(".shown").textContent = input === lamDial ? fixed(lam) : input.value;
    });
    const top = new Set(topk(scores, k()));
    const rules = lines(scores, lam);
    lanes.forEach((lane, j) => {
      const push = -now.byScores[j]; // a step goes against the slope
      lane.classList.toggle("in", top.has(j));
      lane.querySelector(".shown").textContent = fixed(scores[j]);
      const moved = lane.querySelector(".push");
      moved.className = `push ${push > 0 ? "up" : push < 0 ? "down" : "still"}`;
      moved.innerHTML = push === 0 ? '<span aria-hidden="true">·</span><span class="sr">not pushed</span>'
        : `<span aria-hidden="true">${push > 0 ? "▶" : "◀"}</span><span class="sr">pushed ${push > 0 ? "up" : "down"} by</span> ${fixed(Math.abs(push))}`;
      for (const [name, value] of Object.entries(rules)) {
        const rule = lane.querySelector(`.rule.${name}`);
        rule.hidden = value < 0 || value > 1;
        rule.style.setProperty("--at", clip(value));
      }
    });
    root.querySelector(".readout").innerHTML = readout(scores, lam, k(), now)
      .map(([name, value, note]) => `<div><dt>${name}</dt><dd>${fixed(value)}${note ? ` <small>${note}</small>` : ""}</dd></div>`)
      .join("");
    say(root, sentence(scores, k(), now, names));
  };

  root.addEventListener("input", (event) => {
    const j = inputs.indexOf(event.target);
    if (j >= 0) scores = scores.map((f, i) => (i === j ? Number(event.target.value) : f));
    if (event.target === lamDial) lam = Number(lamDial.value);
    show();
  });
  root.addEventListener("click", (event) => {
    const name = event.target.closest("button")?.name;
    if (name === "least") lam = bestLambda(scores, k());
    else if (name === "reset") ({ scores, lam } = first);
    else if (name === "step") {
      const now = at(scores, lam, k());
      scores = scores.map((f, j) => clip(f - pace * now.byScores[j]));
      lam = clip(lam - pace * now.byLambda);
    } else return;
    show();
  });
  show();
};

const roles = (root, kind) => [...root.querySelectorAll(".lane")].map((lane) => lane.dataset.role === kind);
// λ goes along its slope, too: at times it is all that moves.
const pushed = (names, now) => {
  const slopes = [...now.byScores, now.byLambda];
  const named = (those) => [...names, "λ"].filter((_, j) => those(slopes[j]));
  const [down, up] = [named((slope) => slope > 0), named((slope) => slope < 0)];
  if (!up.length && !down.length) return "Nothing is pushed.";
  const both = [down.length && `${listed(down)} down`, up.length && `${listed(up)} up`].filter(Boolean).join(", ");
  return `Pushed: ${both}.`;
};
// A loss of 0 as far as its two decimals show, with the goal not reached: labels are level where one should be higher.
const standing = (reached, loss, level) => (reached ? "" : loss < 0.005 ? `Level with the goal, not past it yet: ${level}. ` : "Not reached yet. ");
const listing = (scores, k, names) => `Top ${k}: ${listed(topk(scores, k).map((j) => names[j]))}.`;

{
  const root = part("untargeted");
  const truth = roles(root, "true");
  board(root, {
    k: () => Number(dial(root, "k").value),
    at: (scores, lam, k) => untargeted(scores, truth, k, lam),
    pace: 0.2,
    bestLambda: (scores, k) => untargetedLambda(scores, truth, k),
    lines: (scores, lam) => ({ best: largest(scores, truth), cut: largest(scores, truth) - lam }),
    readout: (scores, lam, k, now) => [
      ["Eq. 7", topkLoss(scores, truth, k), "at place k + 1 alone"],
      ["Eq. 8 at this λ", now.loss, ""],
      ["Eq. 8 at its best λ", untargeted(scores, truth, k, untargetedLambda(scores, truth, k)).loss, "never below Eq. 7"],
    ],
    sentence: (scores, k, now, names) => {
      const reached = clearedMargin(scores, truth, k) < 0;
      const level = `the best true label is level with place ${k + 1}, so Eq. 7 is 0`;
      const state = standing(reached, topkLoss(scores, truth, k), level);
      return `${listing(scores, k, names)} ${state ? state + pushed(names, now) : "Reached: no true label is left in it."}`;
    },
  });
}
{
  const root = part("targeted");
  const targets = roles(root, "target");
  const count = targets.filter(Boolean).length;
  board(root, {
    k: () => count,
    at: (scores, lam) => targeted(scores, targets, lam),
    pace: 0.08,
    bestLambda: targetedLambda,
    lines: (scores, lam) => ({ cut: lam }),
    readout: (scores, lam, k, now) => [
      ["average of the top k", averageTopk(scores, k), ""],
      ["average of the targets", averageTopk(scores.filter((_, j) => targets[j]), count), ""],
      ["Eq. 11", targetedGap(scores, targets), `k × the difference, k\u00a0=\u00a0${k}`],
      ["Eq. 12 at this λ", now.loss, "at the best λ equal to Eq. 11"],
    ],
    sentence: (scores, k, now, names) => {
      const reached = targetedMargin(scores, targets) < 0;
      const level = "a target is level with another label, so Eq. 11 is 0";
      const state = standing(reached, targetedGap(scores, targets), level);
      return `${listing(scores, k, names)} ${state ? state + pushed(names, now) : "Reached: exactly the targets."}`;
    },
  });
}
