"""A run as one picture to share: both photos with their top-k, the change between them, the verdict and a link."""

import io
import textwrap
from typing import Any
from urllib.parse import urlsplit

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from demo.catalog.english import TITLE
from demo.export.figure import DPI, drawing, place_picture, sheet, signs
from demo.export.figure_labels import INK, LOOKS, ROW, SOFT, fit, label_row, parts, wide_of
from demo.export.npz import SavedRun
from demo.render.pictures import AMPLIFY
from demo.render.size_words import most_words
from demo.render.verdict import headline, sentence_for_others

WIDTH, HEIGHT = 6.0, 3.15  # inches: 1200 × 630 pixels, which messengers show whole
MARGIN, GAP = 0.15, 0.16
COLUMN = (WIDTH - 2 * MARGIN - 2 * GAP) / 3
BETWEEN, MOST_ROWS = 0.03, 3
LINE, MOST_LINES, CHARACTERS, BESIDE = 0.14, 4, 84, 0.85  # of the verdict, which stands beside its word
LINK_SIZE, LINK_LINE, MOST_LINK_LINES = 6.5, 0.11, 3
NO_SETTINGS = "(this run’s settings are too long to be printed here)"
NO_LINK = "The page’s address is too long to be printed here."
COLOURS = {
    "won": LOOKS["true"]["edgecolor"],
    "lost": LOOKS["target"]["edgecolor"],
    "partly": LOOKS["out"]["edgecolor"],
    "cut": LOOKS["out"]["edgecolor"],
}


def draw(saved: SavedRun, link: str) -> Figure:
    """The card; `png` writes it."""
    figure, axes = sheet(WIDTH, HEIGHT)
    report, roles = saved.report, saved.roles
    rows, more = min(report["k"], MOST_ROWS), max(report["k"] - MOST_ROWS, 0)
    # As high as the longest of the three columns; the middle one has two lines, and what each sign means.
    lists = max(rows * (ROW + BETWEEN) + 0.1 * bool(more), 0.4 + 0.19 * len(parts(roles)))
    said = textwrap.wrap(sentence_for_others(report), CHARACTERS, max_lines=MOST_LINES, placeholder=" …")
    foot = _link(axes, link)
    verdict_top = HEIGHT - 0.22 - LINK_LINE * (len(foot) - 1) - LINE * len(said)
    photos_top, lists_top = 0.48, verdict_top - 0.12 - lists
    start = report.get("started_from")  # the link brings the run before, as a finished run is not in it
    first = start["attack"] if start else report["attack"]
    what = f"{first} on {report['annotator']}{', made smaller afterwards' if start else ''}"
    page_title = axes.text(MARGIN, 0.24, TITLE, size=9.5, weight="bold", color=INK)
    fit(
        axes.text(WIDTH - MARGIN, 0.24, what, size=7, color=SOFT, ha="right"),
        WIDTH - 2 * MARGIN - GAP - wide_of(page_title),
    )
    pictures: tuple[Any, ...] = (saved.x, saved.amplified(), saved.x_adv)
    titles = (f"Top {report['k']} before", f"Change × {AMPLIFY}", f"Top {report['k']} after")
    for number, (title, pixels) in enumerate(zip(titles, pictures, strict=True)):
        left, tall = MARGIN + number * (COLUMN + GAP), lists_top - 0.07 - photos_top
        axes.text(left, 0.43, title, size=7.5, color=SOFT)
        # Made smaller smoothly, grains of the change would fade into the grey around them.
        place_picture(figure, pixels, left, photos_top, COLUMN, tall, smooth=number != 1)
    for number, key in ((0, "before"), (2, "after")):
        left = MARGIN + number * (COLUMN + GAP)
        for place, (name, probability) in enumerate(report[key][:rows]):
            label_row(axes, roles, name, probability, left, lists_top + place * (ROW + BETWEEN), COLUMN)
        if more:
            axes.text(left, lists_top + lists - 0.01, f"and {more} more", size=7, color=SOFT)
    left, top = MARGIN + COLUMN + GAP, lists_top + 0.1
    axes.text(
        left, top, f"at most {most_words(report)} at any pixel", size=7.5, color=INK
    )  # what everybody understands
    axes.text(left, top + 0.17, f"grey: unchanged   (‖z‖₂ = {report['l2']:.1f})", size=7.5, color=SOFT)
    signs(axes, roles, left, top + 0.38, "marks a ")
    kind, word = headline(report)
    axes.text(MARGIN, verdict_top, word, size=9, weight="bold", color=COLOURS[kind], va="top")
    axes.text(MARGIN + BESIDE, verdict_top, "\n".join(said), size=7.5, color=INK, va="top", linespacing=1.3)
    axes.text(MARGIN, HEIGHT - 0.06, "\n".join(foot), size=LINK_SIZE, color=SOFT)
    return figure


def _link(axes: Axes, link: str) -> list[str]:
    """The whole link in lines, as part of one opens something else; the page's address alone where there is no room for it."""
    page = urlsplit(link)._replace(query="", fragment="").geturl()
    for lines in (_lines(axes, link), [*_lines(axes, page), NO_SETTINGS]):
        if len(lines) <= MOST_LINK_LINES:
            return lines
    return [NO_LINK]


def _lines(axes: Axes, link: str) -> list[str]:
    """Lines as wide as the card, at most one more than it has room for."""
    lines = [""]
    probe = axes.text(0, 0, "", size=LINK_SIZE)
    for character in link:
        probe.set_text(lines[-1] + character)
        if wide_of(probe) > WIDTH - 2 * MARGIN:
            if len(lines) > MOST_LINK_LINES:
                break
            lines.append("")
        lines[-1] += character
    probe.remove()
    return lines


def png(saved: SavedRun, link: str) -> bytes:
    """The card as a PNG without transparency, so that it looks the same on every ground."""
    buffer = io.BytesIO()
    with drawing():
        draw(saved, link).savefig(buffer, dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()
