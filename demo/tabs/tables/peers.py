"""MinNorm beside other published methods at equal gradients: the tab's sentence and tables, from one file's lines."""

import re
from collections.abc import Sequence
from dataclasses import astuple
from functools import cache
from pathlib import Path

from demo.catalog.english import listed
from demo.render.csv_file import csv_text
from demo.render.measured_table import Table
from tkml_core.measured import lines, peers
from tkml_core.measured.peers import InCell, OverCells, Ratios

FILE, PAGE = "peers.jsonl", "peers.md"
TITLE = "Equal gradients: MinNorm beside other published methods"
ABOUT = (
    "Every method had as many gradients, the same photos, the same margin, and the same search for a saved picture. “Smoothed”: "
    "went down a smoothed margin instead of the exact one. The methods were written for this project after their papers; "
    "“(adv-lib)” is the method as that package has it, at its defaults, some of which are for many more gradients. "
    "Of two numbers with a colon the first is MinNorm’s. Ratios are geometric means of the other’s size over MinNorm’s (‖z‖₂, "
    "before rounding), of photos that both solve; above 1: MinNorm’s is the smaller. p: Wilcoxon’s test for size, McNemar’s for "
    "the goal, each of a single test. DDN: Rony et al., CVPR 2019; APGD: Croce & Hein, ICML 2020; FMN: Pintor et al., NeurIPS "
    "2021; ALMA: Rony et al., ICCV 2021; PDPGD: Matyasko & Chau, 2021, arXiv 2106.01538."
)


@cache
def _found(folder: Path) -> peers.Cells:
    return peers.by_cell(list(lines.read(folder / FILE)))


def sentence(folder: Path) -> str:
    """How large the others' changes are and how often each reaches the goal; those of a package are in the table alone."""
    rows = [
        row for row in peers.over_cells(_found(folder)) if not row.method.endswith(peers.PACKAGED) and row.norms.mean
    ]
    if not rows:
        return ""
    names = sorted({row.method.partition(",")[0] for row in rows})
    photos, runs = (
        _range([value(row) for row in rows]) for value in (lambda row: row.norms.photos, lambda row: row.runs)
    )
    sizes, goals = [], []
    for gradients in dict.fromkeys(row.gradients for row in rows):
        ours = [row for row in rows if row.gradients == gradients]
        ratios = [row.norms.mean or 0.0 for row in ours]
        sizes.append(f"{min(ratios):.2f} to {max(ratios):.2f} times as large as MinNorm’s with {gradients}")
        mine, theirs = (
            _range([value(row) for row in ours]) for value in (lambda row: row.solved_ours, lambda row: row.solved)
        )
        goals.append(f"MinNorm’s {mine}, theirs {theirs} with {gradients}")
    return (
        f"At equal gradients the changes of other published methods ({listed(names, len(names))}) are, on average over {photos} "
        f"photos, {', '.join(sizes)}. Of {runs} runs reach the goal: {'; '.join(goals)}."
    )


def _range(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return f"{most}" if least == most else f"{least} to {most}"


def command(folder: Path) -> str:
    """What made the lines, as their own page has it."""
    page = folder / PAGE
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    return "; ".join(re.findall(r"^`(python -m .*)`$", text, re.MULTILINE))


_SIZES = ("ratio of sizes, mean", "least", "most", "smaller (‖z‖₂)", "chance (p)")


def together(folder: Path) -> tuple[Table, str]:
    """One row for each method and number of gradients, and the same as CSV."""
    rows = peers.over_cells(_found(folder))
    told = [
        [
            str(row.gradients), row.method, str(row.runs), f"{row.solved_ours} : {row.solved}",
            f"{row.only_ours} : {row.only_theirs}", str(row.norms.photos), *_sizes(row.norms),
        ]
        for row in rows
    ]  # fmt: skip
    columns = ("gradients", "method", "runs", "goal reached", "goal alone", "photos that both solve", *_SIZES)
    sentence = f"{ABOUT} Over all cells a photo has one ratio, the geometric mean over its cells."
    return Table(TITLE, sentence, columns, told, command(folder), heads=2), _csv(OverCells, rows)


def apart(folder: Path) -> tuple[Table, str]:
    """One row for each method in each cell, and the same as CSV."""
    rows = [row for row in peers.in_cells(_found(folder)) if row.method != peers.OURS]
    told = [
        [
            row.cell.annotator, row.cell.case, *map(str, (row.cell.k, row.cell.gradients)),
            f"{row.cell.side} × {row.cell.side}", row.method, str(row.photos),
            str(row.photos - row.only_ours - row.only_theirs), f"{row.only_ours} : {row.only_theirs}",
            _chance(row.p_goal), *_sizes(row.float_norms), _two(row.saved_mean),
        ]
        for row in rows
    ]  # fmt: skip
    columns = (
        "annotator", "case", "k", "gradients", "pixels", "method", "photos", "goal alike", "goal alone", "chance (p)", *_SIZES,
        "ratio, as saved",
    )  # fmt: skip
    return Table(f"{TITLE}, cell by cell", "As above, for each annotator and goal.", columns, told, heads=6), _csv(
        InCell, rows
    )


def _sizes(ratios: Ratios) -> list[str]:
    spread = map(_two, (ratios.mean, ratios.least, ratios.most))
    return [*spread, f"{ratios.ours} : {ratios.theirs}" if ratios.photos else "–", _chance(ratios.p)]


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
        for name in parts.get(field, [f"norms_{one}" for one in ratios] if field.endswith("norms") else [field])
    ]
    flat = [[one for value in astuple(row) for one in (value if isinstance(value, tuple) else [value])] for row in rows]
    return csv_text(names, flat)
