"""What `tkml_core/measured/peers.py` finds in the lines, as Markdown."""

from collections.abc import Sequence

from tkml_core.measured.lines import Outcome
from tkml_core.measured.markdown import markdown
from tkml_core.measured.peers import InCell, OverCells, Ratios, by_cell, in_cells, over_cells

WORDS = """Solved: photos whose 8-bit image meets the goal, and McNemar's p against MinNorm on the same photos. Where both solve,
float ‖z‖₂ over MinNorm's: the geometric mean over photos, the least and the largest; on how many MinNorm's is the shorter; p of
Wilcoxon's signed-rank test on the logarithms; and the mean ratio of the 8-bit images. In the last table a photo that was
attacked for several goals counts once, with the geometric mean of its ratios. Each p is after Holm's correction over all rows
of its table beside the same method. The peers were written here after their papers; "(adv-lib)" is the attack as that package
has it, at its defaults, which is given the goal as a choice of two classes, met or not: its ALMA scales the margin by what that
choice leaves of the scores, and its PDPGD's steps are for many more gradients than 100."""
CELLS = (
    "annotator | case | k | gradients | side | method | solved | p | float ‖z‖₂ over MinNorm's | shorter | p | 8-bit"
)
TOGETHER = (
    "gradients | method, all cells | solved, MinNorm beside it | float ‖z‖₂ over MinNorm's, a photo | shorter | p"
)


def tables(lines: Sequence[Outcome]) -> str:
    """Markdown: a row for every cell and method, then one for each method over all cells with as many gradients."""
    cells = by_cell(lines)
    found, together = (
        markdown(CELLS, map(_in_cell, in_cells(cells))),
        markdown(TOGETHER, map(_over_cells, over_cells(cells))),
    )
    return f"{WORDS}\n\n{found}\n\n{together}"


def _in_cell(row: InCell) -> str:
    p = "–" if row.p_goal is None else f"{row.p_goal:.2g}"
    saved = "–" if row.saved_norms.mean is None else f"{row.saved_norms.mean:.2f}"
    about = " | ".join(map(str, row.cell))
    return f"{about} | {row.method} | {row.solved} of {row.photos} | {p} | {_told(row.float_norms)} | {saved}"


def _over_cells(row: OverCells) -> str:
    solved = f"{row.solved} : {row.solved_ours} of {row.runs}"
    return f"{row.gradients} | {row.method} | {solved} | {_told(row.float_norms)}"


def _told(ratios: Ratios) -> str:
    """float ‖z‖₂ | shorter | p"""
    if not ratios.photos:
        return "– | – | –"
    spread = f"{ratios.mean:.2f}, {ratios.least:.2f} – {ratios.most:.2f}"
    return f"{spread} | {ratios.ours} of {ratios.photos} | {ratios.p:.2g}"
