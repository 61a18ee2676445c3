"""A table as accessible HTML that scrolls inside its own box."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape


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


def _kind(place: int, table: Table) -> str:
    return "name" if place < table.heads else "paper" if place in table.paper else "number"


def _cell(text: str, place: int, table: Table) -> str:
    value, bracket, rest = text.partition(" [")
    body = escape(value) + (f" <small>[{escape(rest)}</small>" if bracket else "")
    kind = _kind(place, table)
    return f'<th scope="row" class="name">{body}</th>' if kind == "name" else f'<td class="{kind}">{body}</td>'


def table_html(table: Table) -> str:
    """The table with its sentence; the box can be scrolled with the keyboard, too."""
    head = "".join(
        f'<th scope="col" class="{_kind(place, table)}">{escape(name)}</th>' for place, name in enumerate(table.columns)
    )
    body = "".join(
        f"<tr>{''.join(_cell(text, place, table) for place, text in enumerate(row))}</tr>" for row in table.rows
    )
    grid = (
        '<p class="sideways" aria-hidden="true">Scroll the table sideways for more columns →</p>'
        f'<div class="tablebox" tabindex="0" role="region" aria-label="{escape(table.title, quote=True)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    made = f'<p class="made">Made by <code>{escape(table.command)}</code></p>' if table.command else ""
    shown = grid if table.rows else f'<p class="nothing">{escape(table.nothing)}</p>'
    sentence = f"<p>{escape(table.sentence)}</p>" + (f"<p>{escape(table.reading)}</p>" if table.reading else "")
    return f'<section class="measured"><h2>{escape(table.title)}</h2>{sentence}{shown}{made}</section>'
