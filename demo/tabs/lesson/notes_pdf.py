"""The teachers' notes as a PDF: paragraphs, lists and a table on A4 pages."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# (kind, words): "title", "heading", "text", "item", or "row" of a table, with " | " between minutes and words
Block = tuple[str, str]
STYLES = {  # font size, weight, indent in centimetres, space above in centimetres
    "title": (17, "bold", 0.0, 0.0),
    "heading": (12, "bold", 0.0, 0.45),
    "text": (10, "normal", 0.0, 0.12),
    "item": (10, "normal", 0.45, 0.1),
    "row": (10, "normal", 1.6, 0.1),
}
FONT = "DejaVu Sans"
ASCENT = 0.76  # of its letters, of the font size
A4 = (21.0, 29.7)  # centimetres
MARGIN = 1.6


def write_pdf(path: Path, blocks: Iterable[Block], title: str, keywords: str) -> None:
    """Blocks in reading order, on as many pages as they take. title, keywords: what the file says of itself."""
    from matplotlib.backends.backend_pdf import PdfPages  # late: the page only offers the file that is there

    with PdfPages(path, metadata={"Title": title, "Keywords": keywords, "CreationDate": None}) as pdf:
        page, y = _page(), MARGIN
        for kind, words in blocks:
            size, weight, indent, above = STYLES[kind]
            before, _, words = words.partition(" | ") if kind == "row" else ("•" if kind == "item" else "", "", words)
            lines = wrapped(words, size, weight, A4[0] - 2 * MARGIN - indent)
            line = size / 72 * 2.54 * 1.3
            keep = 2.5 if kind == "heading" else 0.0  # a heading does not stand alone at the foot of a page
            if y + above + line * len(lines) + keep > A4[1] - MARGIN:
                pdf.savefig(page)
                page, y = _page(), MARGIN
            y += above
            if before:
                _line(page, MARGIN, y, before, size, weight)
            for words_of_line in lines:
                _line(page, MARGIN + indent, y, words_of_line, size, weight)
                y += line
        pdf.savefig(page)


def pieces(words: str) -> list[str]:
    """Letters, and signs such as “ and ”, apart: a PDF has them in fonts of their own, and where one follows the other
    Matplotlib moves what comes next twice as far as their kerning asks, which leaves a gap behind it."""
    return re.findall(r"[\x00-\xff]+|[^\x00-\xff]+", words)


def width(words: str, size: float, weight: str) -> float:
    """How wide a line is, in centimetres, drawn in pieces."""
    return sum(_advance(piece, size, weight) for piece in pieces(words))


@cache
def _advance(piece: str, size: float, weight: str) -> float:
    """From where a piece begins to where the next one does, in centimetres; spaces at its ends count."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FONT, weight=weight, size=size)
    edged, edges = (text_to_path.get_text_width_height_descent(f"|{one}|", font, False)[0] for one in (piece, ""))
    return float(edged - edges) / 72 * 2.54


def wrapped(words: str, size: float, weight: str, most: float) -> list[str]:
    """Lines of at most `most` centimetres, as long as no word is longer."""
    lines: list[str] = []
    used, space = most, width(" ", size, weight)
    for word in words.split():
        here = width(word, size, weight)
        if used + space + here <= most:
            lines[-1], used = f"{lines[-1]} {word}", used + space + here
        else:
            lines, used = [*lines, word], here
    return lines


def _page() -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(A4[0] / 2.54, A4[1] / 2.54))


def _line(page: "Figure", x: float, y: float, words: str, size: float, weight: str) -> None:
    """One line, `x` and `y` in centimetres from the top left; no mathematics is read into it."""
    base = 1 - (y + ASCENT * size / 72 * 2.54) / A4[1]
    for piece in pieces(words):
        page.text(x / A4[0], base, piece, size=size, weight=weight, va="baseline", family=FONT, parse_math=False)
        x += _advance(piece, size, weight)
