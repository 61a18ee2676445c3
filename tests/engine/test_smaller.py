"""A finished run gone on with to a smaller change, and the numbers of one run, which agree wherever they stand."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import make_photos_small, to_the_end

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.engine import loop
from demo.engine.outcome import Outcome, conclude
from demo.engine.plan import AttackRequest, Plan, Start, plan_for
from demo.engine.replay import Recorder, Replay
from demo.engine.smaller import can_be_smaller, smaller, to_beat
from demo.render.run_figures import run_figures_html
from demo.render.run_plots import sizes
from demo.render.run_words import steps_words
from demo.render.status import done_html
from demo.render.verdict import sentence, sentences
from demo.tabs.attack import stage

CAUSES = {
    None: "the search ended by itself after ",
    "user": "you stopped the search after ",
    "time": "the 600-second clock ended the search after ",  # as in `run`
}


def run(plan: Plan) -> tuple[list[int], Replay]:
    """Which steps were shown, and the replay, whose outcome is the run's."""
    recorder = Recorder()
    frames, outcome = to_the_end(loop.run_here(plan, budget=600))
    for frame in frames:
        recorder.take(frame)
    return [frame.index for frame in frames if not frame.rounding], recorder.finish(outcome)


@pytest.fixture(scope="module")
def firm(photos: dict[str, Path]) -> Outcome:
    settings = {"confidence": catalog.FIRM}
    with pytest.MonkeyPatch.context() as patch:
        make_photos_small(patch)
        plan = plan_for(photos["cat"], AttackRequest("voc20", 1, "TkML-AP-U", ["cat"], settings=settings))
        return run(plan)[1].outcome


def test_it_goes_on_from_the_picture_and_is_as_firm_and_smaller(firm: Outcome) -> None:
    plan = smaller(firm)
    assert plan.request.attack == "MinNorm" and plan.attack.confidence == pytest.approx(catalog.FIRM, abs=0.01)
    assert plan.goal_name == firm.plan.goal_name and plan.photo is firm.plan.photo
    short = replace(plan, attack=replace(plan.attack, max_steps=30))
    frames, outcome = to_the_end(loop.run_here(short, budget=600))
    report = outcome.report
    assert (frames[0].x_adv == firm.x_adv).all()
    assert report["achieved"] and -report["margin"] >= plan.attack.confidence and report["l2"] < firm.report["l2"]
    assert report["started_from"] == {
        name: firm.report[name] for name in ("attack", "l2", "l2_before_rounding", "linf", "steps")
    }
    said, less = sentence(report), 100 * (1 - report["l2"] / firm.report["l2"])
    assert f"The change is now {less:.0f}% smaller" in said and "narrow" not in said
    assert "where TkML-AP-U had ended" in run_figures_html(report)
    assert can_be_smaller(outcome)


def test_where_nothing_smaller_is_found_that_is_said_and_nothing_is_lost(firm: Outcome) -> None:
    _, outcome = to_the_end(loop.run_here(smaller(firm), stop_asked=lambda: True))
    assert outcome.report["achieved"] and outcome.report["l2"] <= firm.report["l2"]
    same = {**outcome.report, "l2": firm.report["l2"]}
    assert sentence(same).startswith("No smaller change was found: you stopped the search ")
    ended = {**same, "stopped": None, "steps": 61}
    assert "The change is as small as this search finds: 61 steps more brought no smaller one." in sentence(ended)
    again = replace(outcome, report=ended)
    assert can_be_smaller(replace(outcome, report=same)) and not can_be_smaller(
        again
    )  # pressed once more it would do the same


def test_each_end_of_the_search_is_told_with_what_ended_it(firm: Outcome) -> None:
    """What ended it is in its first sentence, so that no other one crowds it out."""
    _, cut = to_the_end(loop.run_here(smaller(firm), budget=0.0))
    assert cut.report["stopped"] == "time" and can_be_smaller(cut)
    told = sentences({**cut.report, "l2": firm.report["l2"]})
    steps = steps_words(cut.report)
    when = f"after {steps}" if cut.report["steps"] else "before its first step"
    clock = f"the clock (0 s while others wait) ended the search {when}"
    assert told[0] == f"No smaller change was found: {clock}, so the change is the one from before."
    assert not any("Stopped" in words for words in told)
    hardly = sentences({**cut.report, "l2": 0.998 * firm.report["l2"]})[0]
    assert hardly.endswith("so the change is about as large as before.")
    start = {**firm.report, "started_from": {**firm.report}, "steps": 7, "true_labels_guessed": True}
    for stopped, cause in CAUSES.items():
        less = sentences({**start, "stopped": stopped, "l2": 0.8 * firm.report["l2"]})[0]
        assert (cause in less) is (stopped is not None) and "is now 20% smaller" in less
        same = sentences({**start, "stopped": stopped})[0]
        assert (cause + "7 steps" in same) is (stopped is not None)
        met = sentences({**start, "stopped": stopped, "margin_before": -0.2})[1]
        assert (cause in met) is (stopped is not None)
    slow = {**start, "stopped": "time", "steps": 0, "step_seconds": 14.0, "seconds": 21.0, "true_labels_guessed": False}
    assert "the 600-second clock ended the search before its first step" in sentences(slow)[0]
    assert sentences(slow)[-1] == (
        "The machine is busy or slow (a step took 14 s): press “Make the change smaller” again in a moment."
    )


def test_the_smallest_on_the_way_is_told_and_what_became_of_it(firm: Outcome) -> None:
    """Before rounding; where the 8-bit photo does not have it, the verdict says so, and no number is left without an end."""
    plan = smaller(firm)
    norm, unrounded = firm.report["l2"], to_beat(firm.report)
    half, part, *nothing = (
        stage.under_way(plan, plan.photo.logits, False, least)
        for least in (0.5 * unrounded, 0.985 * unrounded, None, unrounded, 0.996 * unrounded)
    )
    assert half == "50% smaller so far (before rounding for saving). The goal stays."
    assert "% smaller so far" in part and len(nothing) == 3
    assert all("Nothing smaller yet" in words and "%" not in words for words in nothing)
    assert plan.attack.schedule < tk.MinNorm().schedule
    report = {
        **firm.report,
        "started_from": plan.start and plan.start.report,
        "l2_smallest_on_the_way": 0.53 * unrounded,
    }
    for stopped in (None, "user", "time"):
        told = sentence({**report, "stopped": stopped})
        assert told.startswith(
            "The change is the one from before: on the way a change 0.53 times as large was enough, but no"
        )
        assert "as small as this search finds" not in told and "No smaller change was found" not in told
        assert CAUSES[stopped] in told
    # The end has the figure that stood there while the run went on, and what became of it; beside the same start, both rounded
    # or both not: of a start that rounding had made larger, the same is no news.
    told = sentence({**report, "l2": 0.8 * norm, "l2_before_rounding": 0.53 * unrounded})
    took = "(47% before rounding for saving, which took the rest)"
    assert told.startswith(f"The change is now 20% smaller {took}, as small as this search finds it. ")
    assert "ounding" not in sentence({**report, "l2": 0.53 * norm})
    start = {**firm.report, "l2": 86.0, "l2_before_rounding": 62.0}
    rough = replace(plan, start=Start(firm.x_adv, firm.logits, start))
    assert stage.under_way(rough, plan.photo.logits, False, 60.76).startswith("2% smaller so far")
    shorter = replace(
        plan, start=Start(firm.x_adv, firm.logits, {**start, "l2": 50.0})
    )  # by the search on whole levels
    assert stage.under_way(shorter, plan.photo.logits, False, 50.0).startswith("Nothing smaller yet")
    told = sentence({**report, "started_from": start, "l2": 84.3, "l2_smallest_on_the_way": 60.76})
    assert told.startswith("The change is now 2% smaller, as small as this search finds it. ")
    assert f"{firm.report['after'][0][0]} is on top instead of cat" in told  # what is seen, not only that it is wrong
    first = {**report, "started_from": None, "l2": 84.1, "l2_smallest_on_the_way": 61.7, "l2_before_rounding": 61.8}
    # Sizes stand in the table; of two that are nearly the same, the one that was rounded.
    assert "61.8 before rounding for saving" in run_figures_html(first) and "61.7" not in run_figures_html(first)
    assert "ounding" not in sentence(first) and "61" not in sentence(first)
    close = {**first, "l2_smallest_on_the_way": 83.8, "l2_before_rounding": 83.9}
    assert "ounding" not in sentence(close) and "On the way" not in sentence(close)
    other = sentence({**close, "l2_smallest_on_the_way": 61.7})  # another change than the one that was rounded
    assert "On the way a change 0.73 times as large was enough, but no longer once rounded for saving." in other
    assert "Before rounding for saving the goal was reached." in sentence({**first, "achieved": False})


@pytest.mark.parametrize(
    ("steps", "end", "met", "smallest"),
    [
        (9.0, 5.0, True, 5.0),
        (4.0, 5.0, True, 4.0),
        (None, 5.0, True, 5.0),
        (4.0, 5.0, False, 4.0),
        (None, 5.0, False, None),
    ],
)
def test_the_smallest_on_the_way_is_no_larger_than_what_was_rounded(
    firm: Outcome, steps: float | None, end: float, met: bool, smallest: float | None
) -> None:
    x = firm.plan.photo.x
    yes, one, norm = torch.tensor([met]), torch.tensor([1]), torch.tensor([end])
    ended = tk.Result(x, yes, yes, norm, norm, one, one, one)
    history = replace(firm.history, least=steps)
    assert conclude(firm.plan, ended, history, None, 1.0).report["l2_smallest_on_the_way"] == smallest


@pytest.mark.parametrize("why", [{"achieved": False}, {"l2": 0.0}])
def test_without_a_change_that_reached_its_goal_there_is_nothing_to_go_on_from(
    firm: Outcome, why: dict[str, Any]
) -> None:
    other = Outcome(firm.plan, firm.png, firm.logits, firm.history, {**firm.report, **why})
    assert not can_be_smaller(other)
    with pytest.raises(ValueError, match="Press Attack first"):
        smaller(other)


@pytest.mark.usefixtures("small_photos")
@pytest.mark.parametrize("attack", [name for name in catalog.attacks() if not catalog.precomputed(name)])
def test_all_numbers_of_a_run_agree(photos: dict[str, Path], attack: str) -> None:
    asks = tk.ATTACKS[attack].goals[0].asks_for
    request = AttackRequest(
        "mobilenet-voc20",
        2,
        attack,
        ["cat"],
        "best" if asks == "targets" else "",
        ["cat"] if asks == "hidden" else (),
        12,
    )
    shown, replay = run(plan_for(photos["cat"], request))
    report = replay.outcome.report
    assert shown[-1] == report["steps"], (shown, report["steps"])
    one = "query" if attack == "BlackBox" else "step"
    steps = re.search(r"(\d+) (step|steps|query|queries)<", done_html(replay.outcome))
    assert steps and int(steps[1]) == report["steps"] and steps[2].startswith(one[:4])
    assert replay.titles()[-1] == f"{one} {report['steps']}, saved"
    assert len(replay.outcome.history.loss) == len(shown)
    drawn = sizes(replay.outcome.history, replay.outcome)
    assert drawn[-2:] == [report["l2_before_rounding"], report["l2"]]
