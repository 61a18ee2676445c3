"""What BlackBox is measured beside, and the table of both."""

import torch
from oracles import linear

import tkml_core as tk
from tkml_core.experiments.blackbox.__main__ import attacked
from tkml_core.experiments.blackbox.square_attack import SquareAttack
from tkml_core.experiments.blackbox.table import table
from tkml_core.experiments.measured_photos import Row


def test_both_are_measured_query_by_query() -> None:
    annotator, x = linear(5, 5, images=2)
    with torch.no_grad():
        logits = annotator(x)
    goal = tk.Cleared(true=tk.topk_mask(logits, 2), k=2)
    rows = [Row(str(i), lambda: x[:1], goal.true[i], goal.true[i], logits[i]) for i in range(2)]
    for kind in (SquareAttack, tk.BlackBox):
        for line in attacked(kind(max_steps=600, epsilon=16), annotator, x, goal, rows):
            assert line["achieved"] and 1 < line["first"] < 600 and line["forwards"] == 600
            assert line["norms"]["500"] <= line["norms"]["250"] and line["norm"] <= line["norms"]["500"]


def test_the_table_compares_the_photos_that_both_attacked() -> None:
    """Square Attack misses photo b, so that its queries count as later than all others and its norm for nothing."""
    cell = {
        "annotator": "voc20", "weights": "0", "case": "best", "k": 3, "queries": 2000, "epsilon": 8, "side": 96, "seed": 0
    }  # fmt: skip
    lines = [
        {**cell, "method": method, "key": key, "achieved": bool(first), "first": first, "norm": norm, "norms": {"250": norm}}
        for method, key, first, norm in [
            ("Square Attack", "a", 40, 800.0), ("Square Attack", "b", None, 900.0), ("Square Attack", "c", 7, 100.0),
            ("BlackBox", "a", 20, 400.0), ("BlackBox", "b", 90, 500.0),
        ]
    ]  # fmt: skip
    shown = table(lines)
    assert "| voc20 | best | 3 | 8 | 96 | Square Attack | 2 | 1 | – | 850 (2) | – | – | 800 (1) |" in shown
    assert "| voc20 | best | 3 | 8 | 96 | BlackBox | 2 | 2 | 55 | 450 (2) | – | – | 450 (2) |" in shown
    assert "| voc20 | best | 3 | 8 | 96 | 1 | 2, 0 | 0.5 | 0.50 | 1, 0 | 1 |" in shown
