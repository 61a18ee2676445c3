"""The rows about MinNorm's peers as CSV, and back: their tests need SciPy, which who only shows them need not import."""

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from tkml_core.measured.lines import Outcome
from tkml_core.measured.peers import Cell, InCell, OverCells, Ratios, Row, by_cell, in_cells, over_cells

FILES = {OverCells: "{}_together.csv", InCell: "{}_cells.csv"}  # beside the lines, whose file's name they begin with


def files(stem: str, lines: Sequence[Outcome]) -> dict[str, str]:
    """What stands beside the lines, by name: rows of each method over all cells, and in each cell."""
    cells = by_cell(lines)
    return {
        FILES[OverCells].format(stem): to_csv(over_cells(cells)),
        FILES[InCell].format(stem): to_csv(in_cells(cells)),
    }


def read_rows(lines: Path, kind: type[Row]) -> list[Row]:
    """The rows beside a file of lines; nothing where there are none."""
    path = lines.with_name(FILES[kind].format(lines.stem))
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [_row(kind, texts) for texts in csv.DictReader(file)]


def to_csv(rows: Sequence[InCell] | Sequence[OverCells]) -> str:
    """Unrounded, and nothing where there is no number; a cell and the ratios as columns of their own."""
    text, flat = io.StringIO(), [_flat(row) for row in rows]
    writer = csv.DictWriter(text, flat[0] if flat else (), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _flat(row: InCell | OverCells) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in vars(row).items():
        if isinstance(value, Cell):
            made |= value._asdict()
        elif isinstance(value, Ratios):
            made |= {f"{name}_{part}": number for part, number in vars(value).items()}
        else:
            made[name] = value
    return made


def _row(kind: type[Row], texts: dict[str, str]) -> Row:
    made: dict[str, Any] = {}
    for field in fields(kind):
        if field.type is Cell:
            made[field.name] = Cell(*(_read(texts[part], of) for part, of in Cell.__annotations__.items()))
        elif field.type is Ratios:
            made[field.name] = Ratios(
                *(_read(texts[f"{field.name}_{part.name}"], part.type) for part in fields(Ratios))
            )
        else:
            made[field.name] = _read(texts[field.name], field.type)
    return kind(**made)


def _read(text: str, kind: Any) -> Any:
    """kind: a type, or one with None, such as `float | None`."""
    return (kind if isinstance(kind, type) else float)(text) if text else None
