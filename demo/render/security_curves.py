"""Security curves: which share of photos an attack beats within a budget, one panel a cell, a line a method."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo.render.panel import LEFT, STYLES, Drawing, Scale, height_of, panels_html
from tkml_core.statistics import share_within, success_curve


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
    drawings = [_drawing(panel, axis, scale, styles) for panel in panels if (scale := _scale(panel))]
    if not drawings:
        return ""
    named = {name for panel in panels if _scale(panel) for name in panel.needed}
    return panels_html(drawings, {name: style for name, style in styles.items() if name in named})


def _scale(panel: Panel) -> Scale | None:
    """The budgets between which something happens, or None where nothing does."""
    finite = [value for needed in panel.needed.values() for value in needed if 0 < value < math.inf]
    return Scale(min(finite) / 1.1, max(finite) * 1.1) if finite else None


def _drawing(panel: Panel, axis: str, scale: Scale, styles: Mapping[str, int]) -> Drawing:
    names = sorted(panel.needed, key=lambda name: styles[name], reverse=True)  # the first method on top
    return Drawing(
        panel.title, spoken(panel, axis), axis, scale, names,
        curves=[(styles[name] % STYLES, _line(panel.needed[name], scale)) for name in names],
        bounds={words: scale.at(budget) for words, budget in panel.budgets.items() if scale.low < budget < scale.high},
    )  # fmt: skip


def _line(needed: Sequence[float], scale: Scale) -> str:
    """Stairs: the share rises where another photo is beaten."""
    curve = success_curve(needed)
    words = [f"M{LEFT} {height_of(curve[0][1]):.1f}"]
    words += [f"H{scale.at(budget):.1f}V{height_of(share):.1f}" for budget, share in curve[1:]]
    return "".join([*words, f"H{scale.at(scale.high):.1f}"])


def spoken(panel: Panel, axis: str) -> str:
    """The panel in words: with which budget each method beats half of the photos, and how many it beats at all."""
    parts = []
    for name, needed in panel.needed.items():
        half = next((budget for budget, share in success_curve(needed) if share >= 0.5), math.inf)
        reach = f"half of the photos at {half:.0f}" if half < math.inf else "never half of the photos"
        parts.append(f"{name}: {reach}, {share_within(needed, 1e300):.0%} in the end")
    return f"{panel.title}, share of photos by {axis}. {'; '.join(parts)}"
