"""A table as accessible HTML that scrolls inside its own box."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from demo.render.templates import fill


@dataclass(frozen=True)
class Table:
    """One table: what is in it, what made it, and its cells; the first `heads` columns name the row.

    reading: one of its rows said as a sentence.
    """

    title: str
    sentence: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    command: str = ""
    reading: str = ""
    heads: int = 3
    nothing: str = ""  # what stands there while there are no rows
    paper: frozenset[int] = field(default_factory=frozenset)  # columns with the paper's own numbers

    def kind(self, column: int) -> str:
        """The CSS class of a column, counted from 0: what names the row, the paper's own numbers, or numbers measured here.

        The last of those that name it is pinned: it stays in sight, and on a phone has what the others say below its own.
        """
        if column < self.heads:
            return "name pinned" if column == self.heads - 1 else "name"
        return "paper" if column in self.paper else "number"

    def about(self, row: Sequence[str]) -> str:
        """What names a row, or the heads of these columns, but for the pinned one."""
        return " · ".join(row[: self.heads - 1])


def table_html(table: Table) -> Markup:
    """The table with its sentence; the box can be scrolled with the keyboard, too."""
    return fill("render/measured_table.html", table=table)
