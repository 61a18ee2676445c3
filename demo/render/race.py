"""The label race: each label's score over the steps, drawn as SVG that keeps its line widths at any size.

Lines are SVG, words are HTML on top of it: a stretched SVG would squash its text on a phone. Colours are CSS variables,
so that one drawing serves light and dark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from demo.engine.roles import Roles
from demo.render.icons import icon
from demo.render.labels import percent

HEIGHT = 300  # pixels
MOST_LABELS = 10
MOST_POINTS = 160  # a line; more cannot be told apart and would only make frames heavy
LABEL_GAP = 24  # pixels between two line ends' labels
CROWD = 6  # more true labels and targets than this are drawn with finer lines

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Race:
    """What to draw: `scores` (T,m) logits, `threshold` (T,) logits and what to call it, and each label's part."""

    labels: Sequence[str]
    scores: Array
    threshold: Array
    roles: Roles
    k: int
    threshold_word: str = "threshold λ"
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


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between `low` and `high`."""
    span = max(high - low, 1e-9)
    size = 10.0 ** np.floor(np.log10(span / about))
    size *= next((factor for factor in (1, 2, 5, 10) if span / (size * factor) <= about), 10)
    start = np.ceil(low / size) * size
    return [float(start + i * size) for i in range(int((high - start) / size + 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _points(xs: Array, ys: Array) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))


_UNDER = {
    False: "score (logit) of each label over the steps",
    True: "score (logit) over the steps; last, as saved",
}


def race_html(race: Race) -> str:
    """The whole drawing; the run so far fills the width."""
    steps = len(race.scores)
    keep = np.unique(np.linspace(0, steps - 1, min(steps, MOST_POINTS)).round().astype(int))
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
        f'<polygon class="band" points="0,0 {_points(xs, edge)} 1000,0"/>',
        f'<polyline class="bandedge" points="{_points(xs, edge)}"/>',
    ]
    grid = ticks(low, high)
    svg += [f'<line class="grid" x1="0" x2="1000" y1="{v:.1f}" y2="{v:.1f}"/>' for v in y(np.array(grid))]
    kinds = [race.roles.kind(race.labels[j]) for j in shown]
    for column in sorted(range(len(shown)), key=lambda c: kinds[c] != "other"):  # the coloured ones on top
        svg.append(f'<polyline class="line {kinds[column]}" points="{_points(xs, y(lines[:, column]))}"/>')
    if np.isfinite(threshold).all():
        svg.append(f'<polyline class="threshold" points="{_points(xs, y(threshold).clip(0, HEIGHT))}"/>')

    ends = y(lines[-1]).tolist()
    places = spread(ends, LABEL_GAP, 11, HEIGHT - 11)
    links = "".join(f'<line x1="0" x2="12" y1="{a:.1f}" y2="{b:.1f}"/>' for a, b in zip(ends, places, strict=True))
    tags = []
    best = np.argsort(-race.scores[-1], kind="stable")[: race.k]
    for j, kind, place in zip(shown, kinds, places, strict=True):
        inside = " in" if j in best else ""
        probability = 1 / (1 + np.exp(-race.scores[-1, j]))
        tags.append(
            f'<span class="end {kind}{inside}" style="top:{place:.1f}px">{race.roles.mark(race.labels[j])}{icon(race.labels[j])}'
            f'<span class="name">{escape(race.labels[j])}</span><span class="pct">{percent(float(probability))}</span></span>'
        )
    scale = "".join(
        f'<span class="ytick" style="top:{v:.1f}px">{_number(g)}</span>'
        for g, v in zip(grid, y(np.array(grid)), strict=True)
    )
    whole_steps = [t for t in ticks(0, steps - 1, 6) if t == int(t)]
    under = "".join(
        f'<span class="xtick" style="left:{t / max(steps - 1, 1) * 100:.2f}%">{int(t)}</span>' for t in whole_steps
    )
    summary = escape(_summary(race, shown), quote=True)
    crowd = " crowd" if sum(kind != "other" for kind in kinds) > CROWD else ""
    return (
        f'<section class="race"><h2>Label race <small>{_UNDER[race.ends_saved]}</small></h2>'
        f'<div class="plot{crowd}" role="img" aria-label="{summary}" style="height:{HEIGHT}px">'
        f'<svg class="lines" viewBox="0 0 1000 {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{"".join(svg)}</svg>'
        f'<svg class="links" viewBox="0 0 12 {HEIGHT}" width="12" height="{HEIGHT}" aria-hidden="true">{links}</svg>'
        f'<div aria-hidden="true">{scale}{under}<span class="bandnote">top {race.k}</span>{"".join(tags)}</div></div>'
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
        parts.append(f"{race.labels[j]}{role} from {_number(first[j])} to {_number(last[j])}")
    return f"Scores after {len(race.scores) - 1} steps: " + "; ".join(parts)
