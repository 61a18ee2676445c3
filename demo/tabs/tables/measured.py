"""The measured tables and curves, from the lines in `assets/measured` by the functions that print them elsewhere."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from html import escape
from pathlib import Path
from typing import TypeVar

from demo.render.heat_map import heat_map_html
from demo.render.measured_table import Table, table_html
from demo.render.security_curves import Panel, curves_html
from demo.render.verdict import top_words
from tkml_core.attacks.budget import AUTHORS
from tkml_core.measured import easy_targets, lines, summary, tables_page
from tkml_core.statistics import share

chance, number, of_table, printed = tables_page.chance, tables_page.number, tables_page.of_table, tables_page.printed
T = TypeVar("T")
MEASURED = Path(__file__).resolve().parents[3] / "assets" / "measured"
COMMAND = "python -m tkml_core.experiments.tables --voc VOCdevkit --coco coco"
EASY = "python -m tkml_core.experiments.easy_targets --data DATA"
GOAL, EQ_14 = "goal % [95 %]", "E = 0 % [95 %]"
PAPER_ASR, PAPER_PERT = "paper’s ASR %", "paper’s Pert"
NORM, STEPS = "‖z‖₂ of the change, in 0–255 units", "steps until the goal was first met"


@dataclass(frozen=True)
class Section:
    """One of the paper's tables: its numbers, who is ahead in words, and its curves against norm and steps."""

    table: Table
    ahead: Sequence[str] = ()
    curves: Sequence[tuple[str, Sequence[Panel]]] = ()  # each with what its axis is
    styles: dict[str, int] = field(default_factory=dict)


@cache
def _cells(folder: Path) -> dict[summary.Cell, dict[str, summary.Rows]]:
    return summary.by_cell(lines.read(folder))


def sections(folder: Path = MEASURED) -> list[Section]:
    """Those that something has been measured for, in the paper's order, and last who is ahead of whom."""
    cells = _cells(folder)
    made, beside = summary.figures(cells), summary.pairs(cells)
    note = lines.saved(folder)
    command = note["commands"][-1] if note.get("commands") else COMMAND
    found = []
    for number_, build in ((2, _untargeted), (3, None), (4, _universal), (5, _targeted)):
        if build is None:
            found.append(Section(_larger(summary.larger(cells), command)))
            continue
        ours = {cell: methods for cell, methods in cells.items() if of_table(number_, cell)}
        table = build([f for f in made if f.cell in ours], command)
        curves = _curves(ours) if number_ != 4 else ()
        words = tables_page.ahead([pair for pair in beside if pair.cell in ours])
        found.append(Section(table, words, curves, _styles(ours)))
    found.append(Section(_beside(beside, command)))
    return [section for section in found if section.table.rows]


def tables(folder: Path = MEASURED) -> list[Table]:
    return [section.table for section in sections(folder)]


def measured_html(folder: Path = MEASURED) -> str:
    """Every section: its sentence and pictures first, the numbers folded below them."""
    found = sections(folder)
    return "".join(map(section_html, found)) + easy_html(folder) + (csv_link(folder) if found else "")


def easy_html(folder: Path) -> str:
    """Which targets are easy, for each annotator that it was measured for."""
    pairs = easy_targets.read_csv(folder / "easy_targets.csv")
    drawn = []
    for name in dict.fromkeys(pair.annotator for pair in pairs):
        ours = [pair for pair in pairs if pair.annotator == name]
        photos = max(pair.photos for pair in ours)
        drawn.append(heat_map_html(ours, f"{EASY} --annotator {name} --photos {photos}"))
    return "".join(drawn)


def csv_link(folder: Path) -> str:
    """A link that carries all figures as CSV: no request, no file on the server."""
    text = tables_page.to_csv(summary.figures(_cells(folder)))
    data = base64.b64encode(text.encode()).decode()
    return f'<p class="csv"><a download="figures.csv" href="data:text/csv;base64,{data}">All figures as CSV</a></p>'


def section_html(section: Section) -> str:
    """Who is ahead and the curves, and the numbers folded below; where there are no curves, the numbers alone."""
    drawn = [curves_html(panels, axis, section.styles) for axis, panels in section.curves]
    if not any(drawn):
        return str(table_html(section.table))
    title = escape(section.table.title)
    said = "".join(f"<li>{escape(words)}</li>" for words in section.ahead)
    ahead = f'<ul class="ahead">{said}</ul><p>{escape(tables_page.TESTED)}</p>' if said else ""
    numbers = table_html(replace(section.table, title=f"{section.table.title}, in numbers"))
    return (
        f'<section class="measured pictured"><h2>{title}</h2>{ahead}{"".join(drawn)}'
        f"<details><summary>The numbers</summary>{numbers}</details></section>"
    )


def _styles(cells: dict[summary.Cell, dict[str, summary.Rows]]) -> dict[str, int]:
    """A line style for each method, the same in every panel; the paper's own first."""
    names = sorted({name for methods in cells.values() for name in methods}, key=summary.place_of)
    return {name: place for place, name in enumerate(names)}


def _curves(cells: dict[summary.Cell, dict[str, summary.Rows]]) -> list[tuple[str, list[Panel]]]:
    norms, steps = [], []
    for cell, methods in cells.items():
        title = f"{cell.annotator}, {'k' if cell.case == 'untargeted' else f'{cell.case} targets, k'} = {cell.k}"
        kind = "untargeted" if cell.case == "untargeted" else "targeted"
        budget = {"the authors’ bound of ‖z‖₂": AUTHORS[kind]}
        norms.append(Panel(title, {name: summary.norm_needed(rows) for name, rows in methods.items()}, budget))
        steps.append(Panel(title, {name: summary.steps_needed(rows) for name, rows in methods.items()}, {}))
    return [(NORM, norms), (STEPS, steps)]


def _many(numbers: list[int]) -> str:
    """How many photos a row is about: "200 a row", or the range where rows differ."""
    least, most = min(numbers, default=0), max(numbers, default=0)
    return f"{most} a row" if least == most else f"{least} to {most} a row"


def _said(rows: Sequence[T], words: Callable[[T], str]) -> str:
    """The first of the rows as a sentence, if there is one."""
    return "".join(f"Read, for example: {words(row)}" for row in rows[:1])


def _row(f: summary.Figures, *about: str) -> list[str]:
    return [
        f.cell.annotator, *about, f.method, str(f.photos), share(f.won, f.photos), printed(f.paper_asr),
        share(f.fooled, f.photos), number(100 * f.within / f.photos, 1), number(f.pert), number(f.pert_float),
        number(f.paper_pert), number(f.first, 0), number(f.gradients, 0), number(f.optimality),
    ]  # fmt: skip


_FIGURES = (
    "method", "photos", GOAL, PAPER_ASR, EQ_14, "within the authors’ ‖z‖₂ %", "Pert ×10⁻²", "before rounding", PAPER_PERT,
    "first met at step", "gradients", "optimality",
)  # fmt: skip
_SAME = (
    "Goal is what the authors’ program counts and the paper prints as ASR; E = 0 is what its Eq. 14 says. “Within” counts a "
    "photo only where the change is no longer than the authors’ commands allow; optimality is 1 for a method that no other one "
    "here undercuts on any photo, and “best of all” takes the smallest success on each photo."
)


def _untargeted(made: list[summary.Figures], command: str) -> Table:
    return Table(
        "Table 2: push the true labels out",
        f"On the same photos for every method ({_many([f.photos for f in made])}), all consistent at k before. {_SAME}",
        ("annotator", "k", *_FIGURES),
        [_row(f, str(f.cell.k)) for f in made],
        command,
        _said(
            made,
            lambda f: (
                f"of {f.photos} photos whose {top_words(f.cell.k)} {f.cell.annotator} had right, {f.method} left {f.won} with "
                f"no true label in it, and {f.fooled} with one that contradicts the truth."
            ),
        ),
        paper=frozenset({5, 10}),
    )


def _targeted(made: list[summary.Figures], command: str) -> Table:
    return Table(
        "Table 5: plant labels that are not there",
        "As Table 2, but the top-k is to become k targets: the best-scored labels that are not true, random ones, or the "
        f"worst-scored (hardest); {_many([f.photos for f in made])}.",
        ("annotator", "targets", "k", *_FIGURES),
        [_row(f, f.cell.case, str(f.cell.k)) for f in made],
        command,
        _said(
            made,
            lambda f: (
                f"{f.method} made the {top_words(f.cell.k)} exactly the {f.cell.case} targets on {f.won} of {f.photos} "
                f"photos of {f.cell.annotator}."
            ),
        ),
        heads=4,
        paper=frozenset({6, 11}),
    )


def _universal(made: list[summary.Figures], command: str) -> Table:
    rows = [
        [
            f.cell.annotator, str(f.cell.k), f.method, str(f.photos), share(f.won, f.photos), printed(f.paper_asr),
            share(f.fooled, f.photos), number(f.norm, 0), number(f.pert), number(f.paper_pert),
        ]
        for f in made
    ]  # fmt: skip
    return Table(
        "Table 4: one change for every photo",
        f"What one z does to photos that it was not made on ({_many([f.photos for f in made])}), beside random noise just as "
        "long. “Margin” is TkML-AP-Uv with the goal’s margin in place of Eq. 8. The paper has MS COCO alone, another norm budget "
        "and another unit, so that its Pert does not compare with ours.",
        ("annotator", "k", "method", "photos", GOAL, PAPER_ASR, EQ_14, "‖z‖₂", "Pert ×10⁻²", PAPER_PERT),
        rows,
        command,
        _said(
            made,
            lambda f: (
                f"the one z of {f.method} left no true label in the {top_words(f.cell.k)} of {f.won} of {f.photos} photos."
            ),
        ),
        paper=frozenset({5, 9}),
    )


def _larger(made: list[summary.Larger], command: str) -> Table:
    rows = [
        [
            f.cell.annotator, str(f.cell.k), f.method, str(f.shown), str(f.photos), share(f.won, f.photos),
            printed(f.paper_asr), share(f.fooled, f.photos), number(f.pert) if f.fooled else "–", number(f.paper_pert),
        ]
        for f in made
    ]  # fmt: skip
    return Table(
        "Table 3: when more labels are shown than were attacked",
        "The change was made for the top k. Goal: no true label is among the k′ that are shown; E = 0: they contradict the "
        f"truth. On photos ({_many([f.photos for f in made])}) that were consistent at k′ before; Pert is the mean over those "
        "with E = 0.",
        ("annotator", "k", "method", "k′ shown", "photos", GOAL, PAPER_ASR, EQ_14, "Pert ×10⁻² of those", PAPER_PERT),
        rows,
        command,
        _said(
            [f for f in made if f.shown > f.cell.k],
            lambda f: (
                f"where {f.shown} labels are shown, the change that {f.method} made for the {top_words(f.cell.k)} leaves "
                f"no true label among them on {f.won} of {f.photos} photos."
            ),
        ),
        heads=4,
        paper=frozenset({6, 9}),
    )


def _beside(made: list[summary.Pair], command: str) -> Table:
    rows = [
        [
            p.cell.annotator, p.cell.case, str(p.cell.k), f"{p.first} : {p.second}", str(p.photos),
            f"{p.only_first} : {p.only_second}", chance(p.p_goal), f"{p.shorter_first} : {p.shorter_second}",
            number(p.ratio), number(p.ratio_float), chance(p.p_norm),
        ]
        for p in made
    ]  # fmt: skip
    return Table(
        "Who is ahead?",
        "Two methods on the same photos. Goal alone: photos on which only the one, only the other reaches it. Smaller: of the "
        f"photos that both solve, on how many the one, the other needs less; the ratio is of mean ‖z‖₂. {tables_page.TESTED}",
        (
            "annotator", "case", "k", "methods", "photos", "goal alone", "p", "‖z‖₂ smaller", "ratio, 8-bit",
            "before rounding", "p",
        ),
        rows,
        command,
        heads=4,
    )  # fmt: skip
