"""MinNorm beside other published methods at equal gradients: the tab's two tables, and their files."""

import re
from pathlib import Path

from demo.render.measured_table import Table
from demo.tabs.tables.numbers import NOT_ENOUGH
from demo.tabs.tables.peers import details
from demo.tabs.tables.peers_found import beyond_reach, found
from tkml_core.measured import peers
from tkml_core.measured.peers import InCell, OverCells
from tkml_core.measured.peers_csv import to_csv

PAGE = "peers.md"
TITLE = "Equal gradients: MinNorm beside other published methods"
ABOUT = (
    "Every method had as many gradients, the same photos, the same margin, and the same search for a saved picture. "
    "“Smoothed”: went down a smoothed margin instead of the exact one. The methods were written for this project after their "
    "papers; “(adv-lib)” is the method as that package has it, at its defaults, some of which are meant for runs with many "
    "more gradients. Of two numbers with a colon the first is MinNorm’s. Ratios are geometric means of the other’s size over "
    "MinNorm’s (‖z‖₂, as saved; last column: before rounding), of runs that both solve; above 1: MinNorm’s is the smaller. p: "
    "Wilcoxon’s test for size, McNemar’s for the goal, after Holm’s correction over the table’s rows beside the same method. "
    "DDN: Rony et al., CVPR 2019; APGD: Croce & Hein, ICML 2020; FMN: Pintor et al., NeurIPS 2021; ALMA: Rony et al., ICCV "
    "2021; PDPGD: Matyasko & Chau, 2021, arXiv 2106.01538."
)

PHOTO_RATIO = (
    "In this table a photo that was attacked for several goals counts once: its ratio is the geometric mean of its goals’, and "
    "the p values are of as many ratios as photos."
)


def command(folder: Path) -> str:
    """What made the lines, as their own page has it."""
    page = folder / PAGE
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    return "; ".join(re.findall(r"^`(python -m .*)`$", text, re.MULTILINE))


_SIZES = (
    "ratio of sizes, as saved, mean", "least", "most", "smaller (‖z‖₂)", "p, size", "ratio before rounding, mean",
)  # fmt: skip


def together(folder: Path) -> tuple[Table, str]:
    """One row for each method and number of gradients, and the same as CSV."""
    rows = found(folder).over_cells
    few = beyond_reach(rows)
    told = [
        [
            str(row.gradients), row.method, str(row.runs), f"{row.solved_ours} : {row.solved}",
            f"{row.only_ours} : {row.only_theirs}", str(row.both), str(row.saved_norms.photos), *_sizes(row, row in few),
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
    table = Table(TITLE, f"{ABOUT} {PHOTO_RATIO}", columns, told, command(folder), details(folder), heads=2)
    return table, to_csv(rows)


def apart(folder: Path) -> tuple[Table, str]:
    """One row for each method in each cell, and the same as CSV."""
    rows = [row for row in found(folder).in_cells if row.method != peers.OURS]
    few = beyond_reach(rows)
    told = [
        [
            row.cell.annotator, row.cell.case, *map(str, (row.cell.k, row.cell.gradients)),
            f"{row.cell.side} × {row.cell.side}", row.method, str(row.photos),
            str(row.photos - row.only_ours - row.only_theirs), f"{row.only_ours} : {row.only_theirs}",
            _chance(row.p_goal), *_sizes(row, row in few),
        ]
        for row in rows
    ]  # fmt: skip
    columns = (
        "annotator", "case", "k", "gradients", "pixels", "method", "photos", "goal alike", "goal alone", "p, goal met", *_SIZES,
    )  # fmt: skip
    return Table(f"{TITLE}, cell by cell", "As above, for each annotator and goal.", columns, told, heads=6), to_csv(
        rows
    )


def _sizes(row: InCell | OverCells, few: bool) -> list[str]:
    """few: whether so few photos could not make any lead sure."""
    saved = row.saved_norms
    spread = map(_two, (saved.mean, saved.least, saved.most))
    smaller = f"{saved.ours} : {saved.theirs}" if saved.photos else "–"
    return [*spread, smaller, f"{_chance(saved.p)}{NOT_ENOUGH if few else ''}", _two(row.float_norms.mean)]


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _chance(p: float | None) -> str:
    return "–" if p is None else "< .001" if p < 0.001 else f"{p:.3f}"
