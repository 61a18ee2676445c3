"""What is said of labels outside a top-k."""

from types import SimpleNamespace
from typing import Any

import torch

from demo.engine.label_roles import Roles
from demo.render.labels import beyond, ranking
from demo.render.photo_card import after_html


def test_below_a_top_k_stands_where_the_best_of_the_former_labels_is_now() -> None:
    ranked = ranking(["car", "person", "<cat>"], [0.99, 0.97, 0.02], [0, 1, 2])
    assert "rank 2: person 97%" in beyond(ranked, 1, ["<cat>", "person"])
    assert "rank 3: &lt;cat&gt; 2%" in beyond(ranked, 1, ["car", "<cat>"])  # not the next one
    assert "rank 2: person 97%" in beyond(ranked, 1)
    assert beyond(ranked, 1, ["car"]) == beyond(ranked, 3) == ""  # all of them are in the list


def test_below_the_top_k_after_a_run_stands_a_true_label_that_is_out_before_any_other_that_has_left() -> None:
    plan: Any = SimpleNamespace(
        k=2,
        annotator=SimpleNamespace(labels=("sofa", "person", "dog", "car")),
        photo=SimpleNamespace(logits=torch.tensor([[3.0, 2.0, 0.0, -1.0]])),
        roles=Roles(("person",)),
    )

    def below(*logits: float) -> str:
        shown = after_html(plan, torch.zeros(1, 3, 8, 8), torch.tensor([logits]), True, "after")
        return shown.rpartition('<p class="beyond">')[2].partition("</p>")[0]

    assert below(0.0, -5.0, 3.0, 2.0) == "rank 4: person &lt;1%"  # sofa is better, and was there, too
    assert below(0.0, 5.0, 3.0, -2.0) == "rank 3: sofa 50%"  # no true label is out
