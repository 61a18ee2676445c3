"""Small pieces of English: numbers with what is counted, and the plural that goes with them."""

import pytest

from demo.catalog.english import counted, in_top
from demo.render.goal_words import given_words
from demo.render.news import so_far
from demo.render.run_words import steps_words
from demo.render.status import speed_words
from demo.tabs.compare.limits import Limit
from demo.tabs.tables import numbers
from demo.tabs.tables.measured import MEASURED
from tkml_core.measured import lines, summary


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 photos"), (1, "1 photo"), (11, "11 photos"), ("1 to 2", "1 to 2 photos"), ("0 of 1", "0 of 1 photo")],
)
def test_what_is_counted_agrees_with_the_number_before_it(number: int | str, words: str) -> None:
    assert counted(number, "photo") == words


def test_a_plural_with_more_than_an_s_is_used_from_two_on() -> None:
    assert [counted(n, "query", "queries") for n in (1, 2)] == ["1 query", "2 queries"]


@pytest.mark.parametrize(
    ("attack", "unit"), [("TkML-AP-U", ("step", "steps")), ("BlackBox", ("query", "queries"))]
)  # fmt: skip
@pytest.mark.parametrize("number", [1, 2])
def test_steps_and_limits_agree_in_whatever_an_attack_counts(attack: str, unit: tuple[str, str], number: int) -> None:
    one_or_many = unit[number - 1]
    assert steps_words({"attack": attack, "steps": number}) == f"{number} {one_or_many}"
    assert speed_words(number, *unit) == f"{number} {one_or_many}/s"
    report = {"attack": attack, "settings": {"confidence": 1.0}}
    gradients = "gradient" if number == 1 else "gradients"
    assert given_words({**report, "max_steps": number}) == f"margin κ = 1, at most {number} {one_or_many}"
    assert given_words({**report, "max_gradients": number}) == f"margin κ = 1, at most {number} {gradients}"


def test_a_comparisons_limit_agrees_with_its_number() -> None:
    assert [str(Limit(kind, n)) for kind in ("steps", "gradients", "seconds") for n in (1, 5)] == [
        "1 step", "5 steps", "1 gradient", "5 gradients", "1 s", "5 s",
    ]  # fmt: skip


@pytest.mark.parametrize(("k", "place"), [(1, "on top"), (3, "in the top 3")])
def test_a_label_stands_on_top_or_in_the_top_k_wherever_that_is_said(k: int, place: str) -> None:
    """A "top label" has no labels left in it, and two tabs do not call one place by two names."""
    assert in_top(k) == place
    report = {"goal": "cleared", "k": k, "before": [("cat", 0.9)], "after": [("cat", 0.8)], "targets": [], "hidden": []}
    assert so_far({**report, "true_labels": ["cat"], "achieved": False}) == f"cat is still {place}"
    made = summary.figures(summary.by_cell(lines.read(MEASURED)))
    ours = [one for one in made if (one.cell.case, one.cell.k) == ("universal", k)]
    assert numbers.universal(ours).reading.endswith(f" photos have no true label left {place}.")
