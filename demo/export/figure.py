"""A run as a figure in the paper's layout (Figures 1 and 2): original, perturbation and adversarial photo with their top-k.

`python -m demo.export.figure run.npz` draws one from a downloaded data file.
"""

import argparse
import sys
import textwrap
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.transforms import Affine2D

from demo.engine.roles import Roles
from demo.export import figure_icons
from demo.export.npz import SavedRun, load
from demo.render.labels import percent
from demo.render.pictures import AMPLIFY
from demo.render.verdict import caption

DPI = 200
WIDTH, MARGIN, GAP = 7.2, 0.12, 0.2  # inches, two columns of a paper
COLUMN = (WIDTH - 2 * MARGIN - 2 * GAP) / 3
HIGHEST = 2.6  # of a photo
ROW, BETWEEN, MOST_ROWS = 0.245, 0.05, 20
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
    "out": [("M3.5 3.5l9 9M12.5 3.5l-9 9", 3.0)],
}
_SETTINGS: Any = {"font.family": "DejaVu Sans", "pdf.fonttype": 42}
_drawing = threading.Lock()  # Matplotlib's fonts are shared by all threads


def draw(saved: SavedRun) -> Figure:
    """The figure, with no place of its own on a screen; `save` writes it."""
    height, width = saved.x.shape[:2]
    tall = min(COLUMN * height / width, HIGHEST)
    report = saved.report
    rows = [report["before"][:MOST_ROWS], report["after"][:MOST_ROWS]]
    more = max(report["k"] - MOST_ROWS, 0)
    words = textwrap.wrap(caption(report).replace(" = ", "\u00a0=\u00a0"), 128)
    lists = max(len(rows[0]) * (ROW + BETWEEN) + 0.2 * bool(more), 0.38 + 0.19 * len(_parts(saved)))
    top = 0.34
    total = top + tall + 0.3 + lists + 0.12 + 0.155 * len(words) + MARGIN
    figure = Figure(figsize=(WIDTH, total), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(total, 0))
    axes.axis("off")
    titles = ("Original", f"Perturbation × {AMPLIFY}", "Adversarial")
    pictures: tuple[Any, ...] = (saved.x, saved.amplified(), saved.x_adv)
    for number, (title, picture) in enumerate(zip(titles, pictures, strict=True)):
        left = MARGIN + number * (COLUMN + GAP)
        axes.text(left, 0.24, title, size=9.5, weight="bold", color=INK)
        place_picture(figure, picture, left, top, COLUMN, tall)
    below = top + tall + 0.2
    for number, (title, listed) in enumerate(zip(("before", "after"), rows, strict=True)):
        left = MARGIN + 2 * number * (COLUMN + GAP)
        axes.text(left, below, f"Top {report['k']} {title}", size=7.5, color=SOFT)
        for place, (name, probability) in enumerate(listed):
            label_row(axes, saved.roles, name, probability, left, below + 0.08 + place * (ROW + BETWEEN))
        if more:
            axes.text(left, below + 0.2 + len(listed) * (ROW + BETWEEN), f"and {more} more", size=7.5, color=SOFT)
    _numbers(axes, saved, MARGIN + COLUMN + GAP, below)
    axes.text(
        MARGIN, total - MARGIN - 0.155 * len(words), "\n".join(words), size=7.5, color=INK, va="top", linespacing=1.45
    )
    return figure


def save(saved: SavedRun, stem: Path) -> tuple[Path, Path]:
    """Write `stem`.png (200 dpi) and `stem`.pdf (vectors and text); the same run gives the same bytes."""
    return write(lambda: draw(saved), stem, caption(saved.report))


def write(drawn: Callable[[], Figure], stem: Path, title: str) -> tuple[Path, Path]:
    """Write what `drawn` returns as `stem`.png and `stem`.pdf, whatever Matplotlib is set to here."""
    png, pdf = stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}.pdf")
    with _drawing, matplotlib.rc_context():
        matplotlib.rcdefaults()  # a matplotlibrc may ask for LaTeX, or cut the margins off
        matplotlib.rcParams.update(_SETTINGS)
        figure = drawn()
        figure.savefig(png, dpi=DPI, metadata={"Software": None})
        figure.savefig(pdf, metadata={"CreationDate": None, "ModDate": None, "Title": title})
    return png, pdf


def place_picture(figure: Figure, picture: Any, left: float, top: float, wide: float, tall: float) -> None:
    """A photo in the middle of a column `wide` inches wide, `tall` at most. Its own pixels: "none" embeds them in a PDF."""
    height, width = np.asarray(picture).shape[:2]
    own = min(wide, tall * width / height)
    left += (wide - own) / 2
    across, down = figure.get_size_inches()
    axes = figure.add_axes((left / across, 1 - (top + tall) / down, own / across, tall / down))
    axes.imshow(picture, interpolation="none", aspect="auto")
    axes.axis("off")


def label_row(
    axes: Axes,
    roles: Roles,
    name: str,
    probability: float,
    left: float,
    top: float,
    wide: float = COLUMN,
    size: float = 7.5,
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
    _mark(axes, kind, place, left + 0.06, middle)
    figure_icons.draw(axes, name, left + 0.24, top + 0.025, tall - 0.05)
    axes.text(left + 0.255 + tall, middle, name, size=size, color=INK, va="center_baseline")
    right = left + wide - 0.07
    axes.text(right, middle, percent(probability), size=size, color=SOFT, ha="right", va="center_baseline")


def _mark(axes: Axes, kind: str, place: str, left: float, middle: float) -> None:
    """The sign of a label's part, or the place where it is wanted."""
    if place:
        colour = LOOKS[kind]["edgecolor"]
        axes.text(left + 0.065, middle, place, size=7.5, weight="bold", color=colour, ha="center", va="center_baseline")
    else:
        sign(axes, kind, left, middle - 0.065, 0.13)


def sign(axes: Axes, kind: str, left: float, top: float, size: float) -> None:
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


def _numbers(axes: Axes, saved: SavedRun, left: float, top: float) -> None:
    """Below the perturbation: its size, and what the signs mean."""
    report = saved.report
    axes.text(left, top, f"‖z‖₂ = {report['l2']:.1f}    ‖z‖∞ = {report['linf']:.0f}/255", size=7.5, color=INK)
    axes.text(left, top + 0.17, "grey: unchanged", size=7.5, color=SOFT)
    for number, kind in enumerate(_parts(saved)):
        middle = top + 0.38 + 0.19 * number
        in_order = saved.roles.ordered and kind == "target"
        _mark(axes, kind, "1" if in_order else "", left, middle)
        word = "target and its place" if in_order else WORDS[kind]
        axes.text(left + 0.2, middle, word, size=7.5, color=LOOKS[kind]["edgecolor"], va="center_baseline")


def _parts(saved: SavedRun) -> list[str]:
    """The kinds of labels that the run had, besides those without a part."""
    roles = saved.roles
    return [kind for kind, names in (("true", roles.true), ("target", roles.targets), ("out", roles.hidden)) if names]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.export.figure", description="Draw the figure of a data file.")
    parser.add_argument("data", type=Path, help="a data file (NPZ) from the page")
    parser.add_argument("--out", type=Path, help="where to, without ending; beside the data file where left out")
    args = parser.parse_args(arguments)
    try:
        paths = save(load(args.data), args.out or args.data.with_suffix(""))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except Exception as error:  # a report that fits in form only
        print(f"{args.data}: no figure can be drawn of this data file ({type(error).__name__}).", file=sys.stderr)
        return 2
    for path in paths:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
