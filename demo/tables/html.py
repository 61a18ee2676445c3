"""A table as accessible HTML that scrolls inside its own box."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from tkml_core.experiments.sample import interval


@dataclass(frozen=True)
class Table:
    """One table: how to read it in a sentence, what made it, and its cells; the first `heads` columns name the row."""

    title: str
    sentence: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    command: str = ""
    heads: int = 3
    paper: frozenset[int] = field(default_factory=frozenset)  # columns with the paper's own numbers


def share(successes: int, trials: int) -> str:
    """A share in % with Wilson's 95 % interval below it in small; a dash where nothing was tried."""
    if not trials:
        return "–"
    low, high = interval(successes, trials)
    return f"{100 * successes / trials:.1f} [{100 * low:.1f}–{100 * high:.1f}]"


def _cell(text: str, place: int, table: Table) -> str:
    value, bracket, rest = text.partition(" [")
    body = escape(value) + (f" <small>[{escape(rest)}</small>" if bracket else "")
    if place < table.heads:
        return f'<th scope="row">{body}</th>'
    return f'<td class="paper">{body}</td>' if place in table.paper else f"<td>{body}</td>"


def table_html(table: Table) -> str:
    """The table with its sentence; the box can be scrolled with the keyboard, too."""
    head = "".join(
        f'<th scope="col"{" class=paper" if place in table.paper else ""}>{escape(name)}</th>'
        for place, name in enumerate(table.columns)
    )
    body = "".join(
        f"<tr>{''.join(_cell(text, place, table) for place, text in enumerate(row))}</tr>" for row in table.rows
    )
    made = f'<p class="made">Made by <code>{escape(table.command)}</code></p>' if table.command else ""
    return (
        f'<section class="measured"><h2>{escape(table.title)}</h2><p>{escape(table.sentence)}</p>'
        f'<div class="tablebox" tabindex="0" role="region" aria-label="{escape(table.title, quote=True)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{made}</section>"
    )
