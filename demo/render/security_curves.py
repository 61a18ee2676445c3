"""Security curves: which share of photos an attack beats within a budget, one panel a cell, a line a method."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from tkml_core.statistics import share_within, success_curve

WIDTH, HEIGHT = 340, 220  # of a panel, in its own units
LEFT, RIGHT, TOP, BOTTOM = 40, 10, 10, 34
STYLES = 6  # line styles in security_curves.css; more methods than that share them
DECADE = (1, 2, 5)
Place = Callable[[float], float]  # from a value to where it is drawn


@dataclass(frozen=True)
class Panel:
    """One plot. needed: for each method what each photo needs, as `statistics.success_curve` takes it.

    budgets: vertical lines, by the words that name them.
    """

    title: str
    needed: Mapping[str, Sequence[float]]
    budgets: Mapping[str, float]


def curves_html(panels: Sequence[Panel], axis: str, styles: Mapping[str, int]) -> str:
    """Panels under one legend. axis: what the budget is; styles: for each method the number of its line style."""
    found = [panel for panel in panels if _range(panel)]
    if not found:
        return ""
    shown = [name for name in styles if any(name in panel.needed for panel in found)]
    keys = "".join(
        f'<li><svg viewBox="0 0 36 12" aria-hidden="true"><path class="curve c{styles[name] % STYLES}" d="M2 6H34"/></svg>'
        f"{escape(name)}</li>"
        for name in shown
    )
    drawn = "".join(_figure(panel, axis, styles) for panel in found)
    return f'<div class="security"><ul class="keys">{keys}</ul><div class="panels">{drawn}</div></div>'


def _range(panel: Panel) -> tuple[float, float] | None:
    """The budgets between which something happens, or None where nothing does."""
    finite = [value for needed in panel.needed.values() for value in needed if 0 < value < math.inf]
    return (min(finite) / 1.1, max(finite) * 1.1) if finite else None


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10 … in a range; of a long one the powers of ten."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in DECADE if low <= step * 10.0**decade <= high]
    return ticks if len(ticks) <= 6 else [tick for tick in ticks if math.log10(tick) % 1 < 1e-9] or ticks[::2]


def _figure(panel: Panel, axis: str, styles: Mapping[str, int]) -> str:
    limits = _range(panel)
    assert limits is not None
    low, high = limits

    def x(value: float) -> float:
        at = math.log(min(max(value, low), high) / low) / math.log(high / low)
        return LEFT + at * (WIDTH - LEFT - RIGHT)

    def y(share: float) -> float:
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)

    parts = []
    for share in (0, 0.5, 1):
        parts.append(f'<path class="grid" d="M{LEFT} {y(share):.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for tick in _ticks(low, high):
        parts.append(f'<path class="grid" d="M{x(tick):.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        words = f"{tick:g}"
        parts.append(
            f'<text class="tick" x="{x(tick):.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{words}</text>'
        )
    for words, budget in panel.budgets.items():
        if low < budget < high:
            parts.append(
                f'<path class="budget" d="M{x(budget):.1f} {TOP}V{HEIGHT - BOTTOM}"><title>{escape(words)}</title></path>'
            )
    for name in sorted(panel.needed, key=lambda name: styles[name], reverse=True):  # the first method on top
        parts.append(f'<path class="curve c{styles[name] % STYLES}" d="{_line(panel.needed[name], x, y, high)}"/>')
    parts.append(
        f'<text class="axis" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">{escape(axis)}</text>'
    )
    return (
        f'<figure><figcaption>{escape(panel.title)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(spoken(panel, axis), quote=True)}">{"".join(parts)}</svg></figure>'
    )


def _line(needed: Sequence[float], x: Place, y: Place, high: float) -> str:
    """Stairs: the share rises where another photo is beaten."""
    curve = success_curve(needed)
    words = [f"M{LEFT} {y(curve[0][1]):.1f}"]
    words += [f"H{x(budget):.1f}V{y(share):.1f}" for budget, share in curve[1:]]
    return "".join([*words, f"H{x(high):.1f}"])


def spoken(panel: Panel, axis: str) -> str:
    """The panel in words: with which budget each method beats half of the photos, and how many it beats at all."""
    parts = []
    for name, needed in panel.needed.items():
        half = next((budget for budget, share in success_curve(needed) if share >= 0.5), math.inf)
        reach = f"half of the photos at {half:.0f}" if half < math.inf else "never half of the photos"
        parts.append(f"{name}: {reach}, {share_within(needed, 1e300):.0%} in the end")
    return f"{panel.title}, share of photos by {axis}. {'; '.join(parts)}"
