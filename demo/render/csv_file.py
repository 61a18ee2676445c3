"""A table as CSV: its text, and a link that carries it. No request is made for it, and no file lies on the server."""

import base64
import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how words begin that a spreadsheet would compute


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """One line of heads, and one a row, unrounded. Words that a spreadsheet would compute get an apostrophe before them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        value = ";".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def csv_link(name: str, text: str, words: str = "CSV") -> Markup:
    """The link beside a table; `name` is the file's, without ending."""
    data = base64.b64encode(text.encode()).decode()
    return Markup('<p class="csv"><a download="{}.csv" href="data:text/csv;base64,{}">{}</a></p>').format(
        name, data, words
    )
