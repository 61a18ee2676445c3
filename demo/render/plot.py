"""What every chart is drawn of: lines, a grid, ticks, and the box they stand in.

Lines are SVG, words are HTML on top of it: a stretched SVG would squash its text on a phone. Colours are CSS variables, so that
one drawing serves light and dark. Places along x are given in 0–1000, places along y in pixels from the top.
"""

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDTH = 1000
MOST_POINTS = 160  # a line; more cannot be told apart and would only make frames heavy


def thinned(count: int) -> NDArray[np.int64]:
    """Which of `count` points are drawn: at most MOST_POINTS, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between `low` and `high`."""
    span = max(high - low, 1e-9)
    size = 10.0 ** np.floor(np.log10(span / about))
    size *= next((factor for factor in (1, 2, 5, 10) if span / (size * factor) <= about), 10)
    start = np.ceil(low / size) * size
    return [float(start + i * size) for i in range(int((high - start) / size + 1e-9) + 1)]


def number(value: float) -> str:
    """A number for an axis, with a real minus."""
    return f"{value:.4g}".replace("-", "−")


def points(xs: Iterable[float], ys: Iterable[float]) -> str:
    """Places as SVG writes them."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))


def line(kind: str, xs: Iterable[float], ys: Iterable[float]) -> str:
    """A line as SVG; `kind` is its CSS class."""
    return f'<polyline class="{kind}" points="{points(xs, ys)}"/>'


def grid(ys: Iterable[float]) -> str:
    """Level lines across the whole chart, as SVG."""
    return "".join(f'<line class="grid" x1="0" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>' for y in ys)


def y_ticks(marks: Iterable[tuple[float, str]]) -> str:
    """Words left of the chart, each at its place."""
    return "".join(f'<span class="ytick" style="top:{y:.1f}px">{escape(word)}</span>' for y, word in marks)


def x_ticks(last: float) -> str:
    """Whole numbers from 0 to `last` under the chart."""
    whole = [t for t in ticks(0, last, 6) if t == int(t)]
    return "".join(f'<span class="xtick" style="left:{100 * t / max(last, 1):.2f}%">{int(t)}</span>' for t in whole)


def plot(
    height: int, spoken: str, lines: Sequence[str], words: str, kind: str = "", beside: str = "", after: str = ""
) -> str:
    """The box: `lines` (SVG) with `words` (HTML) on them. `spoken` says the drawing in a sentence, for who cannot see it.

    `beside` and `after` are HTML of a chart's own, before and behind the words.
    """
    return (
        f'<div class="{f"plot {kind}".strip()}" role="img" aria-label="{escape(spoken, quote=True)}" style="height:{height}px">'
        f'<svg class="lines" viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none" aria-hidden="true">{"".join(lines)}</svg>'
        f'{beside}<div aria-hidden="true">{words}</div>{after}</div>'
    )
