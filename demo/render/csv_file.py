"""A table as CSV: its text, and a link that carries it. No request is made for it, and no file lies on the server."""

import base64
import csv
import io
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from markupsafe import Markup

PERT = "pert_x100"  # a column: Eq. 15 in units of 10⁻²
EMPTY = "In the file a cell is empty where there is no such number."
NOTE = f"{EMPTY} {PERT} is the size per pixel (Pert ×10⁻²)."
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how words begin that a spreadsheet would compute


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """One line of heads, and one a row, unrounded; nothing where there is no number (nan, inf, None).

    Words that a spreadsheet would compute get an apostrophe before them.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        value = ";".join(map(str, value))
    if isinstance(value, float) and not isfinite(value):
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def of_report(report: dict[str, Any], names: Sequence[str]) -> list[Any]:
    """A report's figures, Pert in the same unit as in the paper's tables and all other files."""
    return [100 * report["pert"] if name == PERT else report[name] for name in names]


def csv_link(name: str, text: str, words: str = "CSV", note: str = NOTE) -> Markup:
    """The link beside a table; `name` is the file's, without ending. note: how it is to be read."""
    data = base64.b64encode(text.encode()).decode()
    link = Markup('<p class="csv"><a download="{}.csv" href="data:text/csv;base64,{}">{}</a>{}</p>')
    return link.format(name, data, words, Markup(" <small>{}</small>").format(note) if note else "")
