"""The label race: each label's score over the steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from demo.catalog.labels import written
from demo.engine.label_roles import Roles
from demo.render.icons import icon
from demo.render.labels import mark, percent
from demo.render.plot import Array, grid, line, number, plot, points, thinned, ticks, x_ticks, y_ticks

HEIGHT = 300  # pixels
MOST_LABELS = 10
LABEL_GAP = 24  # pixels between two line ends' labels
THOUGHT = "the attack’s end of the list"  # by its λ; with it the legend is one line beside the stage
CROWD = 6  # more true labels and targets than this are drawn with finer lines


@dataclass(frozen=True)
class Race:
    """What to draw: `scores` (T,m) logits, `threshold` (T,) logits and what to call it, and each label's part."""

    labels: Sequence[str]
    scores: Array
    threshold: Array
    roles: Roles
    k: int
    threshold_word: str = THOUGHT
    ends_saved: bool = False  # whether the last point is not a step, but the saved picture

    def positions(self, names: Sequence[str]) -> list[int]:
        return [j for j, label in enumerate(self.labels) if label in names]


def drawn_labels(race: Race) -> list[int]:
    """At most MOST_LABELS positions: true labels and targets, then whoever is or was high in the ranking."""
    first, last = (np.argsort(-race.scores[t], kind="stable") for t in (0, -1))
    best = {int(j): min(int(np.where(first == j)[0][0]), int(np.where(last == j)[0][0])) for j in first}
    true, targets = race.positions(race.roles.true), race.positions(race.roles.targets)
    named = [sorted(group, key=best.__getitem__) for group in (true, targets)]
    half = MOST_LABELS // 2
    spare = [max(0, half - len(group)) for group in named]
    keep = named[0][: half + spare[1]] + named[1][: half + spare[0]]
    others = sorted((j for j in best if j not in true and j not in targets), key=best.__getitem__)
    return keep + others[: MOST_LABELS - len(keep)]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near `wanted`, at least `gap` apart and inside [low, high] as far as that fits."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    placed = [0.0] * len(wanted)
    floor = low
    for place in order:
        placed[place] = max(wanted[place], floor)
        floor = placed[place] + gap
    ceiling = high
    for place in reversed(order):
        placed[place] = min(placed[place], ceiling)
        ceiling = placed[place] - gap
    return placed


_OF = f"of {MOST_LABELS} labels at most: the true ones, the targets, and the highest others at its start or end"
_UNDER = {
    False: f"raw score (logit) over the steps, {_OF}",
    True: f"raw score (logit) over the steps, last as saved, {_OF}",
}


def race_html(race: Race) -> str:
    """The whole drawing; the run so far fills the width."""
    steps = len(race.scores)
    keep = thinned(steps)
    shown = drawn_labels(race)
    lines, threshold = race.scores[keep][:, shown], race.threshold[keep]
    low, high = _range(lines, threshold)

    def y(values: Array) -> Array:
        return (high - values) / (high - low) * HEIGHT

    xs = np.linspace(0, 1000, len(keep)) if len(keep) > 1 else np.array([0.0, 1000.0])
    if len(keep) == 1:  # nothing has moved yet: level lines
        keep, lines, threshold = np.repeat(keep, 2), np.repeat(lines, 2, 0), np.repeat(threshold, 2)
    else:
        xs = keep / keep[-1] * 1000.0

    ranked = -np.sort(-race.scores[keep], axis=1)
    edge = y((ranked[:, race.k - 1] + ranked[:, race.k]) / 2).clip(0, HEIGHT)
    svg = [
        f'<polygon class="band" points="0,0 {points(xs, edge)} 1000,0"/>',
        line("bandedge", xs, edge),
    ]
    marks = ticks(low, high)
    svg.append(grid(y(np.array(marks))))
    kinds = [race.roles.kind(race.labels[j]) for j in shown]
    for column in sorted(range(len(shown)), key=lambda c: kinds[c] != "other"):  # the coloured ones on top
        svg.append(line(f"line {kinds[column]}", xs, y(lines[:, column])))
    if np.isfinite(threshold).all():
        svg.append(line("threshold", xs, y(threshold).clip(0, HEIGHT)))

    ends = y(lines[-1]).tolist()
    places = spread(ends, LABEL_GAP, 11, HEIGHT - 11)
    links = "".join(f'<line x1="0" x2="12" y1="{a:.1f}" y2="{b:.1f}"/>' for a, b in zip(ends, places, strict=True))
    tags = []
    best = np.argsort(-race.scores[-1], kind="stable")[: race.k]
    for j, kind, place in zip(shown, kinds, places, strict=True):
        inside = " in" if j in best else ""
        label, probability = race.labels[j], 1 / (1 + np.exp(-race.scores[-1, j]))
        tags.append(
            f'<span class="end {kind}{inside}" style="top:{place:.1f}px">{mark(label, race.roles)}{icon(label)}'
            f'<span class="name">{escape(written(label))}</span><span class="pct">{percent(float(probability))}</span></span>'
        )
    scale = y_ticks(zip(y(np.array(marks)), (number(mark) for mark in marks), strict=True))
    under, note = x_ticks(steps - 1), f'<span class="bandnote">top {race.k}</span>'
    crowd = "crowd" if sum(kind != "other" for kind in kinds) > CROWD else ""
    beside = (
        f'<svg class="links" viewBox="0 0 12 {HEIGHT}" width="12" height="{HEIGHT}" aria-hidden="true">{links}</svg>'
    )
    words = f"{note}{''.join(tags)}{scale}{under}"  # first what every frame has: browsers take what moves for a shift
    return (
        f'<section class="race"><h2>Label race <small>{_UNDER[race.ends_saved]}</small></h2>'
        f"{plot(HEIGHT, _summary(race, shown), svg, words, crowd, beside)}"
        f'<p class="legend">{_legend(race)}</p></section>'
    )


def _legend(race: Race) -> str:
    named = ("out", "to hide") if race.roles.hidden else ("target", "target")  # never both: the legend keeps its height
    keys = (("true", "true"), named, ("other", "other"), ("thr", race.threshold_word))
    return "".join(_key(*key) for key in (*keys, ("bandkey", f"in the top {race.k}")))


def _key(kind: str, word: str) -> str:
    return f'<span><span class="key {kind}"></span>{word}</span>'


def _range(lines: Array, threshold: Array) -> tuple[float, float]:
    """Score range to draw: all lines, and the threshold as far as it does not squash them."""
    low, high = float(lines.min()), float(lines.max())
    room = max(0.3 * (high - low), 0.5)
    finite = threshold[np.isfinite(threshold)]
    if finite.size:
        low, high = min(low, max(float(finite.min()), low - room)), max(high, min(float(finite.max()), high + room))
    pad = max(0.06 * (high - low), 0.1)
    return low - pad, high + pad


def _summary(race: Race, shown: Sequence[int]) -> str:
    """The drawing in a sentence, for who cannot see it."""
    first, last = race.scores[0], race.scores[-1]
    parts = []
    for j in shown:
        word = race.roles.word(race.labels[j])
        role = f" ({word})" if word else ""
        parts.append(f"{written(race.labels[j])}{role} from {number(first[j])} to {number(last[j])}")
    return f"Scores after {len(race.scores) - 1} steps: " + "; ".join(parts)
