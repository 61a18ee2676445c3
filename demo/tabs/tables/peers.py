"""MinNorm beside other published methods at equal gradients: what one file's lines say, and the tab's sentences of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from demo.catalog.english import counted, listed, span
from tkml_core.measured import peers
from tkml_core.measured.peers import InCell, OverCells
from tkml_core.measured.peers_csv import read_rows
from tkml_core.measured.tables_report import SURE

LINES = "peers.jsonl"
# Why the package's own lie outside the others' range: experiments/peers/packaged.py gives it the goal.
UNFIT = {
    "ALMA": ": it scales by the ratio of two margins, and here it is given the goal as two classes only, met or not, "
    "which leaves none",
    "PDPGD": ": its default step sizes are meant for many more gradients than it had here",
}


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
    def tested(self) -> dict[str, list[InCell]]:
        """By name, their single cells with a test of the saved sizes."""
        methods = {row.method for rows in self.own.values() for row in rows}
        names = sorted({_name(method) for method in methods})
        rows = [row for row in self.in_cells if row.method in methods and row.saved_norms.p is not None]
        return {name: [row for row in rows if _name(row.method) == name] for name in names}


@cache
def found(folder: Path) -> Found:
    """As they were worked out with the lines: the page asks several times, and has no tests."""
    lines = folder / LINES
    return Found(read_rows(lines, OverCells), read_rows(lines, InCell))


def sentence(folder: Path) -> str:
    """How large the others' saved changes are, and in how many cells which lead is sure.

    README has it in the same words. It is of the methods as they are written here; `details` has the rest.
    """
    now = found(folder)
    if not now.own:
        return ""
    cells = [row for rows in now.tested.values() for row in rows]
    photos = counted(span([row.saved_norms.photos for rows in now.own.values() for row in rows]), "photo")
    return (
        f"At equal gradients, in this project’s own re-runs ({photos}, {_asked([row.cell for row in now.in_cells])}), the saved "
        f"changes of {listed(list(now.tested), len(now.tested))} are on average {_sizes(now)} as large as "
        f"MinNorm’s; of {counted(len(cells), 'single cell')}, of at most {counted(max(row.photos for row in cells), 'photo')}, "
        f"MinNorm’s lead is sure in {sum(map(_ahead, cells))} ({_by_goal(cells)}), the other’s in "
        f"{sum(map(_behind, cells))}, neither’s in {sum(map(_unsure, cells))} (p ≥ .05; each of a single test, not corrected "
        "for their number)."
    )


def short(folder: Path) -> str:
    """The same in fewer words, for where the tables of it begin."""
    now = found(folder)
    if not now.own:
        return ""
    cells = [row for rows in now.tested.values() for row in rows]
    few = sum(map(too_few, cells))
    photos = counted(span([row.saved_norms.photos for rows in now.own.values() for row in rows]), "photo")
    return (
        f"With as many gradients for each the saved changes of the others are on average {_sizes(now)} as large as MinNorm’s, on "
        f"{photos}. In single cells, of at most {counted(max(row.photos for row in cells), 'photo')}, MinNorm’s lead is sure in "
        f"{sum(map(_ahead, cells))} of {len(cells)}, the other’s in {sum(map(_behind, cells))}, neither’s in "
        f"{sum(map(_unsure, cells))}"
        + (f" (in {few} of these too few photos were solved by both for any lead to be sure)." if few else ".")
    )


def too_few(row: InCell | OverCells) -> bool:
    """Whether no lead could be sure: n photos, all for the same side, give p = 2^(1 − n) at least."""
    return row.saved_norms.photos > 0 and 2.0 ** (1 - row.saved_norms.photos) >= SURE


def _sizes(now: Found) -> str:
    """How many times as large as MinNorm's the others' changes are, for each number of gradients."""
    parts = []
    for gradients, rows in now.own.items():
        ratios = [_ratio(row) for row in rows]
        parts.append(f"{min(ratios):.2f} to {max(ratios):.2f} times ({gradients} gradients)")
    return listed(parts, len(parts))


def _by_goal(cells: Sequence[InCell]) -> str:
    """In how many of the cells of each goal MinNorm's lead is sure."""
    parts = []
    for case in dict.fromkeys(row.cell.case for row in cells):
        ours = [row for row in cells if row.cell.case == case]
        goal = case if case == "untargeted" else f"{case} targets"
        parts.append(f"{goal} {sum(map(_ahead, ours))} of {len(ours)}")
    return ", ".join(parts)


def details(folder: Path) -> str:
    """The same method by method, how often each reaches the goal, and what a package's own code does outside the ranges."""
    now = found(folder)
    if not now.own:
        return ""
    goals = []
    outside: dict[str, list[OverCells]] = defaultdict(list)
    for gradients, rows in now.own.items():
        ratios, solved = [_ratio(row) for row in rows], [row.solved for row in rows]
        goals.append(f"MinNorm’s {span([row.solved_ours for row in rows])}, theirs {span(solved)} with {gradients}")
        for row in now.compared:
            within = min(ratios) <= _ratio(row) <= max(ratios) and min(solved) <= row.solved <= max(solved)
            if row.gradients == gradients and row not in rows and not within:
                outside[_name(row.method)].append(row)
    unsure = [f"{name} in {sum(map(_unsure, rows))} of {len(rows)}" for name, rows in now.tested.items()]
    runs = counted(span([row.runs for rows in now.own.values() for row in rows]), "run")
    return (
        f"Whose changes are smaller is not sure beside {listed(unsure, len(unsure))} cells. {_nothing(now)} Of {runs} reach "
        f"the goal: {'; '.join(goals)}.{_package(outside)}"
    )


def _nothing(now: Found) -> str:
    """In how many cells a method solved no photo, so that it has no size to compare; the package's own apart."""
    own = {row.method for rows in now.own.values() for row in rows}
    mine = [row.solved for row in now.in_cells if row.method in own]
    packaged = [row.solved for row in now.in_cells if row.method.endswith(peers.PACKAGED)]
    apart = f" (adv-lib’s own, counted apart: {packaged.count(0)} of {len(packaged)})" if packaged else ""
    return f"A peer solved no photo in {mine.count(0)} of {counted(len(mine), 'cell')}{apart}."


def _ratio(row: OverCells) -> float:
    return row.saved_norms.mean or 0.0


def _unsure(row: InCell) -> bool:
    return row.saved_norms.p is None or row.saved_norms.p >= SURE


def _ahead(row: InCell) -> bool:
    """Whether the test is sure that MinNorm's saved changes are the smaller."""
    return not _unsure(row) and (row.saved_norms.mean or 0.0) > 1


def _behind(row: InCell) -> bool:
    return not _unsure(row) and not _ahead(row)


def _package(outside: dict[str, list[OverCells]]) -> str:
    """What the package's own code does that is outside the ranges, and why; by the method's name."""
    parts = []
    for name, rows in outside.items():
        ratios = [_ratio(row) for row in rows]
        times = " to ".join(dict.fromkeys((f"{min(ratios):.2f}", f"{max(ratios):.2f}")))
        solved = f"{span([row.solved for row in rows])} of {counted(span([row.runs for row in rows]), 'run')}"
        parts.append(f"{name} ({times} times, {solved}{UNFIT.get(name, '')})")
    return f" Outside these ranges is the package adv-lib’s own {listed(parts, len(parts))}." if parts else ""


def _name(method: str) -> str:
    """Without "smoothed" and whose code it is."""
    return method.partition(",")[0].removesuffix(peers.PACKAGED).strip()


def _asked(cells: Sequence[peers.Cell]) -> str:
    """What was attacked, such as "3 goals each, k = 3, 160 px, voc20 and coco80"."""
    goals = counted(len({cell.case for cell in cells}), "goal")
    names = list(dict.fromkeys(cell.annotator for cell in cells))
    ks, sides = span([cell.k for cell in cells]), span([cell.side for cell in cells])
    return f"{goals} each, k = {ks}, {sides} px, {listed(names, len(names))}"
