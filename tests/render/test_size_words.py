"""How large a change is: one measure for everybody first, the same wherever it stands, and why rounding changes the other one."""

import re

import pytest
import torch
from test_verdict import report

from demo.render.photo_card import change_html
from demo.render.run_figures import run_figures_html
from demo.render.verdict import sentence

LARGER = "That made it larger, as a value of a saved picture moves by whole levels or not at all"
SMALLER = "whose search for whole levels goes on making it smaller"


def text(html: str) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", html).replace("  ", " ")


def test_levels_come_first_and_the_length_second_in_the_same_words() -> None:
    x = torch.full((1, 3, 8, 8), 100 / 255)
    x_adv = x.clone()
    x_adv[0, 0, 0, :2] = 104 / 255
    shown = change_html(x, x_adv, lossless=False)
    assert re.search(r">most at one pixel</dt><dd>4 <small>of 255<.*>5\.7 <small>‖z‖₂<", shown)
    won = report("cat", "dog", goal="cleared", true_labels=["cat"], achieved=True, margin_of_win=1.0)
    assert "No pixel changed by more than 4 of 255." in sentence(won)
    table = text(run_figures_html(won))
    assert "Most at one pixel 4 of 255" in table and table.index("Most at one pixel") < table.index(
        "Size of the change"
    )


@pytest.mark.parametrize(("stopped", "said"), [("time", True), ("user", False), (None, False)])
def test_where_the_clock_ended_a_run_the_same_seed_is_not_said_to_give_the_same(
    stopped: str | None, said: bool
) -> None:
    table = text(run_figures_html(report("cat", "dog", stopped=stopped, time_limit=60.0)))
    assert ("the same seed may give another result" in table) is said


@pytest.mark.parametrize(
    ("before", "why", "other"),
    [
        (280.0, LARGER, SMALLER),
        (320.0, SMALLER, LARGER),
        (300.04, "", LARGER),
        (298.0, "", LARGER),
        (302.0, "", SMALLER),
    ],
)
def test_beside_the_size_before_rounding_stands_why_it_is_another_one(before: float, why: str, other: str) -> None:
    table = text(run_figures_html(report("cat", "dog", l2=300.0, l2_before_rounding=before)))
    assert f"{before:.1f} before rounding for saving" in table
    assert why in table and other not in table and (why or SMALLER not in table)
