"""What README says in numbers is what was measured: where lines have changed, the message has the sentence that is right now."""

from pathlib import Path

import tkml_core as tk
from demo.tabs.tables.minnorm import gain
from demo.tabs.tables.peers import sentence
from demo.tabs.tables.peers_found import own_methods
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.experiments import transfer
from tkml_core.measured.lines import read
from tkml_core.measured.tables_csv import read_pairs
from tkml_core.zoo.universal_perturbations import bundled

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "assets" / "measured"


def plain(text: str) -> str:
    """In one line, with straight apostrophes."""
    return " ".join(text.replace("’", "'").split())


README = plain((ROOT / "README.md").read_text(encoding="utf-8"))


def says(sentence: str) -> None:
    assert plain(sentence) in README, f"README should say: {plain(sentence)}"


def rows(page: str, first: str) -> list[list[str]]:
    """The cells of the Markdown table whose first column is called so and that stands last in the page."""
    lines = page.splitlines()
    start = max(number for number, line in enumerate(lines) if line.startswith(f"| {first} |"))
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines[start + 2 :] if line.startswith("|")
    ]


def test_minnorm_beside_the_papers_attacks() -> None:
    """As the page says it."""
    says(gain(read_pairs(MEASURED / "pairs.csv"), own_methods(MEASURED)).rstrip("."))


def test_minnorm_beside_others_at_equal_gradients() -> None:
    """As the page says it."""
    says(sentence(MEASURED).rstrip("."))


def test_the_hardened_annotator_is_harder_by_as_much() -> None:
    found = {
        (row[0], row[1]): row for row in rows(transfer.hardness(list(read(MEASURED / "transfer.jsonl"))), "fooled")
    }
    row = found["hardened-voc20", "MinNorm"]
    p = row[7] if row[7].startswith("<") else f"= {row[7]}"
    photos = f"[{row[2]} photos](assets/measured/transfer.md), p {p}"
    says(f"fooling `hardened-voc20` took a change {row[6]} times as long as `voc20` ({photos})")


def test_settings_and_perturbations_are_those_that_there_are() -> None:
    presets = (tk.MinNorm.preview(), tk.MinNorm(), tk.MinNorm.thorough())
    says(f"`preview()`, default, `thorough()`: up to {', '.join(str(one.max_steps) for one in presets)} gradients")
    own = "mobilenet-voc20", "mobilenet-coco80"
    expected = {(name, whose, k) for name in UNIVERSAL for whose in own for k in (1, 2, 3)}
    usual, both = ("voc20", "coco80"), ("TkML-AP-Uv", "TkML-AP-Uv, margin")
    expected |= {(name, whose, k) for name in both for whose in usual for k in (1, 2, 3)}
    assert set(bundled()) == expected, "README's row of TkML-AP-Uv names the bundled ones"
