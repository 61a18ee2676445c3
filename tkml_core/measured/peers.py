"""What the lines of MinNorm beside others' minimum-norm attacks say, with as many gradients for each on the same photos."""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from tkml_core.measured.lines import Outcome
from tkml_core.statistics import holm_beside, mcnemar, signed_rank

OURS = "MinNorm"
NORMS = "norm_float", "norm"  # in a line: before rounding, and of the 8-bit image
PACKAGED = "(adv-lib)"  # ends the name of a method that is taken from that package


class Cell(NamedTuple):
    """What all methods of some rows have in common."""

    annotator: str
    case: str
    k: int
    gradients: int
    side: int


def identity(line: Outcome) -> tuple[Cell, str, str]:
    """Cell, method and photo of a line."""
    return Cell(*(line[name] for name in Cell._fields)), line["method"], line["key"]


@dataclass(frozen=True)
class Ratios:
    """How large one method's changes are beside MinNorm's, of photos that both solve; None where there are none."""

    photos: int
    mean: float | None  # geometric
    least: float | None
    most: float | None
    ours: int  # photos on which MinNorm's is the smaller
    theirs: int
    p: (
        float | None
    )  # Wilcoxon's, on the logarithms; in a row after Holm's correction over all rows beside the same method

    @classmethod
    def of(cls, ratios: Collection[float]) -> "Ratios":
        if not ratios:
            return cls(0, None, None, None, 0, 0, None)
        p = signed_rank([math.log(ratio) for ratio in ratios], [0.0] * len(ratios))
        ours, theirs = sum(ratio > 1 for ratio in ratios), sum(ratio < 1 for ratio in ratios)
        return cls(len(ratios), _mean(ratios), min(ratios), max(ratios), ours, theirs, p)


@dataclass(frozen=True)
class InCell:
    """A method in a cell; of the photos that MinNorm attacked, too, the counts of who alone solves them."""

    cell: Cell
    method: str
    photos: int
    solved: int
    only_ours: int
    only_theirs: int
    p_goal: float | None  # McNemar's, corrected as sizes' are; None where MinNorm has none of the photos
    float_norms: Ratios
    saved_norms: Ratios  # of the 8-bit images


@dataclass(frozen=True)
class OverCells:
    """A method over all cells with as many gradients: runs, and for each photo one ratio, the geometric mean of its cells'."""

    gradients: int
    method: str
    runs: int
    solved: int
    solved_ours: int
    only_ours: int
    only_theirs: int
    both: int  # runs that both solve: ratios are of these
    float_norms: Ratios
    saved_norms: Ratios


Row = TypeVar("Row", InCell, OverCells)
Cells = dict[Cell, dict[str, dict[str, Outcome]]]


def by_cell(lines: Sequence[Outcome]) -> Cells:
    """Each cell's methods, with their lines by photo."""
    cells: Cells = defaultdict(lambda: defaultdict(dict))
    for line in lines:
        cell, method, key = identity(line)
        cells[cell][method][key] = line
    return cells


def in_cells(cells: Cells) -> list[InCell]:
    """A row for every cell and method, in the order of the lines."""
    rows = [
        _in_cell(cell, name, own, found.get(OURS, {})) for cell, found in cells.items() for name, own in found.items()
    ]
    goals = _holm([row.method for row in rows], [row.p_goal for row in rows])
    return _corrected([replace(row, p_goal=p) for row, p in zip(rows, goals, strict=True)])


def _holm(methods: Sequence[str], chances: Sequence[float | None]) -> list[float | None]:
    """Holm's correction beside the same method; None stays."""
    found = holm_beside(methods, [math.nan if p is None else p for p in chances])
    return [p if math.isfinite(p) else None for p in found]


def _corrected(rows: Sequence[Row]) -> list[Row]:
    """With the p values of both sizes after Holm's correction."""
    methods = [row.method for row in rows]
    floats = _holm(methods, [row.float_norms.p for row in rows])
    saved = _holm(methods, [row.saved_norms.p for row in rows])
    return [
        replace(row, float_norms=replace(row.float_norms, p=p), saved_norms=replace(row.saved_norms, p=q))
        for row, p, q in zip(rows, floats, saved, strict=True)
    ]


def _in_cell(cell: Cell, method: str, own: dict[str, Outcome], ours: dict[str, Outcome]) -> InCell:
    met = [(own[key]["achieved"], ours[key]["achieved"]) for key in own if key in ours]
    p = mcnemar([theirs for theirs, _ in met], [mine for _, mine in met]) if met else None
    return InCell(
        cell, method, len(own), sum(line["achieved"] for line in own.values()), *_alone(met), p,
        *(Ratios.of(_ratios(own, ours, norm).values()) for norm in NORMS),
    )  # fmt: skip


def over_cells(cells: Cells) -> list[OverCells]:
    """A row for each method and number of gradients."""
    met: dict[tuple[int, str], list[tuple[bool, bool]]] = defaultdict(list)
    ratios: dict[tuple[int, str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for cell, found in cells.items():
        ours = found.get(OURS, {})
        for method, own in found.items():
            at = cell.gradients, method
            met[at] += [(own[key]["achieved"], ours[key]["achieved"]) for key in own if key in ours]
            for norm in NORMS:
                for key, ratio in _ratios(own, ours, norm).items():
                    ratios[*at, norm][key].append(ratio)
    return _corrected([
        OverCells(
            *at, len(pairs), sum(theirs for theirs, _ in pairs), sum(mine for _, mine in pairs), *_alone(pairs),
            sum(theirs and mine for theirs, mine in pairs),
            *(Ratios.of([_mean(found) for found in ratios[*at, norm].values()]) for norm in NORMS),
        )
        for at, pairs in sorted(met.items())
        if at[1] != OURS and pairs
    ])  # fmt: skip


def _alone(met: Sequence[tuple[bool, bool]]) -> tuple[int, int]:
    """Runs that MinNorm alone, and that the other alone, solves."""
    return sum(mine and not theirs for theirs, mine in met), sum(theirs and not mine for theirs, mine in met)


def _ratios(own: dict[str, Outcome], ours: dict[str, Outcome], norm: str) -> dict[str, float]:
    """By photo, of those that both solve and that do not meet the goal as they are."""
    both = [key for key in own if own[key]["achieved"] and ours.get(key, {}).get("achieved")]
    return {key: own[key][norm] / ours[key][norm] for key in both if ours[key][norm] > 0}


def _mean(ratios: Collection[float]) -> float:
    return math.exp(sum(map(math.log, ratios)) / len(ratios))
