// Step 3: bars with a threshold λ, and the right-hand side of Eq. 3 at every λ.
{
  const root = part("lemma");
  const scores = JSON.parse(root.querySelector("[data-scores]").dataset.scores);
  const HIGH = 220;
  const show = () => {
    showValues(root);
    const [k, lam] = [Number(dial(root, "k").value), Number(dial(root, "lam").value)];
    const y = (value) => upward(value, HIGH, 1);
    const width = 0.7 / scores.length;
    const bars = scores.map((f, j) => {
      const x = across((j + 0.15) / scores.length);
      const wide = across(width) - across(0);
      const cut = Math.min(f, lam);
      return `<rect class="bar" x="${x}" y="${y(cut)}" width="${wide}" height="${y(0) - y(cut)}"/>` +
        `<rect class="over" x="${x}" y="${y(f)}" width="${wide}" height="${y(cut) - y(f)}"/>` +
        text("scale mid", x + wide / 2, HIGH - BOTTOM + 14, String.fromCharCode(65 + j));
    });
    draw(root, "bars", HIGH, [0, 0.5, 1].map((v) => line("grid", LEFT, y(v), WIDE - RIGHT, y(v)) + text("scale right", LEFT - 6, y(v) + 4, v)).join("") +
      bars.join("") + line("cut", LEFT, y(lam), WIDE - RIGHT, y(lam)) + text("cut-name right", WIDE - RIGHT, y(lam) - 5, "λ") +
      text("scale mid", across(0.5), HIGH - 3, "scores of six labels"));

    const value = (at) => averageTopkBound(scores, k, at);
    const highest = Math.max(1, Math.ceil(value(0)));
    const up = (v) => upward(v, HIGH, highest);
    const [low, high] = [place(scores, k + 1), place(scores, k)];
    const least = averageTopk(scores, k);
    const corners = [0, ...scores.filter((f) => f > 0 && f < 1), 1].sort((a, b) => a - b);
    draw(root, "bound", HIGH,
      `<rect class="band" x="${across(low)}" y="${TOP}" width="${across(high) - across(low)}" height="${HIGH - BOTTOM - TOP}"/>` +
      frame(HIGH, highest, "threshold λ") + text("scale", LEFT, TOP - 8, "value of Eq. 3 at λ") + line("wall", LEFT, up(least), WIDE - RIGHT, up(least)) +
      curve("mean", corners.map((at) => [across(at), up(value(at))])) +
      line("cut", across(lam), TOP, across(lam), HIGH - BOTTOM) + dot("mean-now", across(lam), up(value(lam))));

    const above = scores.filter((f) => f > lam).length;
    const best = value(lam) - least < 1e-9;
    say(root, `λ\u00a0=\u00a0${fixed(lam)}: ${above} ${above === 1 ? "label sticks" : "labels stick"} out, and the value is ${fixed(value(lam))}. ` +
      (best ? `That is the smallest: the average of the top ${k}.`
        : `The smallest is ${fixed(least)}, the average of the top ${k}, for λ from ${fixed(low)} to ${fixed(high)}: ` +
          `${lam < low ? "raise" : "lower"} λ.`));
  };
  root.addEventListener("input", show);
  root.querySelector("[name=least]").addEventListener("click", () => {
    dial(root, "lam").value = place(scores, Number(dial(root, "k").value));
    show();
  });
  show();
}
