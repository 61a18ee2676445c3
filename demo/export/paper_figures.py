"""The paper's Figures 1 to 4 laid out: strips of photos, perturbations and adversarial photos with their labels below."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from demo.engine.label_roles import Roles
from demo.export.figure import MARGIN, WIDTH, place_picture
from demo.export.figure_labels import INK, ROW, SOFT, label_row
from demo.render.formulas import unbroken

GAP, SIDE, WIDEST = 0.08, 0.22, 2.3  # inches between columns; left of a strip, for its name; of a column
HEADS, TITLES, LINE, AFTER = (
    0.24,
    0.16,
    0.14,
    0.14,
)  # inches: who attacks, what is shown, words above a list, after a strip
TEXT = 5.6  # points, of labels
CHARACTERS = 150  # of a line of what stands below
STEP = ROW * TEXT / 7.5 + 0.035  # from one label to the next

NOBODY = Roles(())  # no label has a part
Listed = Sequence[tuple[str, float]]  # labels and their probabilities


@dataclass(frozen=True)
class Panel:
    """A picture with what stands above and below it. lists: each with the words above it; its labels may be none."""

    title: str
    picture: Any  # (H,W,3) uint8, or a Pillow image
    lists: Sequence[tuple[str, Listed]] = ()
    roles: Roles = NOBODY

    @property
    def tall(self) -> float:
        """Inches below the picture."""
        return sum(LINE * bool(words) + STEP * len(listed) for words, listed in self.lists)


@dataclass(frozen=True)
class Strip:
    """Panels side by side, None where there is none; all strips of a figure have as many. name: stands left of them."""

    panels: Sequence[Panel | None]
    name: str = ""


def draw(strips: Sequence[Strip], heads: Sequence[tuple[str, int]], words: str = "") -> Figure:
    """Strips below one another. heads: who attacked, above so many columns each; words: stand below them all."""
    count = len(strips[0].panels)
    side = SIDE * any(strip.name for strip in strips)
    wide = min((WIDTH - 2 * MARGIN - side - GAP * (count - 1)) / count, WIDEST)
    first = (WIDTH + side - count * wide - GAP * (count - 1)) / 2
    lefts = [first + number * (wide + GAP) for number in range(count)]
    talls = [max(_tall(panel.picture, wide) for panel in strip.panels if panel) for strip in strips]
    lists = [max(panel.tall for panel in strip.panels if panel) for strip in strips]
    told = textwrap.wrap(unbroken(words), CHARACTERS)
    total = MARGIN + HEADS + sum(TITLES + tall + below + AFTER for tall, below in zip(talls, lists, strict=True))
    total += LINE * len(told)
    figure = Figure(figsize=(WIDTH, total), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(total, 0))
    axes.axis("off")
    _heads(axes, heads, lefts, wide)
    top = MARGIN + HEADS
    for strip, tall, below in zip(strips, talls, lists, strict=True):
        if strip.name:
            middle = top + TITLES + tall / 2
            axes.text(
                lefts[0] - side + 0.06, middle, strip.name, size=8, weight="bold", color=INK, rotation=90, ha="center",
                va="center",
            )  # fmt: skip
        for left, panel in zip(lefts, strip.panels, strict=True):
            if panel:
                _panel(figure, axes, panel, left, top, wide, tall)
        top += TITLES + tall + below + AFTER
    for number, line in enumerate(told, 1):
        axes.text(MARGIN, top - AFTER + number * LINE, line, size=6.5, color=INK)
    return figure


def _tall(picture: Any, wide: float) -> float:
    """How tall a picture is in a column: in its proportions, an upright one no taller than the column is wide."""
    width, height = picture.size if hasattr(picture, "getbands") else picture.shape[1::-1]
    return min(wide, wide * height / width)


def _heads(axes: Axes, heads: Sequence[tuple[str, int]], lefts: Sequence[float], wide: float) -> None:
    place = 0
    for words, columns in heads:
        left, right = lefts[place], lefts[place + columns - 1] + wide
        if words:
            axes.text((left + right) / 2, MARGIN + 0.1, words, size=8.5, weight="bold", color=INK, ha="center")
            axes.plot([left, right], [MARGIN + 0.16] * 2, color=SOFT, linewidth=0.6)
        place += columns


def _panel(figure: Figure, axes: Axes, panel: Panel, left: float, top: float, wide: float, tall: float) -> None:
    axes.text(left + wide / 2, top + TITLES - 0.045, panel.title, size=6.5, color=SOFT, ha="center")
    place_picture(figure, panel.picture, left, top + TITLES, wide, tall)
    place = top + TITLES + tall
    for words, listed in panel.lists:
        if words:
            axes.text(left, place + LINE - 0.035, words, size=6, color=SOFT)
            place += LINE
        for name, probability in listed:
            label_row(axes, panel.roles, name, probability, left, place, wide, TEXT)
            place += STEP
