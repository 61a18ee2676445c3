"""What stands above the sections: who is ahead, on what was measured, at which settings, by which commands."""

from pathlib import Path

from demo.catalog.attacks import FIRM, annotator_words, attacks, page_confidence
from demo.catalog.english import counted, listed, span
from demo.render.methods import methods_html
from demo.render.templates import fill
from demo.tabs.tables import peers
from demo.tabs.tables.measured import MEASURED, cells_of, figures_of, pairs_of
from demo.tabs.tables.minnorm import NAME, gain
from demo.tabs.tables.peers_found import own_methods
from demo.tabs.tables.plain_words import GRADIENT, TESTED, TESTS, out_of_reach
from demo.tabs.tables.sections import contents
from tkml_core.measured import lines, settings, tables_report
from tkml_core.zoo.registry import data_set, entry_of
from tkml_core.zoo.table import MEASURED as MEASURES
from tkml_core.zoo.table import measured as measures_of

COMMAND = "python -m tkml_core.experiments.tables --voc VOCdevkit --coco coco --annotator {names} --tables 2,3,4,5"
OTHER_TABS = (
    f"The margin (κ) is how far ahead the goal must be in the annotator's raw scores: the tabs Attack and Compare start "
    f"with κ = {FIRM:g}, MinNorm on Attack with {page_confidence(NAME):g}, so their sizes do not "
    "compare with these where κ differs."
)
DATA_SETS = {"voc": " of PASCAL VOC", "coco": " of MS COCO"}


def intro_html() -> str:
    """All of it, with what the sections are called."""
    return fill(
        "tabs/tables/intro.html", about=about(), contents=contents(), annotators=annotators(), commands=commands(),
        tested=f"{TESTED} {GRADIENT}", tests=f"{TESTS} {few_photos()}", methods=methods_html(methods_of()),
        conditions=conditions(), within=within_limit(), versions=versions(),
    )  # fmt: skip


def about(folder: Path = MEASURED) -> list[str]:
    """Who is ahead, at what cost, and on which annotators and how many photos; nothing where nothing was measured."""
    cells = cells_of(folder)
    parts = []
    for name in dict.fromkeys(cell.annotator for cell in cells):
        counts = [len(rows) for cell, methods in cells.items() if cell.annotator == name for rows in methods.values()]
        parts.append(
            f"{name} ({annotator_words(name)}) on {counted(span(counts), 'photo')}{DATA_SETS.get(data_set(name), '')}"
        )
    measured = f"Measured: {listed(parts, len(parts))}; what comes after Table 5 on fewer, as it says." if parts else ""
    return [words for words in (gain(pairs_of(folder), own_methods(folder)), peers.sentence(folder), measured) if words]


def annotators(folder: Path = MEASURED) -> list[str]:
    """What each annotator is and how well it does on photos that nobody attacked, a sentence each."""
    measures = measures_of(MEASURES.read_text(encoding="utf-8"))
    return [
        f"{name}: {entry_of(name).source.split(', trained')[0]}, {len(entry_of(name).labels)} labels, mean average precision "
        f"(mAP) {measures.get(name, {}).get('mAP', 'not measured')}"
        for name in dict.fromkeys(cell.annotator for cell in cells_of(folder))
    ]


def commands(folder: Path = MEASURED) -> list[str]:
    """What made the lines, as the runs note it; or else what makes such lines."""
    names = dict.fromkeys(cell.annotator for cell in cells_of(folder))
    noted = [
        command if "--annotator" in command else f"{command} (every annotator)"
        for run in lines.saved(folder)
        for command in run["commands"]
    ]
    return list(dict.fromkeys(noted or [COMMAND.format(names=" ".join(names))]))


def versions(folder: Path = MEASURED) -> list[str]:
    """What the runs ran with, as they note it; once for all that had the same."""
    noted = (
        [f"{name} {version}" for name, version in {"Python": run["python"], **run["versions"]}.items()]
        for run in lines.saved(folder)
        if "python" in run
    )
    return list(dict.fromkeys(listed(names, len(names)) for names in noted))


def conditions(folder: Path = MEASURED) -> str:
    """κ, step limit and picture size of the runs, and that other tabs start with another κ."""
    ran = settings.conditions(cells_of(folder))
    return f"{ran} {OTHER_TABS}" if ran else ""


def few_photos(folder: Path = MEASURED) -> str:
    """Where a lead cannot be sure, as there are too few photos."""
    return out_of_reach(pairs_of(folder))


def within_limit(folder: Path = MEASURED) -> str:
    """How the rates compare with the paper's."""
    return tables_report.within_limit(figures_of(cells_of(folder))).replace("'", "’")


def methods_of(folder: Path = MEASURED) -> list[str]:
    """The attacks that were measured."""
    names = {name for methods in cells_of(folder).values() for name in methods}
    return [name for name in attacks() if name in names]
