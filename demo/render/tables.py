"""Tables that phones show as cards, and the sentence that sums one up."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from demo.render.templates import fill


@dataclass(frozen=True)
class Cell:
    """One value under the column `name`, which a card prints beside it. `kind` is a CSS class."""

    name: str
    content: str | Markup
    kind: str = ""


@dataclass(frozen=True)
class Row:
    """What a row is about, and its cells, or words that stand `instead` of all of them."""

    name: str
    cells: Sequence[Cell] = ()
    note: str = ""
    instead: str = ""


def sum_up(sentence: str) -> Markup:
    """The plain sentence above a table; screen readers say it when it changes."""
    return Markup('<p class="sum" role="status">{}</p>').format(sentence)


def sheet(caption: str, heads: Sequence[str], rows: Sequence[Row]) -> Markup:
    """The table. heads: the columns' names, that of the rows' names first."""
    return fill("render/tables.html", caption=caption, heads=heads, rows=rows)
