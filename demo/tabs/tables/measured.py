"""The measured tables, read from `assets/measured` and the headers of `assets/universal` by the functions that print them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from demo.catalog.english import listed
from demo.render.measured_table import Table
from demo.render.verdict import top_words
from tkml_core.experiments import attacks_page, compare, paper, universal_page
from tkml_core.statistics import share
from tkml_core.zoo.perturbations import FOLDER as UNIVERSAL
from tkml_core.zoo.registry import data_set

T = TypeVar("T")
MEASURED = Path(__file__).resolve().parents[3] / "assets" / "measured"
TO_MEASURE = "python -m tkml_core.experiments.{} --voc VOCdevkit --coco coco"
FITTING = "none seen in training, all consistent at k before"
ASR = "ASR % [95 %]"
PAPER_ASR, PAPER_PERT = "paper’s ASR %", "paper’s Pert"


def tables(measured: Path = MEASURED, perturbations: Path = UNIVERSAL) -> list[Table]:
    """Those that something has been measured for, in the paper's order, MinNorm's last."""
    lines, minnorm = measured / "attacks.jsonl", measured / "minnorm.jsonl"
    made = (untargeted(lines), larger(lines), one_for_all(perturbations), targeted(lines), smallest(minnorm))
    return [table for table in made if table.rows]


def _many(numbers: list[int]) -> str:
    """How many photos a row is about: "200 a row", or the range where rows differ."""
    least, most = min(numbers, default=0), max(numbers, default=0)
    return f"{most} a row" if least == most else f"{least} to {most} a row"


def _said(rows: Sequence[T], words: Callable[[T], str]) -> str:
    """The first of the rows as a sentence, if there is one."""
    return "".join(f"Read, for example: {words(row)}" for row in rows[:1])


def _instance(path: Path, untargeted_ones: bool) -> tuple[list[attacks_page.Cell], list[list[str]]]:
    cells = [cell for cell in attacks_page.measured(path) if (cell.case == "untargeted") == untargeted_ones]
    rows = [
        [
            c.annotator, *([] if untargeted_ones else [c.case]), str(c.k), c.attack, str(c.photos), share(c.fooled, c.photos),
            c.paper_asr, share(c.won, c.photos), f"{c.pert:.2f}", f"{c.pert_float:.2f}", c.paper_pert,
        ]
        for c in cells
    ]  # fmt: skip
    return cells, rows


_PERTS = ("Pert ×10⁻²", "before rounding", PAPER_PERT)


def untargeted(path: Path) -> Table:
    cells, rows = _instance(path, True)
    return Table(
        "Table 2: push the true labels out",
        f"ASR is the share of photos ({_many([c.photos for c in cells])}, {FITTING}) on which the top-k contradicts the truth "
        "after the attack; goal, the share with no true label left; Pert, how large the change had to be (‖z‖₂/(H·W)).",
        ("annotator", "k", "attack", "photos", ASR, PAPER_ASR, "goal % [95 %]", *_PERTS),
        rows,
        TO_MEASURE.format("attacks"),
        _said(
            cells,
            lambda c: (
                f"of {c.photos} photos whose {top_words(c.k)} {c.annotator} had right, {c.attack} left {c.fooled} with one "
                f"that contradicts the truth, and {c.won} with no true label in it."
            ),
        ),
        paper=frozenset({5, 9}),
    )


def larger(path: Path) -> Table:
    cells = attacks_page.measured_larger(path)
    rows = [
        [
            c.annotator, str(c.k), c.attack, str(c.shown), str(c.photos), share(c.fooled, c.photos), c.paper_asr,
            c.pert, c.paper_pert,
        ]
        for c in cells
    ]  # fmt: skip
    return Table(
        "Table 3: when more labels are shown than were attacked",
        f"The change was made for the top k; ASR says what is left of it where k′ labels are shown, on "
        f"photos ({_many([c.photos for c in cells])}) that were consistent at k′ before. Pert is the mean over those where it "
        "holds: here these are the larger changes, in the paper the smaller ones.",
        ("annotator", "k", "attack", "k′ shown", "photos", ASR, PAPER_ASR, "Pert ×10⁻² of those", PAPER_PERT),
        rows,
        TO_MEASURE.format("attacks"),
        _said(
            [c for c in cells if c.shown > c.k],
            lambda c: (
                f"where {c.shown} labels are shown, the change that "
                f"{c.attack} made for the {top_words(c.k)} contradicts the truth on {c.fooled} of {c.photos} photos."
            ),
        ),
        heads=4,
        paper=frozenset({6, 8}),
    )


def one_for_all(folder: Path) -> Table:
    rows, numbers, headers = [], [], universal_page.headers(folder)
    for n in headers:
        tried, k = int(n["measured"]), int(n["k"])
        numbers.append(tried)
        printed = paper.UNIVERSAL.get(n["attack"], {}).get(k) if data_set(n["annotator"]) == "coco" else None
        asr, pert = (f"{printed[0]:g}", f"{printed[1]:.2f}") if printed else ("–", "–")
        rows.append([
            n["annotator"], n["k"], n["attack"], str(tried), share(int(n["inconsistent"]), tried), asr,
            share(int(n["noise_inconsistent"]), tried), share(int(n["goal"]), tried),
            f"{100 * int(n['noise_goal']) / tried:.1f}", f"{float(n['norm']):.0f}",
            f"{100 * float(n['norm']) / int(n['side']) ** 2:.2f}", pert,
        ])  # fmt: skip
    return Table(
        "Table 4: one change for every photo",
        f"What one z does to photos that it was not made on ({_many(numbers)}, {FITTING}), beside random noise just as long. "
        "“Margin” is TkML-AP-Uv with the goal’s margin in place of Eq. 8. The paper has MS COCO alone. Its Pert is of another "
        "network, another norm budget and another unit, so it does not compare with ours: here every z may be ‖z‖₂ = 4000 long."
        f"{_older_one_ahead(headers)}",
        (
            "annotator", "k", "method", "photos", ASR, PAPER_ASR, "noise: ASR % [95 %]", "goal % [95 %]", "noise: goal %", "‖z‖₂",
            "Pert ×10⁻²", PAPER_PERT,
        ),
        rows,
        TO_MEASURE.format("universal"),
        _said(
            headers, lambda n: f"the one z of {n['attack']} made the {top_words(int(n['k']))} contradict the truth on "
            f"{n['inconsistent']} of {n['measured']} photos; noise as long, on {n['noise_inconsistent']}.",
        ),
        paper=frozenset({5, 11}),
    )  # fmt: skip


def _older_one_ahead(headers: Sequence[dict[str, str]]) -> str:
    """For whom kUAPs meets the goal more often than TkML-AP-Uv, as a sentence."""
    won = {(n["attack"], n["annotator"], n["k"]): int(n["goal"]) for n in headers}
    cases = [
        f"{name} at k = {k}"
        for (attack, name, k), count in won.items()
        if attack == "kUAPs" and count > won.get(("TkML-AP-Uv", name, k), count)
    ]
    return (
        f" Against the paper’s finding kUAPs meets the goal more often than TkML-AP-Uv for {listed(cases)}."
        if cases
        else ""
    )


def targeted(path: Path) -> Table:
    cells, rows = _instance(path, False)
    return Table(
        "Table 5: plant labels that are not there",
        f"As Table 2, but the top-k is to become k targets: the best-scored labels that are not true, random ones, or the "
        f"worst-scored (hardest); {_many([c.photos for c in cells])}.",
        ("annotator", "targets", "k", "attack", "photos", ASR, PAPER_ASR, "goal % [95 %]", *_PERTS),
        rows,
        TO_MEASURE.format("attacks"),
        _said(
            cells,
            lambda c: (
                f"{c.attack} made the {top_words(c.k)} exactly the {c.case} targets on {c.won} of {c.photos} "
                f"photos of {c.annotator}."
            ),
        ),
        heads=4,
        paper=frozenset({6, 10}),
    )


def smallest(path: Path) -> Table:
    cells = compare.measured(path)
    rows = [
        [
            c.annotator, c.case, str(c.k), str(c.photos), share(c.won, c.photos), f"{c.paper_share:.1f}", c.ratio, c.float_ratio,
            f"{c.gradients:.0f}", f"{c.preview_share:.1f}", c.preview_ratio,
        ]
        for c in cells
    ]  # fmt: skip
    steps = listed([str(step) for step in compare.STEP_SIZES])
    return Table(
        "How small can the change be? MinNorm beside the paper’s attacks",
        f"A ratio of 0.50 means that MinNorm needs half the change, over the photos that both solve; the paper’s attack ran at "
        f"the step sizes {steps} and counts with its best; {_many([c.photos for c in cells])}, both measured here.",
        (
            "annotator", "case", "k", "photos", "MinNorm: goal % [95 %]", "paper’s attack: goal %", "‖z‖₂ ratio, 8-bit",
            "before rounding", "gradients a photo", "30 steps: goal %", "30 steps: ratio before rounding",
        ),
        rows,
        TO_MEASURE.format("compare"),
    )  # fmt: skip
