"""The measured tables and curves, from the lines in `assets/measured` by the functions that print them elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from markupsafe import Markup

from demo.catalog.attacks import FIRM, annotator_words, attacks, page_confidence
from demo.catalog.english import counted, listed, span
from demo.render import heat_map
from demo.render.csv_file import EMPTY, NOTE, csv_link
from demo.render.measured_table import Table, table_html
from demo.render.templates import fill
from demo.tabs.tables import numbers, peers, peers_tables, pictures
from demo.tabs.tables.minnorm import NAME, gain, ran_earlier
from demo.tabs.tables.plain_words import Against, against, out_of_reach
from tkml_core.measured import easy_targets, lines, settings, summary, tables_report
from tkml_core.zoo.registry import data_set, entry_of
from tkml_core.zoo.table import MEASURED as MEASURES
from tkml_core.zoo.table import measured as measures_of
from tkml_core.zoo.universal_perturbations import FOLDER, all_notes

Cells = dict[summary.Cell, dict[str, summary.Rows]]
MEASURED = Path(__file__).resolve().parents[3] / "assets" / "measured"
COMMAND = "python -m tkml_core.experiments.tables --voc VOCdevkit --coco coco --annotator {names} --tables 2,3,4,5"
EASY = "python -m tkml_core.experiments.easy_targets --data DATA"
OTHER_TABS = (
    f"The margin (κ) is how far ahead the goal must be in the annotator's raw scores: the tabs Attack and Compare start "
    f"with κ = {FIRM:g}, MinNorm on Attack with {page_confidence(NAME):g}, so their sizes do not "
    "compare with these where κ differs."
)
UNIVERSAL_NOTE = (
    "How large the one change may be is chosen, here and in the paper, and a larger one fools more photos. The paper heads its "
    "Table 4 with Pert (size per pixel), not Pert ×10⁻²: read so and in this unit, its changes are of 6.5 to 8 ×10⁻² "
    "(TkML-AP-Uv) and 25.5 (kUAPs); ours stand in the numbers."
)
UNIVERSAL_CSV = (
    "Steps, first, passes, gradients, seconds and optimality are empty: one change for every photo is made once, on other "
    "photos."
)
EASY_FILE = "easy_targets.csv"
PLACE, EASY_PLACE = "{}-part", "easy-targets-{}-part"
DATA_SETS = {"voc": " of PASCAL VOC", "coco": " of MS COCO"}


@dataclass(frozen=True)
class Section:
    """One of the paper's tables: its numbers, who is ahead, and its pictures by their headings, some of them folded."""

    table: Table
    csv: str
    against: Sequence[Against] = ()
    pictures: Sequence[tuple[str, str]] = ()
    folded: Sequence[tuple[str, str]] = ()
    note: str = ""  # what is to be seen beside the pictures
    csv_note: str = NOTE

    @property
    def name(self) -> str:
        """Of its place on the page and its files."""
        return self.table.title.partition(":")[0].lower().replace(" ", "-").rstrip("?")


@cache
def _cells(folder: Path) -> Cells:
    return summary.by_cell(lines.read(folder))


def _figures(cells: Cells) -> list[summary.Figures]:
    """Without the ensemble of all methods, whose rows are nearly all those of the one that is ahead."""
    return [one for one in summary.figures(cells) if one.method != summary.BEST]


def _how_many(figures: Sequence[summary.Figures]) -> str:
    """On how many photos Table 4 is, beside those that the ready-made changes' shares on the tab "Universal" are on."""
    here = counted(span([figure.photos for figure in figures]), "photo")
    there = span([int(notes["measured"]) for notes in all_notes(FOLDER)])
    return f"Here a share is of {here}, on the tab Universal of {there}: so the two differ."


def _pairs(folder: Path) -> list[summary.Pair]:
    """Who is ahead of whom, as it was worked out with the tables; from the lines where it was not."""
    made = folder / "pairs.csv"
    return tables_report.read_pairs(made) if made.exists() else summary.pairs(_cells(folder))


@cache
def sections(folder: Path = MEASURED) -> list[Section]:
    """Those that something has been measured for, in the paper's order, and last who is ahead of whom."""
    cells = _cells(folder)
    made, beside, larger = _figures(cells), _pairs(folder), summary.larger(cells)
    styles, earlier = pictures.styles_of(cells), settings.earlier(cells, NAME)
    found = []
    for number_, build in ((2, numbers.untargeted), (3, None), (4, numbers.universal), (5, numbers.targeted)):
        if build is None:
            shown = [(pictures.BY_SHOWN, pictures.by_shown(larger, styles))]
            found.append(Section(numbers.larger(larger), tables_report.to_csv(larger), pictures=shown))
            continue
        ours = {cell: methods for cell, methods in cells.items() if tables_report.of_table(number_, cell)}
        figures = [one for one in made if one.cell in ours]
        said = against([pair for pair in beside if pair.cell in ours], earlier)
        if number_ == 4:
            found += _universal(figures, said, styles)
        else:
            drawn, folded = pictures.of_table(ours, figures, styles)
            found.append(Section(build(figures), tables_report.to_csv(figures), said, drawn, folded))
    apart = _figures(summary.by_cell(lines.read(folder), variants=True))
    found.append(Section(numbers.variants(apart), tables_report.to_csv(apart)))
    found.append(
        Section(numbers.beside(beside, ran_earlier(beside, earlier)), tables_report.to_csv(beside), csv_note=EMPTY)
    )
    (together, csv), (apart_, apart_csv) = peers_tables.together(folder), peers_tables.apart(folder)
    cell_by_cell = [("Cell by cell", table_html(apart_) + csv_link("equal-gradients-cells", apart_csv, note=EMPTY))]
    found.insert(0, Section(together, csv, folded=cell_by_cell, csv_note=EMPTY))
    return [section for section in found if section.table.rows]


def _universal(figures: list[summary.Figures], said: Sequence[Against], styles: dict[str, int]) -> list[Section]:
    """Table 4, and its changes of several sizes side by side."""
    csv, note = tables_report.to_csv(figures), f"{NOTE} {UNIVERSAL_CSV}"
    drawn = [(pictures.BY_K, pictures.by_k(figures, styles))]
    seen = f"{_how_many(figures)} {UNIVERSAL_NOTE}"
    return [
        Section(numbers.universal(figures), csv, said, drawn, note=seen, csv_note=note),
        Section(numbers.budgets(figures), csv, csv_note=note),
    ]


def commands(folder: Path = MEASURED) -> list[str]:
    """What made the lines, as the runs note it; or else what makes such lines."""
    names = dict.fromkeys(cell.annotator for cell in _cells(folder))
    noted = [
        command if "--annotator" in command else f"{command} (every annotator)"
        for run in lines.saved(folder)
        for command in run["commands"]
    ]
    return list(dict.fromkeys(noted or [COMMAND.format(names=" ".join(names))]))


def conditions(folder: Path = MEASURED) -> str:
    """κ, step limit and picture size of the runs, and that other tabs start with another κ."""
    ran = settings.conditions(_cells(folder))
    return f"{ran} {OTHER_TABS}" if ran else ""


def few_photos(folder: Path = MEASURED) -> str:
    """Where a lead cannot be sure, as there are too few photos."""
    return out_of_reach(_pairs(folder))


def within_limit(folder: Path = MEASURED) -> str:
    """How the rates compare with the paper's."""
    return tables_report.within_limit(_figures(_cells(folder))).replace("'", "’")


def methods_of(folder: Path = MEASURED) -> list[str]:
    """The attacks that were measured."""
    names = {name for methods in _cells(folder).values() for name in methods}
    return [name for name in attacks() if name in names]


def tables(folder: Path = MEASURED) -> list[Table]:
    return [section.table for section in sections(folder)]


def about(folder: Path = MEASURED) -> list[str]:
    """Who is ahead, at what cost, and on which annotators and how many photos; nothing where nothing was measured."""
    cells = _cells(folder)
    parts = []
    for name in dict.fromkeys(cell.annotator for cell in cells):
        counts = [len(rows) for cell, methods in cells.items() if cell.annotator == name for rows in methods.values()]
        parts.append(
            f"{name} ({annotator_words(name)}) on {counted(span(counts), 'photo')}{DATA_SETS.get(data_set(name), '')}"
        )
    measured = f"Measured: {listed(parts, len(parts))}; what comes after Table 5 on fewer, as it says." if parts else ""
    return [
        words
        for words in (gain(_pairs(folder), settings.earlier(cells, NAME)), peers.sentence(folder), measured)
        if words
    ]


def annotators(folder: Path = MEASURED) -> list[str]:
    """What each annotator is and how well it does on photos that nobody attacked, a sentence each."""
    measures = measures_of(MEASURES.read_text(encoding="utf-8"))
    return [
        f"{name}: {entry_of(name).source.split(', trained')[0]}, {len(entry_of(name).labels)} labels, mean average precision "
        f"(mAP) {measures.get(name, {}).get('mAP', 'not measured')}"
        for name in dict.fromkeys(cell.annotator for cell in _cells(folder))
    ]


def contents(folder: Path = MEASURED) -> list[tuple[str, str]]:
    """Places on the page, and the titles of what stands there."""
    easy = [(EASY_PLACE.format(name), heat_map.TITLE.format(name)) for name in _easy(folder)]
    return [*((PLACE.format(one.name), one.table.title) for one in sections(folder)), *easy]


def measured_html(folder: Path = MEASURED) -> str:
    """Every section: who is ahead and its pictures first, the numbers folded below them."""
    return Markup("").join(section_html(section) for section in sections(folder)) + easy_html(folder)


def _easy(folder: Path) -> dict[str, list[easy_targets.Pair]]:
    """By annotator."""
    pairs = easy_targets.read_csv(folder / EASY_FILE)
    return {
        name: [pair for pair in pairs if pair.annotator == name] for name in dict.fromkeys(p.annotator for p in pairs)
    }


def easy_html(folder: Path) -> Markup:
    """Which targets are easy, for each annotator that it was measured for."""
    drawn = []
    beside = easy_targets.read_correlations(folder / "easy_targets_correlations.csv")
    for name, ours in _easy(folder).items():
        photos = max(pair.photos for pair in ours)
        own = [one for one in beside if one.annotator == name]
        command = f"{EASY} --annotator {name} --photos {photos}"
        drawn.append(heat_map.heat_map_html(ours, command, own, EASY_PLACE.format(name)))
    return Markup("").join(
        [*drawn, csv_link("easy-targets", (folder / EASY_FILE).read_text(encoding="utf-8"), note=EMPTY)]
        if drawn
        else []
    )


def section_html(section: Section) -> Markup:
    """One section; where it has no pictures, its numbers alone, folded too."""
    table = replace(section.table, title=f"{section.table.title.rstrip('?')}, in numbers")
    return fill(
        "tabs/tables/section.html", place=PLACE.format(section.name), title=section.table.title, against=section.against,
        pictures=[(heading, Markup(html)) for heading, html in section.pictures if html],
        folded=[(heading, Markup(html)) for heading, html in section.folded if html],
        numbers=table_html(table) + csv_link(section.name, section.csv, note=section.csv_note),
        note=section.note,
    )  # fmt: skip
