"""What the lines of a run say: figures of each method in each cell, always on the same photos."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, nan

import tkml_core as tk
from tkml_core.attacks.common.budget import AUTHORS
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.measured import paper
from tkml_core.measured.cells import KS, PAPERS, Cell
from tkml_core.measured.lines import Outcome, agree
from tkml_core.statistics import local_optimality, share_within, smallest_of_each

Rows = list[Outcome]  # a method's, in the order of the photos' keys
BEST = "best of all"  # the ensemble: on each photo the smallest success of any method


def by_cell(lines: Iterable[Outcome], variants: bool = False) -> dict[Cell, dict[str, Rows]]:
    """Each cell's methods, with their lines about the photos that all of them have attacked, in the same order.

    A variant ("TkML-AP-U, as printed") that was measured on fewer photos than the others stands apart, so that it takes none
    from them: with `variants` the cells that have such ones, all methods on the photos that are left.
    """
    found: dict[Cell, dict[str, dict[str, Outcome]]] = defaultdict(lambda: defaultdict(dict))
    for row in lines:
        found[Cell.of(row)][row["method"]][row["key"]] = row
    made = {}
    for cell in sorted(found, key=lambda cell: cell.order):
        methods = found[cell]
        fewer = _fewer(methods)
        if bool(fewer) < variants:
            continue
        methods = methods if variants else {name: rows for name, rows in methods.items() if name not in fewer}
        keys = sorted(set.intersection(*(set(rows) for rows in methods.values())))
        if keys:
            made[cell] = {name: [methods[name][key] for key in keys] for name in sorted(methods, key=place_of)}
    return made


def _fewer(methods: dict[str, dict[str, Outcome]]) -> set[str]:
    """The variants that lack photos which all other methods of the cell have."""
    varied = {name for name in methods if name not in UNIVERSAL and ", " in name.partition("(")[0]}
    others = [set(rows) for name, rows in methods.items() if name not in varied]
    return {name for name in varied if others and not set.intersection(*others) <= set(methods[name])}


def place_of(method: str) -> tuple[int, str]:
    """The paper's order of methods; variants ("kFool, signed sum", "kFool(max_steps=9)") behind the plain one."""
    order = [*tk.ATTACKS, *UNIVERSAL]
    name = method if method in UNIVERSAL else method.partition("(")[0].partition(", ")[0]
    return order.index(name) if name in order else len(order), method


def norm_needed(rows: Sequence[Outcome]) -> list[float]:
    """‖z‖₂ of each success, inf elsewhere: what `statistics.success_curve` takes."""
    return [row["norm"] if row["achieved"] else inf for row in rows]


def steps_needed(rows: Sequence[Outcome]) -> list[float]:
    """The step at which each photo that was attacked with success first met the goal, before rounding; inf elsewhere."""
    return [row["first"] if row["achieved"] and row["first"] is not None else inf for row in rows]


def mean(key: str, rows: Sequence[Outcome]) -> float:
    """nan where there are no rows."""
    return sum(row[key] for row in rows) / len(rows) if rows else nan


def pert(key: str, rows: Sequence[Outcome]) -> float:
    """Eq. 15 over photos with E = 0, ×10², of the norm under that key; nan where there are none."""
    return _per_pixel(key, [row for row in rows if not row["consistent"]])


def _per_pixel(key: str, rows: Sequence[Outcome]) -> float:
    """The mean of a norm over the number of pixels, ×10²; nan of no rows."""
    return 100 * sum(row[key] / row["pixels"] for row in rows) / len(rows) if rows else nan


@dataclass(frozen=True)
class Effort:
    """What a method's runs on the photos of a cell took."""

    steps: float  # mean
    first: float  # median step at which the goal was first met
    passes: float  # forward and backward, mean
    gradients: float  # backward passes, mean
    seconds: float  # median: a mean follows a few photos on a busy machine

    @classmethod
    def of(cls, rows: Rows) -> "Effort":
        backwards = mean("backwards", rows)
        seconds = median([row["seconds"] for row in rows])
        return cls(
            mean("steps", rows), median(steps_needed(rows)), mean("forwards", rows) + backwards, backwards, seconds
        )


@dataclass(frozen=True)
class Figures:
    """One method in one cell."""

    cell: Cell
    method: str
    photos: int
    won: int  # the attack's goal: what the authors' program counts, and the paper prints as ASR
    fooled: int  # E = 0: ASR by Eq. 14
    within: int  # the goal with ‖z‖₂ within the authors' budget
    pert: float  # ×10², of the 8-bit image, over photos with E = 0
    pert_float: float
    pert_won: float  # as `pert`, over photos that met the goal
    norm: float  # mean ‖z‖₂ of the successes; of one change for all photos that of all
    effort: Effort | None  # this and the next: None of one change for all photos, which is made once, on others
    optimality: float | None  # local, of AttackBench: see `statistics.local_optimality`
    paper_asr: float | None
    paper_pert: float | None  # ×10², of pixels from 0 to 255


def figures(cells: dict[Cell, dict[str, Rows]]) -> list[Figures]:
    """Those of every method in every cell; with several methods also of the ensemble."""
    made = []
    for cell, methods in cells.items():
        everyone = smallest_of_each([norm_needed(rows) for rows in methods.values()])
        shown = dict(methods)
        if len(methods) > 1 and cell.case != "universal":
            shown[BEST] = ensemble(methods)
        for name, rows in shown.items():
            made.append(_figures(cell, name, rows, everyone))
    return made


def ensemble(methods: dict[str, Rows]) -> Rows:
    """For each photo the line of the smallest success, or where there is none of the method that came first."""
    return [
        min(lines, key=lambda row: row["norm"] if row["achieved"] else inf)
        for lines in zip(*methods.values(), strict=True)
    ]


def _figures(cell: Cell, method: str, rows: Rows, everyone: list[float]) -> Figures:
    budget = AUTHORS["targeted" if cell.case in tk.CASES else "untargeted"]
    needed, won = norm_needed(rows), [row for row in rows if row["achieved"]]
    asr, printed = _paper(cell, method)
    universal = cell.case == "universal"
    return Figures(
        cell, method, len(rows), len(won), sum(not row["consistent"] for row in rows),
        round(share_within(needed, budget) * len(rows)), pert("norm", rows), pert("norm_float", rows),
        _per_pixel("norm", won), mean("norm", rows if universal else won), None if universal else Effort.of(rows),
        None if universal else local_optimality(needed, everyone), asr, printed,
    )  # fmt: skip


def median(values: Sequence[float]) -> float:
    """The lower one of an even number; inf of none."""
    return sorted(values)[(len(values) - 1) // 2] if values else inf


def _paper(cell: Cell, method: str) -> tuple[float | None, float | None]:
    """The ASR and Pert that the paper prints for the method on the data set of the cell's annotator."""
    if cell.case == "universal":
        found = paper.UNIVERSAL.get(method, {}).get(cell.k) if cell.data_set == "coco" else None
        return (found[0], 100 * found[1] / paper.UNIT) if found else (None, None)
    printed = paper.INSTANCE.get((cell.data_set, cell.case, method))
    if printed is None or cell.k not in KS:
        return None, None
    return printed[0][KS.index(cell.k)], printed[1][KS.index(cell.k)] / paper.UNIT


@dataclass(frozen=True)
class Larger:
    """Table 3: an untargeted attack made for k, judged where `shown` labels are shown, on photos consistent there before.

    Lines that do not say where the true labels ended are left out.
    """

    cell: Cell
    method: str
    shown: int
    photos: int
    won: int  # no true label among those shown
    fooled: int
    pert: float  # ×10², over those with E = 0
    paper_asr: float | None
    paper_pert: float | None


def larger(cells: dict[Cell, dict[str, Rows]]) -> list[Larger]:
    made = []
    for cell, methods in cells.items():
        if (cell.case, cell.k) != ("untargeted", KS[0]):
            continue
        for name, rows in methods.items():
            for shown in KS:
                fit = [row for row in rows if "true_ranks" in row and agree(row["true_ranks_before"], shown)]
                after = [{**row, "consistent": agree(row["true_ranks"], shown)} for row in fit]
                if not fit:
                    continue
                asr, printed = (
                    paper.LARGER.get((cell.data_set, shown), (None, None)) if name == PAPERS[0] else (None, None)
                )
                made.append(
                    Larger(
                        cell, name, shown, len(fit), sum(min(row["true_ranks"]) > shown for row in fit),
                        sum(not row["consistent"] for row in after), pert("norm", after), asr,
                        None if printed is None else printed / paper.UNIT,
                    )
                )  # fmt: skip
    return made
