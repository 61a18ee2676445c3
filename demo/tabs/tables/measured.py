"""What stands in `assets/measured`, as the tab's tables, pictures and words are made of it."""

from functools import cache
from pathlib import Path

from tkml_core.measured import lines, summary
from tkml_core.measured.pairs import Pair, pairs
from tkml_core.measured.tables_csv import read_pairs

Cells = dict[summary.Cell, dict[str, summary.Rows]]
MEASURED = Path(__file__).resolve().parents[3] / "assets" / "measured"


@cache
def cells_of(folder: Path) -> Cells:
    """Read once: it is asked for many times, and does not change while the page runs."""
    return summary.by_cell(lines.read(folder))


def figures_of(cells: Cells) -> list[summary.Figures]:
    """Without the ensemble of all methods, whose rows are nearly all those of the one that is ahead."""
    return [one for one in summary.figures(cells) if one.method != summary.BEST]


def pairs_of(folder: Path) -> list[Pair]:
    """Who is ahead of whom, as it was worked out with the tables; from the lines where it was not."""
    made = folder / "pairs.csv"
    return read_pairs(made) if made.exists() else pairs(cells_of(folder))
