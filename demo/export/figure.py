"""Runs as a figure in the paper's layout (Figures 1, 2 and 4): original, perturbation and adversarial photo with their top-k.

A run is a row; the methods of a comparison stand one below the other. `python -m demo.export.figure run.npz` draws one from a
downloaded data file.
"""

import argparse
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from demo.engine.label_roles import Roles
from demo.export.figure_labels import BETWEEN, INK, LOOKS, ROW, SOFT, WORDS, label_row, mark, parts
from demo.export.npz import SavedRun, load
from demo.render.captions import caption, comparison_caption
from demo.render.formulas import unbroken
from demo.render.goal_words import goal_words
from demo.render.pictures import AMPLIFY

DPI = 200
WIDTH, MARGIN, GAP = 7.2, 0.12, 0.2  # inches, two columns of a paper
COLUMN = (WIDTH - 2 * MARGIN - 2 * GAP) / 3
HIGHEST = 2.6  # of a photo
MOST_LABELS = 20  # of a list
MOST_COMPARED = 10  # the same where several runs share a figure, which would be as long as a table otherwise
HEAD, APART = 0.34, 0.16  # above the first row, where the columns' titles are; between two rows
_SETTINGS: Any = {"font.family": "DejaVu Sans", "pdf.fonttype": 42}
_drawing = threading.Lock()  # Matplotlib's fonts are shared by all threads


def draw(saved: SavedRun) -> Figure:
    """One run, with no place of its own on a screen; `save` writes it."""
    return _draw([saved], caption(saved.report), MOST_LABELS)


def draw_comparison(runs: Sequence[SavedRun]) -> Figure:
    """The runs of several methods on one photo, a row each."""
    return _draw(runs, comparison_caption([saved.report for saved in runs]), MOST_COMPARED)


def save(saved: SavedRun, stem: Path) -> tuple[Path, Path]:
    """Write `stem`.png (200 dpi) and `stem`.pdf (vectors and text); the same run gives the same bytes."""
    return write(lambda: draw(saved), stem, caption(saved.report))


def save_comparison(runs: Sequence[SavedRun], stem: Path) -> tuple[Path, Path]:
    """The same of `draw_comparison`."""
    return write(lambda: draw_comparison(runs), stem, comparison_caption([saved.report for saved in runs]))


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib for one thread at a time, with settings of its own: a matplotlibrc may ask for LaTeX, or cut margins off."""
    with _drawing, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def write(drawn: Callable[[], Figure], stem: Path, title: str) -> tuple[Path, Path]:
    """Write what `drawn` returns as `stem`.png and `stem`.pdf, whatever Matplotlib is set to here."""
    png, pdf = stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}.pdf")
    with drawing():
        figure = drawn()
        figure.savefig(png, dpi=DPI, metadata={"Software": None})
        figure.savefig(pdf, metadata={"CreationDate": None, "ModDate": None, "Title": title})
    return png, pdf


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """A white figure with no place of its own on a screen, and axes over all of it: inches, y points down."""
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    return figure, axes


def _draw(runs: Sequence[SavedRun], words: str, most: int) -> Figure:
    below = textwrap.wrap(unbroken(words), 128)
    named = len(runs) > 1
    heights = [_height(saved, most, named) for saved in runs]
    total = HEAD + sum(heights) + APART * (len(runs) - 1) + 0.12 + 0.155 * len(below) + MARGIN
    figure, axes = sheet(WIDTH, total)
    for number, title in enumerate(("Original", f"Perturbation × {AMPLIFY}", "Adversarial")):
        axes.text(MARGIN + number * (COLUMN + GAP), 0.24, title, size=9.5, weight="bold", color=INK)
    top = HEAD
    for saved, height in zip(runs, heights, strict=True):
        _run(figure, axes, saved, top, most, named)
        top += height + APART
    axes.text(
        MARGIN, total - MARGIN - 0.155 * len(below), "\n".join(below), size=7.5, color=INK, va="top", linespacing=1.45
    )
    return figure


def _tall(saved: SavedRun) -> float:
    """How high the photo is drawn."""
    height, width = saved.x.shape[:2]
    return min(COLUMN * height / width, HIGHEST)


def _height(saved: SavedRun, most: int, named: bool) -> float:
    """How high a run's row is: the pictures, and the longest of what stands below them."""
    report = saved.report
    rows = len(report["before"][:most])
    lists = max(
        rows * (ROW + BETWEEN) + 0.2 * (report["k"] > most), 0.38 + 0.19 * len(parts(saved.roles)) + 0.38 * named
    )
    return _tall(saved) + 0.3 + lists


def _run(figure: Figure, axes: Axes, saved: SavedRun, top: float, most: int, named: bool) -> None:
    """One run: three pictures, and below them both lists with the numbers in between."""
    report, tall = saved.report, _tall(saved)
    pictures: tuple[Any, ...] = (saved.x, saved.amplified(), saved.x_adv)
    for number, picture in enumerate(pictures):
        place_picture(figure, picture, MARGIN + number * (COLUMN + GAP), top, COLUMN, tall)
    below = top + tall + 0.2
    for column, title, listed in ((0, "before", report["before"]), (2, "after", report["after"])):
        left = MARGIN + column * (COLUMN + GAP)
        axes.text(left, below, f"Top {report['k']} {title}", size=7.5, color=SOFT)
        for place, (name, probability) in enumerate(listed[:most]):
            label_row(axes, saved.roles, name, probability, left, below + 0.08 + place * (ROW + BETWEEN), COLUMN)
        if report["k"] > most:
            end = below + 0.2 + len(listed[:most]) * (ROW + BETWEEN)
            axes.text(left, end, f"and {report['k'] - most} more", size=7.5, color=SOFT)
    numbers(axes, saved, MARGIN + COLUMN + GAP, below, named)


def place_picture(
    figure: Figure, picture: Any, left: float, top: float, wide: float, tall: float, smooth: bool = False
) -> None:
    """A photo in the middle of a column `wide` inches wide, `tall` at most. Its own pixels: "none" embeds them in a PDF."""
    height, width = np.asarray(picture).shape[:2]
    own = min(wide, tall * width / height)
    left += (wide - own) / 2
    across, down = figure.get_size_inches()
    high = own * height / width
    axes = figure.add_axes((left / across, 1 - (top + high) / down, own / across, high / down))
    axes.imshow(picture, interpolation="auto" if smooth else "none", aspect="auto")
    axes.axis("off")


def numbers(axes: Axes, saved: SavedRun, left: float, top: float, named: bool = False) -> None:
    """Below the perturbation: of several runs the method and how it ended, the change's size, and what the signs mean."""
    report = saved.report
    if named:
        axes.text(left, top + 0.02, report["attack"], size=9.5, weight="bold", color=INK)
        axes.text(left, top + 0.19, f"goal {goal_words(report)}", size=7.5, color=INK)
        top += 0.38
    axes.text(left, top, f"‖z‖₂ = {report['l2']:.1f}    ‖z‖∞ = {report['linf']:.0f}/255", size=7.5, color=INK)
    axes.text(left, top + 0.17, "grey: unchanged", size=7.5, color=SOFT)
    signs(axes, saved.roles, left, top + 0.38)


def signs(axes: Axes, roles: Roles, left: float, top: float, lead: str = "") -> None:
    """What each sign in the lists means, one a line; lead: words before each."""
    for number, kind in enumerate(parts(roles)):
        middle = top + 0.19 * number
        in_order = roles.ordered and kind == "target"
        mark(axes, kind, "1" if in_order else "", left, middle)
        word = lead + ("target and its place" if in_order else WORDS[kind])
        axes.text(left + 0.2, middle, word, size=7.5, color=LOOKS[kind]["edgecolor"], va="center_baseline")


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
