"""The peers' step rules: on a linear annotator each comes near the exact optimum, never below it; their table."""

import csv
import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from oracles import linear, mask_of, targeted_optimum, weights_of
from test_attacks_linear import scores_of

import tkml_core as tk
from tkml_core.experiments.peers.__main__ import main
from tkml_core.experiments.peers.method import PEERS, Peer
from tkml_core.experiments.peers.packaged import PACKAGED
from tkml_core.experiments.peers.table import tables
from tkml_core.measured import peers_csv
from tkml_core.measured.lines import read
from tkml_core.measured.peers import InCell, OverCells, by_cell, in_cells, over_cells

NEAR = {"DDN": 1.001, "FMN": 1.001, "ALMA": 1.01, "APGD": 1.03, "PDPGD": 1.4}  # of the optimum, after 300 gradients


NEAR |= {f"{name} (adv-lib)": most for name, most in NEAR.items() if name != "APGD"} | {"ALMA (adv-lib)": 1.05}
INSTALLED = list(PACKAGED) if importlib.util.find_spec("adv_lib") else []  # optional: tests/peers.txt


def linear_problem() -> tuple[tk.Annotator, torch.Tensor, tk.Goal, float]:
    """A linear annotator, a photo, a label to plant and the length of the shortest z that plants it."""
    found, x = linear(13, 6)
    scores = scores_of(found, x)
    true = mask_of({int(np.argmax(scores))}, 6)
    targets = tk.choose_targets("best", found(x), true=true, k=1)
    optimum = 255 * targeted_optimum(weights_of(found), scores, set(targets[0].nonzero()[:, 0].tolist()))
    return found, x, tk.Targeted(targets=targets, true=true), optimum


@pytest.mark.parametrize("name", [*PEERS, *INSTALLED])
def test_a_peer_comes_near_the_optimum_of_a_linear_annotator(name: str) -> None:
    found, x, goal, optimum = linear_problem()
    for smooth in (False, True):
        result = Peer(name, 300, smooth)(found, x, goal)
        assert result.achieved.item() and result.backwards.item() <= 302  # two more are the grid search's
        assert optimum * (1 - 1e-6) <= result.norm_float.item() <= NEAR[name] * optimum


def test_an_attack_on_one_class_is_given_the_goal_as_a_choice_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a package's attack would, this one takes steps until the class is another, and hands nothing back."""
    found, x, goal, optimum = linear_problem()
    seen: list[tuple[int, ...]] = []

    def one(model: torch.nn.Module, inputs: torch.Tensor, labels: torch.Tensor, **options: Any) -> None:
        z = torch.zeros_like(inputs)
        for _ in range(options.get("steps") or options["num_steps"]):
            leaf = (inputs + z).requires_grad_()
            scores = model(leaf)
            seen.append(tuple(scores.shape))
            (gradient,) = torch.autograd.grad((scores[:, 0] - scores[:, 1]).sum(), leaf)
            if scores.argmax(1) == labels:
                z = z - 0.01 * gradient / gradient.norm()

    for name in ("ddn", "fmn", "alma", "pdpgd"):
        monkeypatch.setitem(sys.modules, "adv_lib.attacks", SimpleNamespace(**{name: one}))
        seen.clear()
        result = Peer(f"{name.upper()} (adv-lib)", 100)(found, x, goal)
        assert set(seen) == {(1, 3 if name == "alma" else 2)} and 100 <= result.backwards.item() <= 102
        assert result.achieved.item() and optimum <= result.norm_float.item() <= 1.001 * optimum


def test_without_the_package_a_sentence_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found, x, goal, _ = linear_problem()
    monkeypatch.setitem(sys.modules, "adv_lib.attacks", None)
    with pytest.raises(SystemExit, match=r"pip install -r tests/peers\.txt"):
        Peer("FMN (adv-lib)", 10)(found, x, goal)


def test_the_table_is_of_the_photos_that_both_solve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = {"annotator": "voc20", "case": "worst", "k": 3, "gradients": 100, "side": 96}
    lines = [
        {**cell, "method": method, "key": key, "achieved": achieved, "norm": 2 * norm, "norm_float": norm}
        for method, key, achieved, norm in [
            ("MinNorm", "a", True, 10.0), ("MinNorm", "b", True, 30.0), ("DDN", "a", True, 20.0), ("DDN", "b", False, 0.0)
        ]
    ]  # fmt: skip
    out = tmp_path / "lines.jsonl"
    out.write_text("\n".join(map(json.dumps, lines)) + '\n{"annotator": "voc')
    main(["--table", "--out", str(out)])
    shown = capsys.readouterr().out
    assert "| voc20 | worst | 3 | 100 | 96 | MinNorm | 2 of 2 | 1 | 1.00, 1.00 – 1.00 | 0 of 2 | 1 | 1.00 |" in shown
    assert "| voc20 | worst | 3 | 100 | 96 | DDN | 1 of 2 | 1 | 2.00, 2.00 – 2.00 | 1 of 1 | 1 | 2.00 |" in shown
    assert "| 100 | DDN | 1 : 2 of 2 | 2.00, 2.00 – 2.00 | 1 of 1 | 1 |" in shown
    alone = tables([line for line in lines if line["method"] != "MinNorm"])  # nothing to compare with, and no error
    assert "| DDN | 1 of 2 | – | – | – | – | – |" in alone and "| 100 | DDN |" not in alone
    cells = by_cell(lines)  # the same rows stand beside the lines, for who shows them without SciPy
    assert peers_csv.read_rows(out, InCell) == in_cells(cells)
    assert peers_csv.read_rows(out, OverCells) == over_cells(cells)
    assert peers_csv.read_rows(tmp_path / "other.jsonl", InCell) == []


def test_the_rows_beside_the_published_lines_are_theirs() -> None:
    """After new lines the command with --table writes them. SciPy's versions differ in p, not in what is counted."""
    folder = Path(__file__).parents[2] / "assets" / "measured"
    for name, text in peers_csv.files("peers", list(read(folder / "peers.jsonl"))).items():
        with (folder / name).open(newline="", encoding="utf-8") as file:
            for saved, made in zip(csv.DictReader(file), csv.DictReader(text.splitlines()), strict=True):
                assert saved.keys() == made.keys()
                for column, was in saved.items():
                    near = 0.01 if column == "p_goal" or column.endswith("_p") else 0
                    assert was == made[column] or float(was) == pytest.approx(float(made[column]), rel=1e-6, abs=near)


def test_photos_of_several_cells_count_once() -> None:
    """Six photos in two cells, DDN's z longer by a tenth and by a half: six pairs, not twelve."""
    lines = [
        {
            "annotator": "voc20", "case": case, "k": 3, "gradients": 100, "side": 96, "method": method, "key": str(i),
            "achieved": True, "norm": length, "norm_float": length,
        }
        for case, longer in (("worst", 1.1), ("random", 1.5)) for i in range(6)
        for method, length in (("MinNorm", 10.0 + i), ("DDN", longer * (10.0 + i)))
    ]  # fmt: skip
    mean, p = (1.1 * 1.5) ** 0.5, 2 / 2**6
    assert f"| 100 | DDN | 12 : 12 of 12 | {mean:.2f}, {mean:.2f} – {mean:.2f} | 6 of 6 | {p:.2g} |" in tables(lines)


def test_lines_of_other_weights_are_not_mixed_with_new_ones(tmp_path: Path) -> None:
    out = tmp_path / "lines.jsonl"
    line = {"annotator": "voc20", "case": "worst", "k": 3, "gradients": 100, "side": 96, "method": "DDN", "key": "a"}
    out.write_text(json.dumps({**line, "weights": "0" * 12}) + "\n")
    with pytest.raises(SystemExit, match="voc20 with the weights 000000000000"):
        main(["--annotator", "voc20", "--out", str(out)])
