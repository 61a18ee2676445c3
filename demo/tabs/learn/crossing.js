// Step 2: three labels that cross; the score at place k against the average of the top k, as label A moves.
{
  const root = part("crossing");
  const NAMES = ["A", "B", "C"], HIGH = 250, LANE = 36; // the lower strip is a number line
  const show = () => {
    showValues(root);
    const scores = NAMES.map((name) => Number(dial(root, name).value));
    const k = Number(chosen(root, "k"));
    const top = topk(scores, k);
    const kth = top[k - 1];
    const put = (a, value) => [across(a), upward(value, HIGH - LANE, 1)];
    const steps = Array.from({ length: 101 }, (_, i) => i / 100);
    const along = (measure) => steps.map((a) => put(a, measure([a, scores[1], scores[2]])));
    const [now, mean] = [place(scores, k), averageTopk(scores, k)];
    const y = HIGH - 16;
    const walls = [1, 2]
      .map((j) => line("wall", across(scores[j]), TOP, across(scores[j]), HIGH - LANE - BOTTOM))
      .join("");
    const beads = NAMES.map(
      (name, j) => dot(top.includes(j) ? "bead in" : "bead", across(scores[j]), y, 10) + text("bead-name mid", across(scores[j]), y + 4.5, name),
    );
    draw(root, "crossing", HIGH,
      frame(HIGH - LANE, 1, "score of A") + walls + curve("kth", along((f) => place(f, k))) +
      curve("mean", along((f) => averageTopk(f, k))) + dot("kth-now", ...put(scores[0], now)) +
      dot("mean-now", ...put(scores[0], mean)) + line("axis", across(0), y, across(1), y) +
      [1, 2, 0].map((j) => beads[j]).join(""));
    const ranked = order(scores).map((j) => `${NAMES[j]} ${fixed(scores[j])}`).join(", ");
    const share = k === 1 ? "all of it" : "half of it";
    say(root, `Order: ${ranked}. Place ${k} is ${NAMES[kth]}: ${fixed(now)}. Average of the top ${k}: ${fixed(mean)}. ` +
      `If A rises a little, place ${k} ${kth === 0 ? "follows" : "does not move"}, and the average ` +
      `${top.includes(0) ? `moves by ${share}` : "does not move"}.`);
  };
  root.addEventListener("input", show);
  show();
}
