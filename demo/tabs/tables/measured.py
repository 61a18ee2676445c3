"""The measured tables and curves, from the lines in `assets/measured` by the functions that print them elsewhere."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from markupsafe import Markup

from demo.catalog.attacks import annotator_words, attacks
from demo.catalog.english import listed
from demo.render.csv_file import csv_link
from demo.render.dots import Dot, DotPanel, dots_html
from demo.render.heat_map import heat_map_html
from demo.render.measured_table import Table, table_html
from demo.render.security_curves import Panel, curves_html
from demo.render.templates import fill
from demo.tabs.tables import numbers, peers
from demo.tabs.tables.plain_words import Against, against, gain, size_words
from tkml_core.attacks.common.budget import AUTHORS
from tkml_core.measured import easy_targets, lines, summary, tables_report
from tkml_core.measured.cells import CASES
from tkml_core.zoo.registry import data_set
from tkml_core.zoo.universal_perturbations import FOLDER, XI, all_notes

Cells = dict[summary.Cell, dict[str, summary.Rows]]
MEASURED = Path(__file__).resolve().parents[3] / "assets" / "measured"
COMMAND = "python -m tkml_core.experiments.tables --voc VOCdevkit --coco coco --annotator {names} --tables 2,3,4,5"
EASY = "python -m tkml_core.experiments.easy_targets --data DATA"
UNIVERSAL_NOTE = (
    "How large the one change may be is chosen, here and in the paper, and a larger one fools more photos. The paper heads its "
    "Table 4 with Pert (size per pixel), not Pert ×10⁻²: read so and in this unit, its changes are of 6.5 to 8 ×10⁻² "
    "(TkML-AP-Uv) and 25.5 (kUAPs); ours stand in the numbers."
)
DATA_SETS = {"voc": "photos of PASCAL VOC", "coco": "photos of MS COCO"}
NORM, STEPS, PERT = (
    "size of the change (‖z‖₂)",
    "steps until the goal was first met",
    "mean size per pixel (Pert ×10⁻²)",
)
BY_NORM = "How many photos give way to a change of at most this size: the further left a curve rises, the better"
BY_SHOWN = "How many photos show no true label, where more labels are shown than were attacked"
EASIER = "The same for the easier targets"
BY_STEPS = "How many photos give way within so many steps, before rounding for saving"
BY_PERT = "How often it works, and how large the change is then: the further up and left, the better; the number in a dot is k"


@dataclass(frozen=True)
class Section:
    """One of the paper's tables: its numbers, who is ahead, and its pictures by their headings, some of them folded."""

    table: Table
    csv: str
    against: Sequence[Against] = ()
    pictures: Sequence[tuple[str, str]] = ()
    folded: Sequence[tuple[str, str]] = ()
    note: str = ""  # what is to be seen beside the pictures


@cache
def _cells(folder: Path) -> Cells:
    return summary.by_cell(lines.read(folder))


def _how_many(figures: Sequence[summary.Figures]) -> str:
    """On how many photos Table 4 is, beside those that the ready-made changes' shares on the tab "Universal" are on."""
    here = numbers.many([figure.photos for figure in figures])
    there = numbers.many([int(notes["measured"]) for notes in all_notes(FOLDER)])
    return f"Here a share is of {here} photos, on the tab Universal of {there}: so the two differ."


def _pairs(folder: Path) -> list[summary.Pair]:
    """Who is ahead of whom, as it was worked out with the tables; from the lines where it was not."""
    made = folder / "pairs.csv"
    return tables_report.read_pairs(made) if made.exists() else summary.pairs(_cells(folder))


def sections(folder: Path = MEASURED) -> list[Section]:
    """Those that something has been measured for, in the paper's order, and last who is ahead of whom."""
    cells = _cells(folder)
    made, beside, larger = summary.figures(cells), _pairs(folder), summary.larger(cells)
    command, styles = command_of(folder), _styles(cells)
    found = []
    for number_, build in ((2, numbers.untargeted), (3, None), (4, numbers.universal), (5, numbers.targeted)):
        if build is None:
            pictures = [(BY_SHOWN, _by_shown(larger, styles))]
            found.append(Section(numbers.larger(larger, command), tables_report.to_csv(larger), pictures=pictures))
            continue
        ours = {cell: methods for cell, methods in cells.items() if tables_report.of_table(number_, cell)}
        figures = [one for one in made if one.cell in ours]
        said = against([pair for pair in beside if pair.cell in ours])
        if number_ == 4:
            drawn, folded = [("How many photos have no true label left in their top k", _by_k(figures, styles))], []
        else:
            hardest = max((cell.case for cell in ours), key=CASES.index, default="")
            norms, steps = _curves({cell: methods for cell, methods in ours.items() if cell.case == hardest})
            easier, easier_steps = _curves({cell: methods for cell, methods in ours.items() if cell.case != hardest})
            drawn = [(BY_NORM, curves_html(norms, NORM, styles)), (BY_PERT, _by_pert(figures, styles))]
            folded = [
                (EASIER, curves_html(easier, NORM, styles)),
                (BY_STEPS, curves_html([*steps, *easier_steps], STEPS, styles)),
            ]
        found.append(
            Section(
                build(figures, command),
                tables_report.to_csv(figures),
                said,
                drawn,
                folded,
                note=f"{_how_many(figures)} {UNIVERSAL_NOTE}" if number_ == 4 else "",
            )
        )
        if number_ == 4:
            found.append(Section(numbers.budgets(figures, command), tables_report.to_csv(figures)))
    apart = summary.figures(summary.by_cell(lines.read(folder), variants=True))
    found.append(Section(numbers.variants(apart, command), tables_report.to_csv(apart)))
    found.append(Section(numbers.beside(beside, command), tables_report.to_csv(beside)))
    (together, csv), (apart_, apart_csv) = peers.together(folder), peers.apart(folder)
    cell_by_cell = [("Cell by cell", table_html(apart_) + csv_link("equal-gradients-cells", apart_csv))]
    found.insert(0, Section(together, csv, folded=cell_by_cell))
    return [section for section in found if section.table.rows]


def command_of(folder: Path) -> str:
    """What made the lines, as the run notes it; or else what makes such lines."""
    names = dict.fromkeys(cell.annotator for cell in _cells(folder))
    noted = [command for run in lines.saved(folder) for command in run["commands"]]
    commands = noted or [COMMAND.format(names=" ".join(names))]
    return "; ".join(dict.fromkeys(commands))


def methods_of(folder: Path = MEASURED) -> list[str]:
    """The attacks that were measured."""
    names = {name for methods in _cells(folder).values() for name in methods}
    return [name for name in attacks() if name in names]


def tables(folder: Path = MEASURED) -> list[Table]:
    return [section.table for section in sections(folder)]


def about(folder: Path = MEASURED) -> str:
    """Which annotators, how many photos and which command, in words; empty where nothing has been measured."""
    cells = _cells(folder)
    parts = []
    for name in dict.fromkeys(cell.annotator for cell in cells):
        counts = [len(rows) for cell, methods in cells.items() if cell.annotator == name for rows in methods.values()]
        parts.append(
            f"{name} ({annotator_words(name)}) on {numbers.many(counts)} {DATA_SETS.get(data_set(name), 'photos')}"
        )
    measured = f"Measured: {listed(parts, len(parts))}." if parts else ""
    return " ".join(filter(None, (gain(_pairs(folder)), peers.sentence(folder), measured)))


def measured_html(folder: Path = MEASURED) -> str:
    """Every section: who is ahead and its pictures first, the numbers folded below them."""
    return Markup("").join(section_html(section) for section in sections(folder)) + easy_html(folder)


def easy_html(folder: Path) -> Markup:
    """Which targets are easy, for each annotator that it was measured for."""
    file = folder / "easy_targets.csv"
    pairs, drawn = easy_targets.read_csv(file), []
    beside = easy_targets.read_correlations(folder / "easy_targets_correlations.csv")
    for name in dict.fromkeys(pair.annotator for pair in pairs):
        ours = [pair for pair in pairs if pair.annotator == name]
        photos = max(pair.photos for pair in ours)
        own = [one for one in beside if one.annotator == name]
        drawn.append(heat_map_html(ours, f"{EASY} --annotator {name} --photos {photos}", own))
    return Markup("").join([*drawn, csv_link("easy-targets", file.read_text(encoding="utf-8"))] if drawn else [])


def section_html(section: Section) -> Markup:
    """One section; where it has no pictures, its numbers alone, folded too."""
    name = section.table.title.partition(":")[0].lower().replace(" ", "-").rstrip("?")
    table = replace(section.table, title=f"{section.table.title}, in numbers")
    return fill(
        "tabs/tables/section.html", title=section.table.title, against=section.against,
        pictures=[(heading, Markup(html)) for heading, html in section.pictures if html],
        folded=[(heading, Markup(html)) for heading, html in section.folded if html],
        numbers=table_html(table) + csv_link(name, section.csv), note=section.note,
    )  # fmt: skip


def _styles(cells: Cells) -> dict[str, int]:
    """A line style for each method, the same in every panel; the paper's own first."""
    names = sorted({name for methods in cells.values() for name in methods}, key=summary.place_of)
    return {name: place for place, name in enumerate(names)}


def _curves(cells: Cells) -> tuple[list[Panel], list[Panel]]:
    """Against the norm, and against steps."""
    norms, steps = [], []
    for cell, methods in cells.items():
        title = f"{_asked(cell.annotator, cell.case)}, k = {cell.k}"
        kind = "untargeted" if cell.case == "untargeted" else "targeted"
        budget = {"the authors’ limit of the size (‖z‖₂)": AUTHORS[kind]}
        norms.append(Panel(title, {name: summary.norm_needed(rows) for name, rows in methods.items()}, budget))
        steps.append(Panel(title, {name: summary.steps_needed(rows) for name, rows in methods.items()}, {}))
    return norms, steps


def _asked(annotator: str, case: str) -> str:
    return annotator if case in ("untargeted", "universal") else f"{annotator}, {case} targets"


def _panels(dots: Sequence[tuple[str, str, Dot]], whole: tuple[int, ...] = ()) -> list[DotPanel]:
    """Dots, each with its panel's title and its method, as panels."""
    found: dict[str, dict[str, list[Dot]]] = defaultdict(lambda: defaultdict(list))
    for title, method, dot in dots:
        found[title][method].append(dot)
    return [DotPanel(title, methods, whole) for title, methods in found.items()]


def _by_pert(made: Sequence[summary.Figures], styles: dict[str, int]) -> str:
    dots = [
        (_asked(f.cell.annotator, f.cell.case), f.method, Dot(f.pert, f.won, f.photos, str(f.cell.k)))
        for f in made
        if f.method != summary.BEST
    ]
    return dots_html(_panels(dots), PERT, styles)


def _by_k(made: Sequence[summary.Figures], styles: dict[str, int]) -> str:
    dots = [
        (f"{f.cell.annotator}, {size_words(f.cell.xi or XI)}", f.method, Dot(f.cell.k, f.won, f.photos)) for f in made
    ]
    return dots_html(_panels(dots, tuple(sorted({f.cell.k for f in made}))), "labels shown (k)", styles)


def _by_shown(made: Sequence[summary.Larger], styles: dict[str, int]) -> str:
    dots = [(f"{f.cell.annotator}, made for k = {f.cell.k}", f.method, Dot(f.shown, f.won, f.photos)) for f in made]
    return dots_html(_panels(dots, tuple(sorted({f.shown for f in made}))), "labels that are shown (k′)", styles)
