"""What the lines say: for each cell and method, how many photos are solved, and how much longer than MinNorm's its ‖z‖₂ is."""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from tkml_core.measured.lines import Outcome
from tkml_core.measured.markdown import markdown
from tkml_core.statistics import mcnemar, signed_rank

OURS = "MinNorm"
Cell = tuple[Any, ...]  # annotator, case, k, gradients, side
WORDS = """Solved: photos whose 8-bit image meets the goal, and McNemar's p against MinNorm on the same photos. Where both solve,
float ‖z‖₂ over MinNorm's: the geometric mean over photos, the least and the largest; on how many MinNorm's is the shorter; p of
Wilcoxon's signed-rank test on the logarithms; and the mean ratio of the 8-bit images. Over all cells a photo has one ratio, the
geometric mean over its cells. Each p is of a single test. The peers were written here after their papers; "(adv-lib)" is the
attack as that package has it, at its defaults, which is given the goal as a choice of two classes, met or not: its ALMA scales
the margin by what that choice leaves of the scores, and its PDPGD's steps are for many more gradients than 100."""
CELLS = (
    "annotator | case | k | gradients | side | method | solved | p | float ‖z‖₂ over MinNorm's | shorter | p | 8-bit"
)
TOGETHER = (
    "gradients | method, all cells | solved, MinNorm beside it | float ‖z‖₂ over MinNorm's, a photo | shorter | p"
)


def identity(line: Outcome) -> tuple[Any, ...]:
    return tuple(line[name] for name in ("annotator", "case", "k", "gradients", "side", "method", "key"))


def tables(lines: Sequence[Outcome]) -> str:
    """Markdown: a row for every cell and method, then one for each method over all cells with as many gradients."""
    cells: dict[Cell, dict[str, dict[str, Outcome]]] = defaultdict(lambda: defaultdict(dict))
    for line in lines:
        *cell, method, key = identity(line)
        cells[tuple(cell)][method][key] = line
    rows = [
        f"{' | '.join(map(str, cell))} | {method} | {_in_cell(own, found.get(OURS, {}))}"
        for cell, found in cells.items()
        for method, own in found.items()
    ]
    return f"{WORDS}\n\n{markdown(CELLS, rows)}\n\n{markdown(TOGETHER, _over_cells(cells))}"


def _in_cell(own: dict[str, Outcome], ours: dict[str, Outcome]) -> str:
    """The cells of the row from "solved" on; lines by photo."""
    same = [key for key in own if key in ours]
    p = (
        f"{mcnemar([own[key]['achieved'] for key in same], [ours[key]['achieved'] for key in same]):.2g}"
        if same
        else "–"
    )
    solved = sum(line["achieved"] for line in own.values())
    told = _told(_ratios(own, ours, "norm_float").values())
    return f"{solved} of {len(own)} | {p} | {told} | {_mean(_ratios(own, ours, 'norm').values())}"


def _over_cells(cells: dict[Cell, dict[str, dict[str, Outcome]]]) -> list[str]:
    solved: dict[tuple[int, str], list[tuple[bool, bool]]] = defaultdict(list)
    ratios: dict[tuple[int, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (_, _, _, gradients, _), found in cells.items():
        ours = found.get(OURS, {})
        for method, own in found.items():
            at = gradients, method
            solved[at] += [(own[key]["achieved"], ours[key]["achieved"]) for key in own if key in ours]
            for key, ratio in _ratios(own, ours, "norm_float").items():
                ratios[at][key].append(ratio)
    rows = []
    for (gradients, method), pairs in sorted(solved.items()):
        if method == OURS or not pairs:
            continue
        theirs, ours = (sum(side) for side in zip(*pairs, strict=True))
        told = _told([math.exp(_mean_log(found)) for found in ratios[gradients, method].values()])
        rows.append(f"{gradients} | {method} | {theirs} : {ours} of {len(pairs)} | {told}")
    return rows


def _ratios(own: dict[str, Outcome], ours: dict[str, Outcome], norm: str) -> dict[str, float]:
    """By photo, of those that both solve and that do not meet the goal as they are."""
    both = [key for key in own if own[key]["achieved"] and ours.get(key, {}).get("achieved")]
    return {key: own[key][norm] / ours[key][norm] for key in both if ours[key][norm] > 0}


def _mean_log(ratios: Collection[float]) -> float:
    return sum(map(math.log, ratios)) / len(ratios)


def _mean(ratios: Collection[float]) -> str:
    return f"{math.exp(_mean_log(ratios)):.2f}" if ratios else "–"


def _told(ratios: Collection[float]) -> str:
    """float ‖z‖₂ | shorter | p"""
    if not ratios:
        return "– | – | –"
    p = signed_rank([math.log(ratio) for ratio in ratios], [0.0] * len(ratios))
    shorter = f"{sum(ratio > 1 for ratio in ratios)} of {len(ratios)}"
    return f"{_mean(ratios)}, {min(ratios):.2f} – {max(ratios):.2f} | {shorter} | {p:.2g}"
