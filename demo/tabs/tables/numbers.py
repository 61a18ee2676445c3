"""The paper's tables in numbers, measured here and printed there side by side."""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import TypeVar

from demo.catalog.english import counted, in_top, span, top_words
from demo.render.measured_table import Table
from demo.tabs.tables.plain_words import TESTED, TESTS, TOO_FEW, beyond_reach, size_words
from tkml_core.measured import summary, tables_report
from tkml_core.measured.pairs import Pair
from tkml_core.statistics import share

chance, number, printed = tables_report.chance, tables_report.number, tables_report.printed
T = TypeVar("T")
GOAL, EQ_14, PERT = (
    "goal % [95%]", "contradicts the truth % [95%] (E = 0)", "mean size per pixel where E = 0 (Pert ×10⁻²)",
)  # fmt: skip
NOT_ENOUGH = f" [{TOO_FEW}]"  # beside a p value that could not be small, whatever the photos say
PERT_WON = "mean size per pixel where the goal is met (×10⁻²)"
PAPER_ASR, PAPER_PERT = "paper’s goal % (its ASR)", "paper’s size per pixel (Pert ÷ 2)"


def _said(rows: Sequence[T], words: Callable[[T], str]) -> str:
    """The first of the rows as a sentence, if there is one."""
    return "".join(f"Read, for example: {words(row)}" for row in rows[:1])


def _row(f: summary.Figures, *about: str) -> list[str]:
    first, gradients = (f.effort.first, f.effort.gradients) if f.effort else (None, None)
    return [
        f.cell.annotator, *about, f.method, str(f.photos), share(f.won, f.photos), printed(f.paper_asr),
        share(f.fooled, f.photos), number(100 * f.within / f.photos, 1), number(f.pert), number(f.pert_won),
        number(f.pert_float), number(f.paper_pert), number(first, 0), number(gradients, 0),
        number(None if f.optimality is None else 100 * f.optimality, 1),
    ]  # fmt: skip


_FIGURES = (
    "method", "photos", GOAL, PAPER_ASR, EQ_14, "within the authors’ size limit % (‖z‖₂)", PERT, PERT_WON,
    "mean before rounding", PAPER_PERT, "first met at step (median)", "gradients (mean)",
    "optimality %",
)  # fmt: skip
_SAME = (
    "E = 0: the list contradicts the truth, a wrong label in it and a true one out. “Within” counts a photo only where the "
    "change is no larger than the authors’ commands allow. Pert is the paper’s: the mean over the photos with E = 0, also of "
    "runs that missed the goal, and so is the mean before rounding; the column beside it is of the photos that met the goal. "
    "Optimality (AttackBench’s local optimality): the area under a method’s curve (share of photos against size) over that "
    "under the curve of the smallest size that any method here found on each photo; 100% where no other found a smaller one "
    "on any photo. [95%]: the range that chance leaves (Wilson’s interval)."
)


def untargeted(made: list[summary.Figures]) -> Table:
    return Table(
        "Table 2: push the true labels out",
        f"On the same photos for every method ({span([f.photos for f in made])} a row), whose list agreed with the truth "
        f"before. {_SAME}",
        ("annotator", "k", *_FIGURES),
        [_row(f, str(f.cell.k)) for f in made],
        reading=_said(
            made,
            lambda f: (
                f"of {counted(f.photos, 'photo')} whose {top_words(f.cell.k)} {f.cell.annotator} had right, {f.method} "
                f"left {f.won} with no true label in it, and {f.fooled} with one that contradicts the truth."
            ),
        ),
        paper=frozenset({5, 11}),
    )


def targeted(made: list[summary.Figures]) -> Table:
    return Table(
        "Table 5: add labels that are not there",
        "As Table 2, but the top-k is to become k targets: the best-scored labels that are not true, random ones, or the "
        f"worst-scored (hardest); {span([f.photos for f in made])} a row.",
        ("annotator", "targets", "k", *_FIGURES),
        [_row(f, f.cell.case, str(f.cell.k)) for f in made],
        reading=_said(
            made,
            lambda f: (
                f"{f.method} made the {top_words(f.cell.k)} exactly the {f.cell.case} targets on {f.won} of "
                f"{counted(f.photos, 'photo')} of {f.cell.annotator}."
            ),
        ),
        heads=4,
        paper=frozenset({6, 12}),
    )


def variants(made: list[summary.Figures]) -> Table:
    return Table(
        "As printed: what is in print, where an attack of this project differs from it",
        "Columns as in Table 2, Pert over the photos with E = 0, too; on fewer photos than the tables above: only on those on "
        "which the printed ways were run, too.",
        ("annotator", "case", "k", *_FIGURES),
        [_row(f, f.cell.case, str(f.cell.k)) for f in made],
        heads=4,
        paper=frozenset({6, 12}),
    )


def universal(made: list[summary.Figures]) -> Table:
    rows = [
        [
            f.cell.annotator, str(f.cell.k), f"{f.cell.xi:g}", f.method, str(f.photos), share(f.won, f.photos),
            printed(f.paper_asr), share(f.fooled, f.photos), number(f.norm, 0), number(f.pert), number(f.paper_pert),
        ]
        for f in made
    ]  # fmt: skip
    return Table(
        "Table 4: one change for every photo",
        f"What one change (z) does to photos that it was not made on ({span([f.photos for f in made])} a row), beside random "
        "noise just as large. “Margin” is TkML-AP-Uv aimed at the goal itself in place of Eq. 8. The paper has MS COCO alone "
        "and another limit of the size; it prints Pert without the 10⁻², which is put back here.",
        (
            "annotator",
            "k",
            "size at most (‖z‖₂)",
            "method",
            "photos",
            GOAL,
            PAPER_ASR,
            EQ_14,
            "mean size (‖z‖₂)",
            PERT,
            PAPER_PERT,
        ),
        rows,
        reading=_said(
            made,
            lambda f: (
                f"with the one change of {f.method}, {f.won} of {counted(f.photos, 'photo')} have no true label left "
                f"{in_top(f.cell.k)}."
            ),
        ),
        heads=4,
        paper=frozenset({6, 10}),
    )


def budgets(made: list[summary.Figures]) -> Table:
    columns, rows = tables_report.side_by_side(made, size_words)
    return Table(
        "Sizes side by side: one change for every photo",
        "The same share of photos with no true label left in their top k, for changes of each size; in brackets how many "
        "photos.",
        columns,
        rows,
    )


def larger(made: list[summary.Larger]) -> Table:
    rows = [
        [
            f.cell.annotator, str(f.cell.k), f.method, str(f.shown), str(f.photos), share(f.won, f.photos),
            printed(f.paper_asr), share(f.fooled, f.photos), number(f.pert), number(f.paper_pert),
        ]
        for f in made
    ]  # fmt: skip
    return Table(
        "Table 3: when more labels are shown than were attacked",
        "The change was made for the top k. Goal: no true label is among the labels shown (k′). On photos "
        f"({span([f.photos for f in made])} a row) where as many agreed with the truth before; size per pixel is the mean "
        "over those where they contradict it now.",
        ("annotator", "k", "method", "labels shown (k′)", "photos", GOAL, PAPER_ASR, EQ_14, PERT, PAPER_PERT),
        rows,
        reading=_said(
            [f for f in made if f.shown > f.cell.k],
            lambda f: (
                f"where {f.shown} labels are shown, the change that {f.method} made for the {top_words(f.cell.k)} leaves "
                f"no true label among them on {f.won} of {counted(f.photos, 'photo')}."
            ),
        ),
        heads=4,
        paper=frozenset({6, 9}),
    )


def _sizes(p: Pair, few: bool) -> list[str]:
    """Who needs less, and at what cost; nothing of one change for all photos, whose size was chosen.

    few: whether so few photos could not make any lead sure.
    """
    if p.cell.case == "universal":
        return [tables_report.DASH] * 7
    return [
        f"{p.shorter_first} : {p.shorter_second}", number(p.ratio), number(p.ratio_float),
        f"{chance(p.p_norm)}{NOT_ENOUGH if few else ''}",
        f"{number(p.gradients_first, 0)} : {number(p.gradients_second, 0)}",
        *_gradients(p),
    ]  # fmt: skip


def _gradients(p: Pair) -> list[str]:
    """Who took fewer in whole runs; nothing where that was not worked out."""
    if not isfinite(p.p_gradients):
        return [tables_report.DASH] * 2
    return [f"{p.fewer_first} : {p.fewer_second}", chance(p.p_gradients)]


def beside(made: list[Pair]) -> Table:
    few = beyond_reach(made)
    rows = [
        [
            p.cell.annotator, p.cell.case, str(p.cell.k), f"{p.first} : {p.second}", str(p.photos),
            f"{p.only_first} : {p.only_second}", chance(p.p_goal), *_sizes(p, p in few),
        ]
        for p in made
    ]  # fmt: skip
    return Table(
        "Who is ahead?",
        "Two methods on the same photos. Goal alone: photos on which only the one, only the other reaches it. Smaller: of the "
        f"photos that both solve, on how many the one, the other needs less; the ratio is of the mean size; "
        f"gradients a photo are medians; fewer: on how many of these photos the one, the other took fewer in its whole run. "
        f"{TESTED} {TESTS}",
        (
            "annotator", "case", "k", "methods", "photos", "goal alone", "p, goal met", "smaller (‖z‖₂)",
            "ratio of means, as saved", "ratio before rounding", "p, size", "gradients (medians)",
            "fewer gradients", "p, gradients",
        ),
        rows,
        heads=4,
    )  # fmt: skip
