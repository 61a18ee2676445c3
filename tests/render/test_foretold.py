"""What Attack will do, told before it is pressed."""

from unittest.mock import Mock

import pytest

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.engine.label_roles import Roles
from demo.render.foretold import foretold
from demo.tabs.attack import updates

TRUE = ("cat", "diningtable", "person")
STEPS = "It changes the photo a little, step by step, to "
W = Mock()  # widgets stand for themselves: the answer is a dictionary by them


@pytest.mark.parametrize(
    ("goal", "k", "case", "words"),
    [
        ("cleared", 3, "best", "push cat, dining table and person out of the top 3."),
        ("cleared", 1, "best", "put a label that is not in the photo on top."),
        ("inconsistent", 3, "best", "put a label that is not in the photo into the top 3, in place of one that is."),
        ("inconsistent", 1, "best", "put a label that is not in the photo on top."),
        ("targeted", 3, "best", "put 3 labels that are not in the photo on top, the likeliest of them."),
        ("targeted", 1, "worst", "put a label that is not in the photo on top, the least likely of them."),
        ("ordered", 2, "random", "put 2 labels that are not in the photo on top, drawn at random, and in order."),
        ("hide", 3, "best", "push the labels to hide out of the top 3 and keep the other true ones in it."),
    ],
)
def test_it_says_what_the_goal_comes_to(goal: str, k: int, case: str, words: str) -> None:
    assert foretold("MinNorm", goal, k, Roles(TRUE), case) == STEPS + words


def test_labels_that_are_named_are_told_and_few_of_many() -> None:
    by_link = Roles(TRUE, targets=("dog", "sofa"))
    assert foretold("CW^k", "ordered", 2, by_link) == f"{STEPS}put dog and sofa on top in this order."
    assert foretold("CW^k", "ordered", 2, Roles(TRUE), "chosen").endswith(
        " put the labels you name on top in your order."
    )
    hiding = foretold("MinNorm", "hide", 3, Roles(TRUE, hidden=("cat",)))
    assert hiding == f"{STEPS}push cat out of the top 3 and keep dining table and person in it."
    assert foretold("MinNorm", "hide", 2, Roles(("cat",))) == f"{STEPS}push cat out of the top 2."
    many = foretold("TkML-AP-U", "cleared", 9, Roles(("cat", "dog", "sofa", "person", "car")))
    assert many == f"{STEPS}push cat, dog and 3 more out of the top 9."
    assert foretold("kUAPs", "cleared", 3, Roles(TRUE)).startswith(
        "It adds one change, made beforehand for all photos, to push"
    )


def test_every_choice_has_its_sentence_which_fits_a_phones_box() -> None:
    told = {
        foretold(attack, goal, k, Roles(TRUE), case)
        for attack in catalog.attacks()
        for goal in catalog.goals_of(attack)
        for case in catalog.TARGET_CASES
        for k in (1, 3)
    }
    assert len(told) >= 20 and all(1 < len(words) <= 140 and words[-1] == "." for words in told)
    assert all(any(f" {verb} " in words for verb in ("push", "put")) for words in told)


def test_another_choice_says_so_at_the_verdict_unless_a_run_stands_there() -> None:
    toggles = {"truth": ["cat", "dog"]}
    to_add = ("targeted", "worst", (), "TkML-AP-T")
    waits = updates.change_goal(W, "voc20", 2, toggles, False, *to_add)
    words = (
        "Press Attack. It changes the photo a little, step by step, to put 2 labels that are not in the photo on top"
    )
    assert words in waits[W.verdict]
    assert W.verdict not in updates.change_goal(W, "voc20", 2, toggles, True, *to_add)
    assert W.verdict not in updates.change_k(W, "", "voc20", 2, toggles, True, *to_add)
    nothing = updates.change_k(W, "", "voc20", 2, {"truth": []}, False, *to_add)
    assert W.verdict not in nothing  # where the ways out stand, and stay
    assert set(tk.GOALS) == {goal for attack in catalog.attacks() for goal in catalog.goals_of(attack)}
