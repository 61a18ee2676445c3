"""The tables of a run as CSV, and who is ahead of whom read back from it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from math import isfinite, nan
from pathlib import Path
from typing import Any

from tkml_core.measured.cells import Cell
from tkml_core.measured.pairs import Pair
from tkml_core.measured.summary import Effort


def to_csv(records: Sequence[Any]) -> str:
    """Dataclasses as CSV; numbers as they are, and nothing where there is none (nan, inf, None)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    rows = [_columns(record) for record in records]
    writer.writerows(rows[:1])  # their names
    writer.writerows(map(_plain, row.values()) for row in rows)
    return text.getvalue()


def _columns(record: Any) -> dict[str, Any]:
    """Its values by column; those of its cell and its effort are columns of their own."""
    row = record.cell._asdict()
    for name, value in vars(record).items():
        if name == "effort":
            row |= dict.fromkeys(f.name for f in fields(Effort)) | (vars(value) if value else {})
        elif name != "cell":
            row[f"{name}_x100" if "pert" in name else name] = value
    return row


def read_pairs(path: Path) -> list[Pair]:
    """What `to_csv` wrote of pairs. Their tests need SciPy, which who only shows them need not import."""
    with path.open(newline="", encoding="utf-8") as file:
        return [_pair_of(row) for row in csv.DictReader(file)]


def _pair_of(row: dict[str, str]) -> Pair:
    values: dict[str, Any] = {
        f.name: f.type(row[f.name] or nan) for f in fields(Pair) if callable(f.type) and f.name in row
    }
    return Pair(cell=Cell.of(row), **values)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.6g}" if isfinite(value) else ""
    return "" if value is None else value
