"""The peers' step rules: on a linear annotator each comes near the exact optimum, never below it; their table."""

import json
from pathlib import Path

import numpy as np
import pytest
from oracles import linear, mask_of, targeted_optimum, weights_of
from test_attacks_linear import scores_of

import tkml_core as tk
from tkml_core.experiments.peers.__main__ import main
from tkml_core.experiments.peers.method import PEERS, Peer
from tkml_core.experiments.peers.table import tables

NEAR = {"DDN": 1.001, "FMN": 1.001, "ALMA": 1.01, "APGD": 1.03, "PDPGD": 1.4}  # of the optimum, after 300 gradients


@pytest.mark.parametrize("name", list(PEERS))
def test_a_peer_comes_near_the_optimum_of_a_linear_annotator(name: str) -> None:
    found, x = linear(13, 6)
    scores = scores_of(found, x)
    true = mask_of({int(np.argmax(scores))}, 6)
    targets = tk.choose_targets("best", found(x), true=true, k=1)
    optimum = 255 * targeted_optimum(weights_of(found), scores, set(targets[0].nonzero()[:, 0].tolist()))
    goal = tk.Targeted(targets=targets, true=true)
    for smooth in (False, True):
        result = Peer(name, 300, smooth)(found, x, goal)
        assert result.achieved.item() and result.backwards.item() <= 302  # two more are the grid search's
        assert optimum * (1 - 1e-6) <= result.norm_float.item() <= NEAR[name] * optimum


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
