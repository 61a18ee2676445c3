"""MinNorm beside other published methods at equal gradients: the rows beside the lines, and parts of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tkml_core.measured import peers
from tkml_core.measured.peers import InCell, OverCells
from tkml_core.measured.peers_csv import read_rows
from tkml_core.measured.tables_report import SURE
from tkml_core.statistics import holm_beside, least_chance

LINES = "peers.jsonl"


@dataclass(frozen=True)
class Found:
    """A row for each method and number of gradients, one for each method in each cell, and parts of both."""

    over_cells: Sequence[OverCells]
    in_cells: Sequence[InCell]

    @cached_property
    def compared(self) -> list[OverCells]:
        """Those with sizes to compare."""
        return [row for row in self.over_cells if row.saved_norms.mean]

    @cached_property
    def own(self) -> dict[int, list[OverCells]]:
        """Of these, by gradients, the methods as they are written here."""
        rows: dict[int, list[OverCells]] = defaultdict(list)
        for row in self.compared:
            if not row.method.endswith(peers.PACKAGED):
                rows[row.gradients].append(row)
        return rows

    @cached_property
    def own_names(self) -> set[str]:
        """These methods."""
        return {row.method for rows in self.own.values() for row in rows}

    @cached_property
    def tested(self) -> dict[str, list[InCell]]:
        """By name, their single cells with a test of the saved sizes."""
        names = sorted({name_of(method) for method in self.own_names})
        rows = [row for row in self.in_cells if row.method in self.own_names and row.saved_norms.p is not None]
        return {name: [row for row in rows if name_of(row.method) == name] for name in names}


@cache
def found(folder: Path) -> Found:
    """As they were worked out with the lines: the page asks several times, and has no tests."""
    lines = folder / LINES
    return Found(read_rows(lines, OverCells), read_rows(lines, InCell))


def own_methods(folder: Path) -> list[str]:
    """The methods that were run at equal gradients, as they are written here."""
    return list(found(folder).tested)


def beyond_reach(rows: Sequence[InCell | OverCells]) -> list[InCell | OverCells]:
    """Those in which no lead in size could be sure: too few photos for a p value that stays small when corrected.

    rows: all of one table, which are corrected together.
    """
    least = holm_beside([row.method for row in rows], [least_chance(row.saved_norms.photos) for row in rows])
    return [row for row, p in zip(rows, least, strict=True) if p >= SURE]


def ratio_of(row: OverCells) -> float:
    return row.saved_norms.mean or 0.0


def name_of(method: str) -> str:
    """Without "smoothed" and whose code it is."""
    return method.partition(",")[0].removesuffix(peers.PACKAGED).strip()
