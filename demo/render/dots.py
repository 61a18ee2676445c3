"""Shares of photos as dots with their 95% intervals: against the size of the change, or against k."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from demo.render.panel import STYLES, WIDTH, Drawing, Mark, Scale, height_of, panels_html
from tkml_core.statistics import wilson_interval

LETTER, LINE = 7.0, 11.0  # room for the words beside dots
MOST_ROWS = 12


@dataclass(frozen=True)
class Dot:
    """`won` of `photos` at the place `x`; `word`, a short one, stands beside the dot."""

    x: float
    won: int
    photos: int
    word: str = ""


@dataclass(frozen=True)
class DotPanel:
    """One plot: for each method its dots, which a thin line joins. whole: the ticks, where x is a whole number."""

    title: str
    dots: Mapping[str, Sequence[Dot]]
    whole: tuple[int, ...] = ()


def dots_html(panels: Sequence[DotPanel], axis: str, styles: Mapping[str, int]) -> str:
    """Panels under one legend, as `security_curves.curves_html`."""
    drawings = [_drawing(panel, axis, scale, styles) for panel in panels if (scale := _scale(panel))]
    if not drawings:
        return ""
    named = {name for panel in panels for name in panel.dots}
    return panels_html(drawings, {name: style for name, style in styles.items() if name in named})


def _scale(panel: DotPanel) -> Scale | None:
    values = [dot.x for dots in panel.dots.values() for dot in dots if dot.x > 0]
    if not values:
        return None
    if panel.whole:
        return Scale(min(panel.whole) - 0.5, max(panel.whole) + 0.5, panel.whole)
    return Scale(min(values) / 1.3, max(values) * 1.3)


def _drawing(panel: DotPanel, axis: str, scale: Scale, styles: Mapping[str, int]) -> Drawing:
    marks, curves = [], []
    names = sorted(panel.dots, key=lambda name: styles[name], reverse=True)  # the first method on top
    for above, name in enumerate(names, 1):
        ours = []
        for dot in _drawn(panel.dots[name]):
            low, high = wilson_interval(dot.won, dot.photos)
            place = scale.at(dot.x), height_of(dot.won / dot.photos)
            ours.append(
                Mark(
                    styles[name] % STYLES,
                    *place,
                    height_of(low),
                    height_of(high),
                    4.5 + 1.5 * (len(names) - above),
                    dot.word,
                )
            )
        marks += ours
        curves.append((styles[name] % STYLES, "M" + "L".join(f"{mark.x:.1f} {mark.y:.1f}" for mark in ours)))
    return Drawing(
        panel.title,
        _spoken(panel, axis),
        axis,
        scale,
        [name for name in names if _drawn(panel.dots[name])],
        [one for one in curves if len(one[1]) > 1],
        _with_words_apart(marks),
    )


def _with_words_apart(marks: Sequence[Mark]) -> list[Mark]:
    """Each word right of its ring, or left of it at the edge; where that is taken, lower."""
    taken = [(mark.x - mark.radius, mark.y - mark.radius, mark.x + mark.radius, mark.y + mark.radius) for mark in marks]
    placed = []
    for mark in marks:
        if not mark.word:
            placed.append(mark)
            continue
        wide, gap = LETTER * len(mark.word), mark.radius + 2
        left = mark.x + gap if mark.x + gap + wide < WIDTH else mark.x - gap - wide
        for row in range(MOST_ROWS):
            base = mark.y + gap + LINE * (row + 0.6)
            box = (left, base - LINE, left + wide, base)
            if not any(_overlap(box, other) for other in taken):
                break
        taken.append(box)
        placed.append(replace(mark, at=(left, base)))
    return placed


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _drawn(dots: Sequence[Dot]) -> list[Dot]:
    """Those that have a place."""
    return [dot for dot in dots if dot.x > 0 and dot.photos]


def _spoken(panel: DotPanel, axis: str) -> str:
    parts = []
    for name, dots in panel.dots.items():
        told = [
            f"{dot.won / dot.photos:.0%} at {dot.x:.3g}{f' ({dot.word})' if dot.word else ''}" for dot in _drawn(dots)
        ]
        parts += [f"{name}: {', '.join(told)}"] if told else []
    return f"{panel.title}, share of photos by {axis}. {'; '.join(parts)}"
