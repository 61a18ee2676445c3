"""MinNorm beside other published methods at equal gradients: the tab's sentence and tables, from one file's lines."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple
from functools import cache
from pathlib import Path

from demo.catalog.english import listed
from demo.render.csv_file import csv_text
from demo.render.measured_table import Table
from tkml_core.measured import lines, peers
from tkml_core.measured.peers import InCell, OverCells, Ratios
from tkml_core.measured.tables_report import SURE

FILE, PAGE = "peers.jsonl", "peers.md"
TITLE = "Equal gradients: MinNorm beside other published methods"
ABOUT = (
    "Every method had as many gradients, the same photos, the same margin, and the same search for a saved picture. “Smoothed”: "
    "went down a smoothed margin instead of the exact one. The methods were written for this project after their papers; "
    "“(adv-lib)” is the method as that package has it, at its defaults, some of which are for many more gradients. "
    "Of two numbers with a colon the first is MinNorm’s. Ratios are geometric means of the other’s size over MinNorm’s (‖z‖₂, "
    "as saved; last column: before rounding), of runs that both solve; above 1: MinNorm’s is the smaller. p: Wilcoxon’s test for "
    "size, McNemar’s for the goal, each of a single test, without Holm’s correction. "
    "DDN: Rony et al., CVPR 2019; APGD: Croce & Hein, ICML 2020; FMN: Pintor et al., NeurIPS "
    "2021; ALMA: Rony et al., ICCV 2021; PDPGD: Matyasko & Chau, 2021, arXiv 2106.01538."
)

PHOTO_RATIO = (
    "In this table a photo that was attacked for several goals counts once: its ratio is the geometric mean of its goals’, and "
    "the p values are of as many ratios as photos."
)
# Why the package's own lie outside the others' range: experiments/peers/packaged.py gives it the goal.
UNFIT = {
    "ALMA": ": its ratio of margins does not fit a goal that is given as a choice of two",
    "PDPGD": ": its steps are for many more gradients",
}


# Each of these is asked for several times in a page, and has a test for every row.
@cache
def _found(folder: Path) -> peers.Cells:
    return peers.by_cell(list(lines.read(folder / FILE)))


@cache
def _over_cells(folder: Path) -> list[OverCells]:
    return peers.over_cells(_found(folder))


@cache
def _in_cells(folder: Path) -> list[InCell]:
    return peers.in_cells(_found(folder))


def sentence(folder: Path) -> str:
    """How large the others' saved changes are, and in how many cells no lead is seen.

    README has it in the same words. It is of the methods as they are written here; `details` has the rest.
    """
    own = _own(folder)
    if not own:
        return ""
    names = _names(own)
    sizes = []
    for gradients, ours in _by_gradients(own).items():
        ratios = [_ratio(row) for row in ours]
        sizes.append(f"{min(ratios):.2f} to {max(ratios):.2f} times ({gradients} gradients)")
    cells = _cells_of(folder, own)
    tests = [row.saved_norms.p for row in cells if row.saved_norms.p is not None]
    return (
        f"At equal gradients, in this project’s own re-runs ({_range([row.saved_norms.photos for row in own])} photos, "
        f"{_asked(list(_found(folder)))}), the saved changes of {listed(names, len(names))} are on average "
        f"{listed(sizes, len(sizes))} as large as MinNorm’s; in {sum(p >= SURE for p in tests)} of {len(tests)} single cells, "
        f"of at most {max(row.photos for row in cells)} photos, no lead is seen (p ≥ .05)."
    )


def details(folder: Path) -> str:
    """The same method by method, how often each reaches the goal, and what a package's own code does outside the ranges."""
    own = _own(folder)
    if not own:
        return ""
    goals = []
    outside: dict[str, list[OverCells]] = defaultdict(list)
    for gradients, ours in _by_gradients(own).items():
        ratios, solved = [_ratio(row) for row in ours], [row.solved for row in ours]
        mine = _range([row.solved_ours for row in ours])
        goals.append(f"MinNorm’s {mine}, theirs {_range(solved)} with {gradients}")
        for row in _compared(folder):
            within = min(ratios) <= _ratio(row) <= max(ratios) and min(solved) <= row.solved <= max(solved)
            if row.gradients == gradients and row not in own and not within:
                outside[_name(row.method)].append(row)
    return (
        f"No lead is seen over {_unseen(_cells_of(folder, own), _names(own))} cells. Of "
        f"{_range([row.runs for row in own])} runs reach the goal: {'; '.join(goals)}.{_package(outside)}"
    )


def _compared(folder: Path) -> list[OverCells]:
    """Those with sizes to compare."""
    return [row for row in _over_cells(folder) if row.saved_norms.mean]


def _own(folder: Path) -> list[OverCells]:
    """Of the methods as they are written here."""
    return [row for row in _compared(folder) if not row.method.endswith(peers.PACKAGED)]


def _by_gradients(rows: Sequence[OverCells]) -> dict[int, list[OverCells]]:
    return {
        number: [row for row in rows if row.gradients == number] for number in dict.fromkeys(r.gradients for r in rows)
    }


def _names(rows: Sequence[OverCells]) -> list[str]:
    return sorted({_name(row.method) for row in rows})


def _cells_of(folder: Path, rows: Sequence[OverCells]) -> list[InCell]:
    """The single cells of the methods of some rows."""
    return [row for row in _in_cells(folder) if row.method in {one.method for one in rows}]


def _ratio(row: OverCells) -> float:
    return row.saved_norms.mean or 0.0


def _package(outside: dict[str, list[OverCells]]) -> str:
    """What the package's own code does that is outside the ranges, and why; by the method's name."""
    parts = []
    for name, rows in outside.items():
        ratios = [_ratio(row) for row in rows]
        times = " to ".join(dict.fromkeys((f"{min(ratios):.2f}", f"{max(ratios):.2f}")))
        solved = f"{_range([row.solved for row in rows])} of {_range([row.runs for row in rows])} runs"
        parts.append(f"{name} ({times} times, {solved}{UNFIT.get(name, '')})")
    return f" Outside these ranges is the package adv-lib’s own {listed(parts, len(parts))}." if parts else ""


def _name(method: str) -> str:
    """Without "smoothed" and whose code it is."""
    return method.partition(",")[0].removesuffix(peers.PACKAGED).strip()


def _asked(cells: Sequence[peers.Cell]) -> str:
    """What was attacked, such as "3 goals each, k = 3, 160 px, voc20 and coco80"."""
    goals = len({cell.case for cell in cells})
    ks, sides = (_range([value(cell) for cell in cells]) for value in (lambda cell: cell.k, lambda cell: cell.side))
    names = list(dict.fromkeys(cell.annotator for cell in cells))
    return f"{goals} goal{'s' * (goals != 1)} each, k = {ks}, {sides} px, {listed(names, len(names))}"


def _unseen(rows: Sequence[InCell], names: Sequence[str]) -> str:
    """In how many cells the test on the saved sizes sees no lead over each method, such as "DDN in 19 of 24"."""
    parts = []
    for name in names:
        tests = [row.saved_norms.p for row in rows if _name(row.method) == name and row.saved_norms.p is not None]
        parts.append(f"{name} in {sum(p >= SURE for p in tests)} of {len(tests)}")
    return listed(parts, len(parts))


def _range(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return f"{most}" if least == most else f"{least} to {most}"


def command(folder: Path) -> str:
    """What made the lines, as their own page has it."""
    page = folder / PAGE
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    return "; ".join(re.findall(r"^`(python -m .*)`$", text, re.MULTILINE))


_SIZES = (
    "ratio of sizes, as saved, mean", "least", "most", "smaller (‖z‖₂)", "chance (p)", "ratio before rounding, mean",
)  # fmt: skip


def together(folder: Path) -> tuple[Table, str]:
    """One row for each method and number of gradients, and the same as CSV."""
    rows = _over_cells(folder)
    told = [
        [
            str(row.gradients), row.method, str(row.runs), f"{row.solved_ours} : {row.solved}",
            f"{row.only_ours} : {row.only_theirs}", str(row.both), str(row.saved_norms.photos), *_sizes(row),
        ]
        for row in rows
    ]  # fmt: skip
    columns = (
        "gradients",
        "method",
        "runs",
        "goal reached",
        "goal alone",
        "runs that both solve",
        "photos of these",
        *_SIZES,
    )
    sentence = " ".join(filter(None, (ABOUT, details(folder), PHOTO_RATIO)))
    return Table(TITLE, sentence, columns, told, command(folder), heads=2), _csv(OverCells, rows)


def apart(folder: Path) -> tuple[Table, str]:
    """One row for each method in each cell, and the same as CSV."""
    rows = [row for row in _in_cells(folder) if row.method != peers.OURS]
    told = [
        [
            row.cell.annotator, row.cell.case, *map(str, (row.cell.k, row.cell.gradients)),
            f"{row.cell.side} × {row.cell.side}", row.method, str(row.photos),
            str(row.photos - row.only_ours - row.only_theirs), f"{row.only_ours} : {row.only_theirs}",
            _chance(row.p_goal), *_sizes(row),
        ]
        for row in rows
    ]  # fmt: skip
    columns = (
        "annotator", "case", "k", "gradients", "pixels", "method", "photos", "goal alike", "goal alone", "chance (p)", *_SIZES,
    )  # fmt: skip
    return Table(f"{TITLE}, cell by cell", "As above, for each annotator and goal.", columns, told, heads=6), _csv(
        InCell, rows
    )


def _sizes(row: InCell | OverCells) -> list[str]:
    saved = row.saved_norms
    spread = map(_two, (saved.mean, saved.least, saved.most))
    smaller = f"{saved.ours} : {saved.theirs}" if saved.photos else "–"
    return [*spread, smaller, _chance(saved.p), _two(row.float_norms.mean)]


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _chance(p: float | None) -> str:
    return "–" if p is None else "< .001" if p < 0.001 else f"{p:.3f}"


def _csv(kind: type[InCell] | type[OverCells], rows: Sequence[InCell] | Sequence[OverCells]) -> str:
    """Unrounded; a cell and the ratios as columns of their own."""
    parts = {"cell": peers.Cell._fields}
    ratios = tuple(Ratios.__dataclass_fields__)
    names = [
        name
        for field in kind.__dataclass_fields__
        for name in parts.get(field, [f"{field}_{one}" for one in ratios] if field.endswith("norms") else [field])
    ]
    flat = [[one for value in astuple(row) for one in (value if isinstance(value, tuple) else [value])] for row in rows]
    return csv_text(names, flat)
