"""Who is ahead of whom: the paper's method beside every other one, by paired tests on the same photos."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import nan

from tkml_core.measured.cells import PAPERS, Cell
from tkml_core.measured.lines import Outcome
from tkml_core.measured.summary import Rows, median
from tkml_core.statistics import holm_beside, mcnemar, signed_rank


@dataclass(frozen=True)
class Pair:
    """The paper's method and another on the same photos. p values are Holm's over all cells that are compared alike."""

    cell: Cell
    first: str
    second: str
    photos: int
    only_first: int  # photos on which it alone reaches the goal
    only_second: int
    p_goal: float  # McNemar
    both: int  # photos on which both reach it: norms are compared there
    shorter_first: int
    shorter_second: int
    ratio: float  # mean ‖z‖₂ of the first over that of the second
    ratio_float: float
    p_norm: float  # Wilcoxon
    sooner_first: int
    sooner_second: int
    p_steps: float  # nan where no step was noted
    gradients_first: float = nan  # medians; none of one change for all photos
    gradients_second: float = nan
    fewer_first: int = (
        0  # gradients of the whole run, where both reach the goal: when it was first met is noted in steps alone
    )
    fewer_second: int = 0
    p_gradients: float = nan  # nan of one change for all photos


def pairs(cells: dict[Cell, dict[str, Rows]]) -> list[Pair]:
    """In each cell the paper's own method beside every other one."""
    made = [
        _pair(cell, own, other, methods[own], methods[other])
        for cell, methods in cells.items()
        for own in PAPERS
        for other in methods
        if own in methods and other != own
    ]
    names = list(dict.fromkeys(pair.second for pair in made))
    return _corrected(sorted(made, key=lambda pair: names.index(pair.second)))


def _corrected(made: list[Pair]) -> list[Pair]:
    keys = ("p_goal", "p_norm", "p_steps", "p_gradients")
    beside = [pair.second for pair in made]
    stricter = [holm_beside(beside, [getattr(pair, key) for pair in made]) for key in keys]
    return [replace(pair, **dict(zip(keys, found, strict=True))) for pair, *found in zip(made, *stricter, strict=True)]


def _pair(cell: Cell, first: str, second: str, a: Rows, b: Rows) -> Pair:
    won_a, won_b = [row["achieved"] for row in a], [row["achieved"] for row in b]
    both = [(p, q) for p, q in zip(a, b, strict=True) if p["achieved"] and q["achieved"]]
    norm_a, norm_b = _each(both, lambda row: row["norm"])
    # An 8-bit image is a perturbation, too: where its search has found a shorter one, that is the float norm.
    float_a, float_b = _each(both, lambda row: min(row["norm"], row["norm_float"]))
    timed = [(p, q) for p, q in both if p["first"] is not None and q["first"] is not None]
    first_a, first_b = _each(timed, lambda row: row["first"])
    universal = cell.case == "universal"
    median_a, median_b = (nan if universal else median([row["backwards"] for row in rows]) for rows in (a, b))
    took_a, took_b = _each([] if universal else both, lambda row: row["backwards"])
    return Pair(
        cell, first, second, len(a), sum(p and not q for p, q in zip(won_a, won_b, strict=True)),
        sum(q and not p for p, q in zip(won_a, won_b, strict=True)), mcnemar(won_a, won_b), len(both),
        *_less(norm_a, norm_b), _ratio(norm_a, norm_b), _ratio(float_a, float_b), signed_rank(norm_a, norm_b),
        *_less(first_a, first_b), signed_rank(first_a, first_b) if timed else nan,
        median_a, median_b,
        *_less(took_a, took_b), nan if universal else signed_rank(took_a, took_b),
    )  # fmt: skip


def _each(both: list[tuple[Outcome, Outcome]], value: Callable[[Outcome], float]) -> tuple[list[float], list[float]]:
    return [value(p) for p, _ in both], [value(q) for _, q in both]


def _less(a: list[float], b: list[float]) -> tuple[int, int]:
    return sum(p < q for p, q in zip(a, b, strict=True)), sum(q < p for p, q in zip(a, b, strict=True))


def _ratio(a: list[float], b: list[float]) -> float:
    return sum(a) / sum(b) if sum(b) else 1.0
