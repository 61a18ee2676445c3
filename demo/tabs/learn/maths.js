// The mathematics of the six steps, on plain arrays of scores; each function has its twin in tkml_core, and a test compares them.
const total = (values) => values.reduce((sum, value) => sum + value, 0);
const hinge = (value) => Math.max(0, value);

// Positions by falling score; ties go to the lower position.
const order = (scores) => scores.map((_, j) => j).sort((a, b) => scores[b] - scores[a] || a - b);
const topk = (scores, k) => order(scores).slice(0, k);
const place = (scores, i) => scores[order(scores)[i - 1]]; // f_[i]

// E of Eq. 1: whether one of the sets Y and Ŷ_k contains the other.
const consistent = (scores, truth, k) => {
  const both = topk(scores, k).filter((j) => truth[j]).length;
  return both === k || both === truth.filter(Boolean).length;
};

const averageTopk = (scores, k) => total(topk(scores, k).map((j) => scores[j])) / k; // Eq. 2
const averageTopkBound = (scores, k, lam) => lam + total(scores.map((f) => hinge(f - lam))) / k; // right-hand side of Eq. 3

const largest = (scores, among) => Math.max(...scores.filter((_, j) => among[j]));
const smallest = (scores, among) => Math.min(...scores.filter((_, j) => among[j]));
const others = (among) => among.map((is) => !is);

// Eq. 7 without its ‖z‖² term.
const topkLoss = (scores, truth, k) => hinge(largest(scores, truth) - place(scores, k + 1));

// Negative where no true label is left in the top-k.
const clearedMargin = (scores, truth, k) =>
  largest(scores, truth) - place(scores.map((f, j) => (truth[j] ? -Infinity : f)), k);

// Eq. 8 without its ‖z‖² term, and its subgradients as in Eq. 9.
const untargeted = (scores, truth, k, lam) => {
  const best = largest(scores, truth);
  const rest = scores.length - k;
  const excess = scores.map((f) => best - f - lam);
  const count = excess.filter((e) => e > 0).length;
  const first = scores.findIndex((f, j) => truth[j] && f === best);
  const byScores = excess.map((e, j) => ((j === first ? count : 0) - (e > 0 ? 1 : 0)) / rest);
  return { loss: lam + total(excess.map(hinge)) / rest, byScores, byLambda: 1 - count / rest };
};

// The λ ≥ 0 that makes Eq. 8 smallest: the (m−k)-th largest of [max_Y f − f_j]_+.
const untargetedLambda = (scores, truth, k) => {
  const best = largest(scores, truth);
  return place(scores.map((f) => hinge(best - f)), scores.length - k);
};

// Negative where the top-k is exactly the set of targets.
const targetedMargin = (scores, targets) => largest(scores, others(targets)) - smallest(scores, targets);

// Eq. 11 without its ‖z‖² term.
const targetedGap = (scores, targets) => {
  const wanted = scores.filter((_, j) => targets[j]);
  return wanted.length * averageTopk(scores, wanted.length) - total(wanted);
};

// Eq. 12 without its ‖z‖² term, and its subgradients as in Eq. 13.
const targeted = (scores, targets, lam) => {
  const signs = targets.map((is) => (is ? 1 : -1));
  const short = scores.map((f, j) => signs[j] * (lam - f));
  const byScores = short.map((e, j) => (e > 0 ? -signs[j] : 0));
  return { loss: total(short.map(hinge)), byScores, byLambda: -total(byScores) };
};

// A λ that makes Eq. 12 smallest: midway between f_[k] and f_[k+1].
const targetedLambda = (scores, k) => (place(scores, k) + place(scores, k + 1)) / 2;
