"""MinNorm beside other published methods at equal gradients: the tab's sentences."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from demo.catalog.english import counted, listed, span
from demo.tabs.tables.peers_found import Found, beyond_reach, found, name_of, ratio_of
from demo.tabs.tables.plain_words import chance_words
from tkml_core.measured import peers
from tkml_core.measured.peers import InCell, OverCells
from tkml_core.measured.tables_report import SURE

# Why the package's own lie outside the others' range: experiments/peers/packaged.py gives it the goal.
UNFIT = {
    "ALMA": ": it scales by the ratio of two margins, and here it is given the goal as two classes only, met or not, "
    "which leaves none",
    "PDPGD": ": its default step sizes are meant for many more gradients than it had here",
}


def sentence(folder: Path) -> str:
    """How large the others' saved changes are over all photos, the nearest first, and who is ahead in single cells.

    README has it in the same words. It is of the methods as they are written here; `details` has the rest.
    """
    now = found(folder)
    if not now.own:
        return ""
    asked = _asked([row.cell for row in now.in_cells])
    return f"At equal gradients, in this project’s own re-runs ({_photos(now)}, {asked}), {_pooled(now)}. {_single_cells(now)}"


def short(folder: Path) -> str:
    """The same without what was attacked, for where the tables of it begin."""
    now = found(folder)
    return (
        f"With as many gradients for each, on {_photos(now)}, {_pooled(now)}. {_single_cells(now)}" if now.own else ""
    )


def _photos(now: Found) -> str:
    return counted(span([row.saved_norms.photos for rows in now.own.values() for row in rows]), "photo")


def _pooled(now: Found) -> str:
    """For each number of gradients every method, in the way that came nearest to MinNorm, with the test over the photos.

    A range would be headed by whoever is weakest: each is named, the strongest first.
    """
    parts = []
    for gradients, rows in now.own.items():
        nearest: dict[str, OverCells] = {}
        for row in sorted(rows, key=ratio_of):
            nearest.setdefault(name_of(row.method), row)
        told = [
            f"{ratio_of(row):.2f} ({name}{'' if place else ', the nearest'}; {chance_words(row.saved_norms.p)})"
            for place, (name, row) in enumerate(nearest.items())
        ]
        parts.append(f"with {gradients} gradients {listed(told, len(told))}")
    return (
        f"the others’ saved changes are on average, in multiples of MinNorm’s: {'; '.join(parts)}. Each method is there with "
        "whichever of its ways came nearer, on runs that both solve; p: Wilcoxon’s test over the photos, after Holm’s correction"
    )


def _single_cells(now: Found) -> str:
    """In how many cells each is ahead, and in how many of these that is sure."""
    cells = [row for rows in now.tested.values() for row in rows]
    few = [row for row in beyond_reach([row for row in now.in_cells if row.method in now.own_names]) if row in cells]
    sides = [[row for row in cells if (row.saved_norms.mean or 1.0) * way > way] for way in (1, -1)]
    ahead = [
        f"{len(rows)}" + (f" (sure in {len(rows) - sum(map(_unsure, rows))})" if len(few) < len(cells) else "")
        for rows in sides
    ]
    sizes = counted(span([row.saved_norms.photos for row in cells]), "photo")
    told = (
        f"Of {counted(len(cells), 'single cell')} of these re-runs (each of one method, number of gradients, annotator and goal; "
        f"{sizes} that both solve) MinNorm’s changes are on average the smaller in {ahead[0]}: "
        f"{_by_goal(cells, sides[0])}; the other’s in {ahead[1]}"
    )
    if len(few) == len(cells):
        return f"{told}; with so few photos a cell no lead can be sure after the correction."
    return f"{told}{f'; in {len(few)} too few photos for any lead to be sure' if few else ''}."


def _sizes(now: Found) -> str:
    """How many times as large as MinNorm's the others' changes are, for each number of gradients."""
    parts = []
    for gradients, rows in now.own.items():
        ratios = [ratio_of(row) for row in rows]
        parts.append(f"{min(ratios):.2f} to {max(ratios):.2f} times ({gradients} gradients)")
    return listed(parts, len(parts))


def _by_goal(cells: Sequence[InCell], ahead: Sequence[InCell]) -> str:
    """In how many of the cells of each goal MinNorm is ahead."""
    parts = []
    for case in dict.fromkeys(row.cell.case for row in cells):
        of, ours = ([row for row in rows if row.cell.case == case] for rows in (cells, ahead))
        goal = case if case == "untargeted" else f"{case} targets"
        parts.append(f"{goal} {len(ours)} of {len(of)}")
    return ", ".join(parts)


def details(folder: Path) -> str:
    """The same method by method, how often each reaches the goal, and what a package's own code does outside the ranges."""
    now = found(folder)
    if not now.own:
        return ""
    goals = []
    outside: dict[str, list[OverCells]] = defaultdict(list)
    for gradients, rows in now.own.items():
        ratios, solved = [ratio_of(row) for row in rows], [row.solved for row in rows]
        goals.append(f"MinNorm’s {span([row.solved_ours for row in rows])}, theirs {span(solved)} with {gradients}")
        for row in now.compared:
            within = min(ratios) <= ratio_of(row) <= max(ratios) and min(solved) <= row.solved <= max(solved)
            if row.gradients == gradients and row not in rows and not within:
                outside[name_of(row.method)].append(row)
    runs = counted(span([row.runs for rows in now.own.values() for row in rows]), "run")
    return (
        f"Both ways of the methods together, the ratios go from {_sizes(now)}. {_nothing(now)} Of {runs} reach the goal: "
        f"{'; '.join(goals)}.{_package(outside)}"
    )


def _nothing(now: Found) -> str:
    """In how many cells a method solved no photo, so that it has no size to compare; the package's own apart."""
    mine = [row.solved for row in now.in_cells if row.method in now.own_names]
    packaged = [row.solved for row in now.in_cells if row.method.endswith(peers.PACKAGED)]
    apart = f" (adv-lib’s own, counted apart: {packaged.count(0)} of {len(packaged)})" if packaged else ""
    return f"A peer solved no photo in {mine.count(0)} of {counted(len(mine), 'cell')}{apart}."


def _unsure(row: InCell) -> bool:
    return row.saved_norms.p is None or row.saved_norms.p >= SURE


def _package(outside: dict[str, list[OverCells]]) -> str:
    """What the package's own code does that is outside the ranges, and why; by the method's name."""
    parts = []
    for name, rows in outside.items():
        ratios = [ratio_of(row) for row in rows]
        times = " to ".join(dict.fromkeys((f"{min(ratios):.2f}", f"{max(ratios):.2f}")))
        solved = f"{span([row.solved for row in rows])} of {counted(span([row.runs for row in rows]), 'run')}"
        parts.append(f"{name} ({times} times, {solved}{UNFIT.get(name, '')})")
    return f" Outside these ranges is the package adv-lib’s own {listed(parts, len(parts))}." if parts else ""


def _asked(cells: Sequence[peers.Cell]) -> str:
    """What was attacked, such as "3 goals each, k = 3, 160 px, voc20 and coco80"."""
    goals = counted(len({cell.case for cell in cells}), "goal")
    names = list(dict.fromkeys(cell.annotator for cell in cells))
    ks, sides = span([cell.k for cell in cells]), span([cell.side for cell in cells])
    return f"{goals} each, k = {ks}, {sides} px, {listed(names, len(names))}"
