"""Tables that phones show as cards, and the sentence that sums one up."""

from collections.abc import Iterable
from html import escape


def sum_up(sentence: str) -> str:
    """The plain sentence above a table; screen readers say it when it changes."""
    return f'<p class="sum" role="status">{escape(sentence)}</p>'


def head(name: str, note: str = "") -> str:
    """What a row is about."""
    small = f"<small>{escape(note)}</small>" if note else ""
    return f'<th scope="row" role="rowheader">{escape(name)}{small}</th>'


def cell(name: str, content: str, kind: str = "") -> str:
    """One value as HTML under the column `name`, which a card prints beside it."""
    return f'<td role="cell" data-name="{escape(name, quote=True)}"><div class="cell {kind}">{content}</div></td>'


def wide(text: str, columns: int) -> str:
    """Words in place of `columns` cells."""
    return f'<td role="cell" class="wide" colspan="{columns}">{escape(text)}</td>'


def row(*cells: str) -> str:
    return f'<tr role="row">{"".join(cells)}</tr>'


def sheet(caption: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    """The table. Roles are said outright, because browsers forget that a table is one when it is laid out as cards."""
    columns = "".join(f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in heads)
    return (
        f'<table class="sheet" role="table"><caption>{escape(caption)}</caption>'
        f'<thead role="rowgroup">{row(columns)}</thead><tbody role="rowgroup">{"".join(rows)}</tbody></table>'
    )
