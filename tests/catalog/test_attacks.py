"""The words for attacks: one that the core registers is on the page, with or without words of its own."""

from dataclasses import dataclass
from pathlib import Path

import pytest

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.engine.loop import run_here
from demo.engine.plan import AttackRequest, plan_for
from demo.render.run_figures import run_figures_html
from demo.render.verdict import verdict_html
from tkml_core.step_generators import drain


@dataclass(frozen=True)
class Newcomer(tk.TkMLAPU):
    """Does as TkML-AP-U does,
    under another name.

    Nobody has written words for it.
    """

    max_steps: int = 7


@pytest.fixture
def newcomer(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(tk.ATTACKS, "Newcomer", Newcomer)
    return "Newcomer"


def test_an_attack_without_words_is_told_of_by_its_docstring(newcomer: str) -> None:
    assert list(catalog.attacks())[-1] == catalog.label_of(newcomer) == newcomer
    assert catalog.sentence(newcomer, "voc20") == "Does as TkML-AP-U does, under another name."
    assert catalog.steps_shown(newcomer) == {"value": 7, "label": "Steps at most"}
    assert catalog.label_of("TkML-AP-U") == "Push the true labels out (TkML-AP-U)"


def test_what_lambda_is_in_an_attack_that_has_it_is_told_of_each() -> None:
    able = [attack for attack in tk.ATTACKS if "lambda_0" in catalog.setting_names(attack)]
    told = [catalog.choice_of(attack).threshold for attack in able]
    assert able == ["TkML-AP-U", "TkML-AP-T"] and told == ["best true − λ", "λ"]  # as Eq. 8 and Eq. 12 have it


def test_an_attack_that_asks_for_less_than_the_others_says_so() -> None:
    told = {attack: catalog.sentence(attack, "voc20") for attack in catalog.attacks()}
    assert [attack for attack, words in told.items() if "does not compare" in words] == ["MinNorm"]
    assert f"its margin of the win (κ) is 0, that of others {catalog.FIRM:g}:" in told["MinNorm"]


def test_the_engine_takes_every_registered_attack(newcomer: str, photos: dict[str, Path]) -> None:
    plan = plan_for(str(photos["cat"]), AttackRequest("voc20", 1, newcomer, ["cat"], max_steps=1))
    report = drain(run_here(plan)).report
    assert isinstance(plan.attack, Newcomer) and report["attack"] == newcomer and report["steps"] <= 1
    assert "verdict" in verdict_html(report) and "Steps" in run_figures_html(report)
