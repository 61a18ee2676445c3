"""The tab's sections, one for each of the paper's tables and for what stands beside them: pictures, leads, numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from markupsafe import Markup

from demo.catalog.english import counted, span
from demo.render.csv_file import EMPTY, NOTE, csv_link
from demo.render.measured_table import Table, table_html
from demo.render.templates import fill
from demo.tabs.tables import numbers, peers, peers_tables, pictures, results
from demo.tabs.tables.easy_targets import easy_contents, easy_html
from demo.tabs.tables.measured import MEASURED, cells_of, figures_of, pairs_of
from demo.tabs.tables.plain_words import Against, against, out_of_reach
from tkml_core.measured import lines, summary, tables_report
from tkml_core.measured.tables_csv import to_csv
from tkml_core.zoo.universal_perturbations import FOLDER, all_notes

UNIVERSAL_NOTE = (
    "How large the one change may be is chosen, here and in the paper, and a larger one fools more photos. The paper heads its "
    "Table 4 with Pert (size per pixel), not Pert ×10⁻²: read so and in this unit, the size per pixel of its changes is "
    "6.5×10⁻² to 8×10⁻² (TkML-AP-Uv) and 25.5×10⁻² (kUAPs); ours stand in the numbers. Where a panel has no kUAPs, it was not "
    "made for that annotator at this size: assets/measured/universal_budgets.md has it beside TkML-AP-Uv, both made on 160 "
    "photos, for k = 3."
)
UNIVERSAL_CSV = (
    "Steps, first, passes, gradients, seconds and optimality are empty: one change for every photo is made once, on other "
    "photos."
)
# What was seen in TkML-AP-T's runs of 200 steps on the photos of these rows; tests/core/test_as_printed.py sees it on another.
PRINTED_NOTE = (
    "As printed, one fixed step (η = 1) moves the photo and the threshold λ alike, on probabilities and without momentum; "
    "this project’s own ways go by raw scores, with steps that adapt, and TkML-AP-T takes λ by Lemma 1. Why TkML-AP-T misses "
    "its goal as printed, seen by following its runs: λ leaps between 0 and 1 at almost every step, and a target whose "
    "probability is near 0 hardly rises, as its gradient there is near 0, too. A tenth of the step, or λ by Lemma 1, did not "
    "help; with raw scores in place of probabilities the same steps came to the goal on each of these photos, with far larger "
    "changes. The paper prints no number for η: with another one, or on other networks, it may do better."
)
PLACE = "{}-part"


@dataclass(frozen=True)
class Section:
    """One of the paper's tables: its numbers, who is ahead, and its pictures by their headings, some of them folded."""

    table: Table
    csv: str
    against: Sequence[Against] = ()
    pictures: Sequence[tuple[str, str]] = ()
    folded: Sequence[tuple[str, str]] = ()
    result: str = ""  # what it comes to, always in sight below its heading
    note: str = ""  # what is to be known besides
    csv_note: str = NOTE

    @property
    def name(self) -> str:
        """Of its place on the page and its files."""
        return self.table.title.partition(":")[0].lower().replace(" ", "-").rstrip("?")


@cache
def sections(folder: Path = MEASURED) -> list[Section]:
    """Those that something has been measured for, in the paper's order, and last who is ahead of whom."""
    cells = cells_of(folder)
    made, beside, larger = figures_of(cells), pairs_of(folder), summary.larger(cells)
    styles = pictures.styles_of(cells)
    found = []
    for number_, build in ((2, numbers.untargeted), (3, None), (4, numbers.universal), (5, numbers.targeted)):
        if build is None:
            shown = [(pictures.BY_SHOWN, pictures.by_shown(larger, styles))]
            found.append(
                Section(numbers.larger(larger), to_csv(larger), pictures=shown, result=results.shown_more(larger))
            )
            continue
        ours = {cell: methods for cell, methods in cells.items() if tables_report.of_table(number_, cell)}
        figures = [one for one in made if one.cell in ours]
        pairs = [pair for pair in beside if pair.cell in ours]
        said = against(pairs)
        if number_ == 4:
            found += _universal(figures, said, styles)
        else:
            drawn, folded = pictures.of_table(ours, figures, styles)
            few = results.photos([one.photos for one in figures], out_of_reach(beside, pairs))
            found.append(
                Section(build(figures), to_csv(figures), said, drawn, folded, results.attacked(figures, pairs), few)
            )
    apart = figures_of(summary.by_cell(lines.read(folder), variants=True))
    found.append(Section(numbers.variants(apart), to_csv(apart), result=results.printed(apart), note=PRINTED_NOTE))
    ahead, few = (
        " ".join(results.leads(beside)),
        results.photos([one.photos for one in beside if one.cell.case != "universal"], out_of_reach(beside)),
    )
    found.append(Section(numbers.beside(beside), to_csv(beside), result=ahead, note=few, csv_note=EMPTY))
    (together, csv), (apart_, apart_csv) = peers_tables.together(folder), peers_tables.apart(folder)
    cell_by_cell = [("Cell by cell", table_html(apart_) + csv_link("equal-gradients-cells", apart_csv, note=EMPTY))]
    equal = Section(together, csv, folded=cell_by_cell, result=peers.short(folder), csv_note=EMPTY)
    found.insert(0, equal)
    return [section for section in found if section.table.rows]


def _universal(figures: list[summary.Figures], said: Sequence[Against], styles: dict[str, int]) -> list[Section]:
    """Table 4, and its changes of several sizes side by side."""
    csv, note = to_csv(figures), f"{NOTE} {UNIVERSAL_CSV}"
    drawn = [(pictures.BY_K, pictures.by_k(figures, styles))]
    seen = f"{_how_many(figures)} {UNIVERSAL_NOTE}"
    return [
        Section(
            numbers.universal(figures), csv, said, drawn, result=results.universal(figures), note=seen, csv_note=note
        ),
        Section(numbers.budgets(figures), csv, result=results.budgets(figures), csv_note=note),
    ]


def _how_many(figures: Sequence[summary.Figures]) -> str:
    """On how many photos Table 4 is, beside those that the ready-made changes' shares on the tab "Universal" are on."""
    here = counted(span([figure.photos for figure in figures]), "photo")
    there = span([int(notes["measured"]) for notes in all_notes(FOLDER)])
    return f"Here a share is of {here}, on the tab Universal of {there}: so the two differ."


def tables(folder: Path = MEASURED) -> list[Table]:
    return [section.table for section in sections(folder)]


def contents(folder: Path = MEASURED) -> list[tuple[str, str]]:
    """Places on the page, and the titles of what stands there."""
    return [*((PLACE.format(one.name), one.table.title) for one in sections(folder)), *easy_contents(folder)]


def measured_html(folder: Path = MEASURED) -> str:
    """Every section: what it comes to and its pictures first, the words of who is ahead and the numbers folded below them."""
    return Markup("").join(section_html(section) for section in sections(folder)) + easy_html(folder)


def section_html(section: Section) -> Markup:
    """One section; where it has no pictures, its numbers alone, folded too."""
    table = replace(section.table, title=f"{section.table.title.rstrip('?')}, in numbers")
    return fill(
        "tabs/tables/section.html", place=PLACE.format(section.name), title=section.table.title, result=section.result,
        against=section.against,
        pictures=[(heading, Markup(html)) for heading, html in section.pictures if html],
        folded=[(heading, Markup(html)) for heading, html in section.folded if html],
        numbers=table_html(table) + csv_link(section.name, section.csv, note=section.csv_note),
        note=section.note,
    )  # fmt: skip
