"""The labels of a top-k as Matplotlib shapes: frame, sign, icon, name and probability, as on the page."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from demo.catalog.labels import written
from demo.engine.label_roles import Roles
from demo.export import figure_icons
from demo.render.labels import percent

ROW, BETWEEN = 0.245, 0.05  # inches: a label's frame, and from one to the next
INK, SOFT = "#0f172a", "#475569"
# The page's colours and frames (style.css, light)
LOOKS: dict[str, dict[str, Any]] = {
    "true": {"edgecolor": "#15803d", "facecolor": "#dcfce7", "linestyle": "solid"},
    "target": {"edgecolor": "#be123c", "facecolor": "#ffe4e6", "linestyle": (0, (4, 2))},
    "out": {"edgecolor": "#92400e", "facecolor": "#fef3c7", "linestyle": (0, (1, 1.5))},
    "other": {"edgecolor": "#cbd5e1", "facecolor": "#ffffff", "linestyle": "solid"},
}
WORDS = {"true": "true label", "target": "target", "out": "true label to hide"}
# (outline, stroke width; 0 fills it) on a grid of 16, as in style.css
SIGNS = {
    "true": [("M2.5 8.5l3.7 3.8L13.5 4", 3.0)],
    "target": [
        ("M13.4 8a5.4 5.4 0 1 1 -10.8 0a5.4 5.4 0 1 1 10.8 0z", 2.2),
        ("M10.2 8a2.2 2.2 0 1 1 -4.4 0a2.2 2.2 0 1 1 4.4 0z", 0.0),
    ],
    "out": [("M6 2H2v12H6M6.5 8h8M11 4.5L14.5 8L11 11.5", 2.2)],
}


def label_row(
    axes: Axes, roles: Roles, name: str, probability: float, left: float, top: float, wide: float, size: float = 7.5
) -> None:
    """One label of a list, `wide` inches: sign, icon, name and probability in the frame of its part. size: of the text."""
    kind = roles.kind(name)
    tall = ROW * size / 7.5
    box = FancyBboxPatch(
        (left, top), wide, tall, boxstyle="round,pad=0,rounding_size=0.05", linewidth=1.2, **LOOKS[kind]
    )
    axes.add_patch(box)
    middle = top + tall / 2
    place = str(roles.targets.index(name) + 1) if roles.ordered and kind == "target" else ""
    mark(axes, kind, place, left + 0.06, middle)
    figure_icons.draw(axes, name, left + 0.24, top + 0.025, tall - 0.05)
    right = left + wide - 0.07
    share = axes.text(right, middle, percent(probability), size=size, color=SOFT, ha="right", va="center_baseline")
    words = axes.text(left + 0.255 + tall, middle, written(name), size=size, color=INK, va="center_baseline")
    fit(words, wide - 0.385 - tall - wide_of(share))


def wide_of(text: Text) -> float:
    """Inches."""
    assert text.figure is not None
    return float(text.get_window_extent().width / text.figure.dpi)


def fit(text: Text, room: float) -> None:
    """Cut what is longer than `room` inches, and say so."""
    words = text.get_text()
    while len(words) > 1 and wide_of(text) > room:
        words = words[:-1].rstrip()
        text.set_text(f"{words}…")


def mark(axes: Axes, kind: str, place: str, left: float, middle: float) -> None:
    """The sign of a label's part, or the place where it is wanted."""
    if place:
        colour = LOOKS[kind]["edgecolor"]
        axes.text(left + 0.065, middle, place, size=7.5, weight="bold", color=colour, ha="center", va="center_baseline")
    else:
        _sign(axes, kind, left, middle - 0.065, 0.13)


def _sign(axes: Axes, kind: str, left: float, top: float, size: float) -> None:
    """The sign of a label's part; nothing for a label without one."""
    scale = size / 16
    place = Affine2D().scale(scale).translate(left, top) + axes.transData
    colour = LOOKS[kind]["edgecolor"]
    for path, width in SIGNS.get(kind, ()):
        patch = PathPatch(
            figure_icons.outline(path), facecolor="none" if width else colour, edgecolor=colour, transform=place,
            linewidth=width * scale * 72, capstyle="round", joinstyle="round",
        )  # fmt: skip
        axes.add_patch(patch)


def parts(roles: Roles) -> list[str]:
    """The kinds of labels that a run had, besides those without a part."""
    return [kind for kind, names in (("true", roles.true), ("target", roles.targets), ("out", roles.hidden)) if names]
