"""The verdict in at most three sentences, the news first; no model, only reports."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from demo.catalog.goals import GOALS, NOTHING_TO_KEEP
from demo.engine.frames import Frame, History
from demo.engine.win import margin_words, won
from demo.render.captions import caption, comparison_caption
from demo.render.news import news_of
from demo.render.run_figures import run_figures_html
from demo.render.run_words import KEPT_BACK, NO_TIME_LEFT, clock_words, why_any
from demo.render.status import progress_words, speed_words
from demo.render.verdict import sentence, sentence_for_others, sentences, verdict_html, waiting_html
from tkml_core.labels import COCO80
from tkml_core.step import Step


def report(before: str, after: str, **more: Any) -> dict[str, Any]:
    """A report of a failed run: labels of the top-k before and after, best first."""
    was, now = ([[name, 0.5] for name in names.split()] for names in (before, after))
    return {
        "attack": "TkML-AP-T", "annotator": "voc20", "goal": "targeted", "k": len(was), "before": was, "after": now,
        "true_labels": [], "true_labels_guessed": False, "targets": [], "hidden": [], "achieved": False, "stopped": None,
        "steps": 6, "max_steps": 60, "l2": 300.0, "l2_before_rounding": 299.0, "linf": 4.0, "margin_of_win": -0.4, "settings": {},
        "consistent": False, "consistent_before": True, "pert": 0.01, "psnr": 40.0, "ssim": 0.99, "width": 64, "height": 64,
        "margin_before": 0.4, "forwards": 9, "backwards": 6, "seconds": 2.0, "time_limit": 60.0, "device": "CPU", **more,
    }  # fmt: skip


def test_a_part_of_the_goal_is_news() -> None:
    told = report(
        "motorbike cat sofa", "boat aeroplane cat", true_labels=["motorbike", "cat"], targets=["sofa", "boat", "aeroplane"],
        stopped="time",
    )  # fmt: skip
    assert sentences(told) == (
        "Boat and aeroplane are in, motorbike is gone; sofa is missing.",
        "Stopped at step 6 by the 60-second clock.",
        "Try a smaller k or another goal.",  # more steps would take more time
    )
    assert 'class="verdict partly"' in verdict_html(told) and "Partly" in verdict_html(told)


@pytest.mark.parametrize(
    ("chances", "words"),
    [
        ((0.97, 0.03, 0.03), "Person and car get only 3%."),
        ((0.97, 0.4, 0.03), "Person and car get 40% at most."),
        ((0.97, 0.9, 0.001), "Car gets less than 1%."),
        ((0.2, 0.2, 0.2), "The new labels get only 20%."),
        ((0.9, 0.8, 0.5), ""),
    ],
)
def test_a_new_label_that_is_unlikely_is_not_told_as_if_it_were_sure(chances: tuple[float, ...], words: str) -> None:
    won = report(
        "cat sofa cup", "dog person car", goal="cleared", true_labels=["cat"], achieved=True, margin_of_win=0.4
    )
    won |= {"after": [[name, chance] for (name, _), chance in zip(won["after"], chances, strict=True)]}
    told = sentences(won)
    assert told[0] == "No true label is left in the top 3: dog, person and car are in; cat is gone."
    assert told[-1] == "No pixel changed by more than 4 of 255." and told[1:-1] == ((words,) if words else ())
    assert "get" not in sentence({**won, "before": won["after"]})  # what was there is no news


def test_of_long_lists_a_few_labels_are_told_and_of_many_targets_how_many() -> None:
    names = sorted(COCO80, key=len)[-30:]
    was, now, targets = ([[name, 0.5] for name in some] for some in (names[:10], names[5:15], names[10:20]))
    true, aims = [name for name, _ in was], [name for name, _ in targets]
    told = {**report("a", "b", true_labels=true, targets=aims, k=10), "before": was, "after": now}
    news = sentences(told)[0]
    assert re.fullmatch(
        r"5 of 10 targets are in; [^,]+, [^,]+ and 3 more are gone; [^,]+, [^,]+ and 3 more are missing\.", news
    )
    assert sentences({**told, "after": was})[0] == "None of the 10 targets is in the top 10."
    won = {**told, "after": targets, "achieved": True, "margin_of_win": 1.0, "margin_before": 1.0}
    assert re.fullmatch(r"The top 10 is exactly the targets: [^,]+, [^,]+ and 8 more are gone\.", sentences(won)[0])


def test_a_list_of_one_is_told_as_the_label_on_top() -> None:
    told = report("cat", "dog", true_labels=["cat"], targets=["sofa"])
    assert sentences(told)[0] == "Dog is on top instead of cat; sofa is missing."
    assert sentences({**told, "after": told["before"]})[0] == "Cat is still on top, not sofa."
    won = {**told, "targets": ["dog"], "achieved": True, "margin_of_win": 1.0, "margin_before": 1.0}
    assert sentences(won)[0] == "The top label is exactly the target: dog is on top instead of cat."


def test_targets_that_were_there_before_are_no_news() -> None:
    told = report("cat sofa", "cat sofa", true_labels=["cat"], targets=["sofa", "boat"])
    assert not news_of(told).moved and "Not fooled" in verdict_html(told)
    assert sentences(told)[:2] == ("Boat is not in the top 2.", "It did not work within 6 steps.")


@pytest.mark.parametrize(
    ("goal", "more", "begins"),
    [
        ("cleared", {"true_labels": ["cat", "dog"]}, "Dog is gone; cat is still in the top 2."),
        ("hide", {"true_labels": ["cat", "dog"], "hidden": ["dog", "cat"]}, "Dog is gone; cat is still in the top 2."),
        (
            "inconsistent",
            {"true_labels": ["cat", "dog"]},
            "The top 2 still agrees with the truth. It did not",
        ),
    ],
)
def test_each_goal_has_its_parts(goal: str, more: dict[str, Any], begins: str) -> None:
    assert sentence(report("dog cat", "cat sofa", attack="MinNorm", goal=goal, **more)).startswith(begins)


@pytest.mark.parametrize(
    ("after", "true", "told"),
    [
        ("boat person horse", "cow boat person", ", and boat and person are in it; horse came in."),
        ("horse dog car", "cow", ", and horse, dog and car came in."),
        ("boat person", "cow boat person", ", and boat and person are in it."),
        ("horse", "cow boat", ": horse is there now."),
    ],
)
def test_hiding_names_what_came_in_for_it(after: str, true: str, told: str) -> None:
    hid = report(
        "cow boat person", after, attack="MinNorm", goal="hide", true_labels=true.split(), hidden=["cow"], achieved=True,
        margin_of_win=0.4, k=len(after.split()),
    )  # fmt: skip
    assert sentences(hid)[0].startswith("Cow is ") and sentences(hid)[0].endswith(told)


@pytest.mark.parametrize(
    ("goal", "before", "after", "more", "told"),
    [
        ("hide", "train car", "car bus", {"hidden": ["train"]}, "; bus came in, though train still has 79%."),
        ("hide", "train car", "car dog", {"hidden": ["train"], "true_labels": ["train"]}, ", though train still has 79%."),
        ("hide", "train car", "car", {"hidden": ["train"], "k": 1}, "Train is no longer the top label, and car is it, though "
         "train still has 79%."),
        ("cleared", "train car", "dog bus", {}, "train and car are gone, though they still have 60% or more."),
        ("cleared", "train", "dog", {"true_labels": ["train"]}, "dog is on top instead of train, though train still has 79%."),
        ("targeted", "train", "dog", {"targets": ["dog"]}, "dog is on top instead of train, though train still has 79%."),
        ("cleared", "train dog", "car dog", {"achieved": False}, "Train is gone, though it still has 79%; car is in the top 2."),
    ],
)  # fmt: skip
def test_a_label_that_was_pushed_out_and_is_still_sure_is_not_told_as_if_it_were_hidden(
    goal: str, before: str, after: str, more: dict[str, Any], told: str
) -> None:
    kept = {"true_after": [["train", 0.79], ["car", 0.6], ["dog", 0.9]], "true_labels": ["train", "car"]}
    made = report(
        before, after, attack="MinNorm", goal=goal, **{"achieved": True, "margin_of_win": 0.4, **kept, **more}
    )
    assert told in sentences(made)[0] and len(sentences(made)) <= 3
    smaller = {**made, "started_from": {"l2": 900.0, "attack": "MinNorm", "linf": 9.0, "steps": 60}}
    assert ("still ha" in sentences(smaller)[1]) or not made["achieved"]
    faint = {**made, "true_after": [["train", 0.49], ["car", 0.1]]}
    assert "though" not in sentence(faint)


@pytest.mark.parametrize(("true", "alone"), [(["cat"], True), (["cat", "sofa"], False)])
def test_hiding_all_there_is_is_said_to_be_pushing_out(true: list[str], alone: bool) -> None:
    hid = report("cat sofa", "dog sofa", attack="MinNorm", goal="hide", true_labels=true, hidden=["cat"], achieved=True)
    assert (NOTHING_TO_KEEP in sentence({**hid, "margin_of_win": 0.4})) == alone


def test_an_order_that_is_wrong_is_a_part() -> None:
    told = report("cat dog", "boat sofa", attack="CW^k", goal="ordered", true_labels=["cat"], targets=["sofa", "boat"])
    assert sentence(told).startswith("Boat and sofa are in, cat is gone; the targets are there, but not in the order")


def test_a_win_comes_before_the_way_it_ended_and_a_narrow_one_says_so() -> None:
    won = report(
        "cat", "dog", attack="TkML-AP-U", goal="cleared", true_labels=["cat"], achieved=True, stopped="time", margin_of_win=0.2,
        settings={"confidence": 1.0}, time_limit=20.0, seconds=18.5,
    )  # fmt: skip
    assert sentences(won) == (
        "The top label is not a true one: dog is on top instead of cat.",
        "It is a narrow win: ahead by 0.20 in raw scores, where 1 was asked for (margin κ).",
        "Stopped at step 6, as others were waiting for a run and this one had only 20 seconds.",
    )
    firm = {**won, "margin_of_win": 1.001}
    assert "narrow" not in sentence(firm) and "asked for: 1 (κ)" in run_figures_html(firm)


def test_a_margin_that_is_not_zero_is_never_shown_as_zero() -> None:
    margins = (1.234, 0.1, 0.0712, 0.0035, 0.000012, 0.0, -0.0035, -2.0)
    shown = [margin_words(margin) for margin in margins]
    assert shown == ["1.23", "0.10", "0.071", "0.0035", "0.000012", "0.00", "−0.0035", "−2.00"]
    close = report("cat", "dog", goal="cleared", true_labels=["cat"], achieved=True, margin_of_win=0.0035)
    assert ">0.0035<" in run_figures_html(close) and "asked for: 0 (κ), so that above 0" in run_figures_html(close)
    asked = {**close, "settings": {"confidence": 0.5}}
    assert "ahead by 0.0035 in raw scores, where 0.5 was asked for" in sentence(asked)


GUESSED = " Nobody marked what is true, so the annotator’s own answer before the attack counts as true: cat."


def test_a_figure_says_what_was_given_and_what_was_guessed() -> None:
    made = report("cat", "dog", true_labels=["cat"], true_labels_guessed=True, settings={"confidence": 0.5})
    words = caption(made)
    assert "not reached. Margin κ = 0.5, at most 60 steps and 60 s. ‖z‖₂" in words
    assert words.endswith(GUESSED)
    queries = {**made, "attack": "BlackBox", "max_steps": 1, "max_gradients": 9, "settings": {"confidence": 0}}
    both = comparison_caption([made, queries])
    assert (
        "Each: margin κ = 0.5, at most 60 steps and 60 s; margin κ = 0, at most 1 query, 9 gradients and 60 s." in both
    )
    assert both.endswith(GUESSED)
    by_gradients = [caption({**made, "max_steps": most, "max_gradients": 30}) for most in (30, 20)]
    assert "at most 30 gradients and 60 s" in by_gradients[0] and "steps" not in by_gradients[0]
    assert "at most 20 steps, 30 gradients and 60 s" in by_gradients[1]
    beforehand = {**made, "attack": "TkML-AP-Uv", "settings": {}, "true_labels_guessed": False}
    assert not any(word in caption(beforehand) for word in ("κ", "at most", "Nobody marked"))


def test_what_the_visitor_stopped_is_called_stopped_unless_it_brought_something() -> None:
    nothing = report("cat", "cat", goal="cleared", true_labels=["cat"], stopped="user")
    assert "Stopped" in verdict_html(nothing) and sentences(nothing) == (
        "Cat is still on top.",
        "Stopped after 6 steps.",
    )
    lost = {**nothing, "l2_smallest_on_the_way": 200.0}  # then it was reached, for a while
    assert sentences(lost)[1:] == ("Before rounding for saving the goal was reached.", "Stopped after 6 steps.")


def test_hiding_tells_what_it_did_to_the_measures_of_a_top_k() -> None:
    changes = {"precision_change": -0.5, "average_precision_change": 0.0, "ndcg_change": -0.386}
    hid = report(
        "cat dog", "dog sofa", attack="TKMIA", goal="hide", true_labels=["cat", "dog"], hidden=["cat"], **changes
    )
    assert "P@k −0.50, AP@k +0.00, NDCG@k −0.39" in run_figures_html(hid)
    earlier = report("cat", "dog", attack="MinNorm", goal="hide", true_labels=["cat"], hidden=["cat"])
    cleared = report("cat", "dog", attack="kFool", goal="cleared", true_labels=["cat"], **changes)
    assert "NDCG" not in run_figures_html(earlier) and "NDCG" not in run_figures_html(cleared)


@pytest.mark.parametrize(
    ("speed", "words"), [(12.3, "12 steps/s"), (1.0, "1 step/s"), (0.4, "2.5 s a step"), (0, "first step")]
)
def test_a_slow_run_does_not_go_at_no_speed(speed: float, words: str) -> None:
    assert speed_words(speed) == words


@pytest.mark.parametrize(
    ("seconds", "reached", "why"),
    [
        (38.5, 9.0, KEPT_BACK),
        (38.5, None, NO_TIME_LEFT),  # nothing to round
        (62.4, 9.0, "rounding the picture, so that it"),
        (62.4, None, "the last step took longer"),
    ],
)
def test_what_the_clock_ended_shows_seconds_that_agree_with_it_and_is_no_failure(
    seconds: float, reached: float | None, why: str
) -> None:
    cut = report(
        "cat",
        "cat",
        goal="cleared",
        true_labels=["cat"],
        stopped="time",
        seconds=seconds,
        l2_smallest_on_the_way=reached,
    )
    assert "Stopped at step 6 by the 60-second clock." in sentences(cut)
    table = run_figures_html(cut)
    assert f"{seconds} s of 60" in table and f"CPU; {why}" in table
    assert 'class="verdict cut"' in verdict_html(cut) and "Cut short" in verdict_html(cut)


def test_a_clock_that_became_shorter_is_told_in_words_and_not_as_seconds_of_fewer() -> None:
    cut = report(
        "cat", "dog", goal="cleared", true_labels=["cat"], achieved=True, margin_of_win=1.0, stopped="time", seconds=32.7,
        time_limit=20.0, time_limit_at_start=60.0, steps=45,
    )  # fmt: skip
    table, told = run_figures_html(cut), "the clock became 20 s when others came to wait"
    assert ">32.7 s<" in table and told in table and "of 20" not in table
    assert "Stopped at step 45, as others were waiting for a run and this one had only 20 seconds." in sentences(cut)
    in_time = {**cut, "seconds": 18.5}
    assert "18.5 s of 20" in run_figures_html(in_time) and told not in run_figures_html(in_time)
    assert why_any([cut, in_time, cut]) == f"{told}; or {NO_TIME_LEFT}"
    assert clock_words([60.0, 20.0]) == "the clock (60 s, 20 while others wait)"


@pytest.mark.parametrize(
    ("steps", "pace", "busy"), [(0, 14.04, "14 s"), (9, 2.1, "2 s"), (10, 4.0, ""), (3, 0.1, ""), (3, None, "")]
)
def test_where_the_machine_was_too_slow_the_choices_are_not_blamed(steps: int, pace: float | None, busy: str) -> None:
    slow = {"stopped": "time", "steps": steps, "step_seconds": pace, "seconds": 21.7}
    cut = report("cat", "cat", attack="BlackBox", goal="cleared", true_labels=["cat"], **slow)
    advice = sentences(cut)[-1]
    if busy:
        assert advice == f"The machine is busy or slow (a query took {busy}): press Attack again in a moment."
    assert ("smaller k" in advice) is not bool(busy)
    assert "busy" not in sentence({**cut, "stopped": None})


@pytest.mark.parametrize(
    ("top", "probability", "told"),
    [
        ("cat", 0.009, "There was little to fool: the annotator gave cat less than 1% before."),
        ("cat", 0.05, "There was little to fool: the annotator gave cat only 5% before."),
        ("dog", 0.9, "There was little to fool: the annotator did not have cat on top before."),
        ("cat", 0.4, ""),
    ],
)
def test_where_nothing_was_recognised_that_comes_before_the_win(top: str, probability: float, told: str) -> None:
    won = report(
        "cat", "sofa", goal="targeted", targets=["sofa"], true_labels=["cat"], achieved=True, margin_of_win=1.0,
        true_labels_guessed=True,
    )  # fmt: skip
    won["before"] = [[top, probability]]
    news, *rest = sentences(won)
    assert news.startswith(told or "The top label is exactly the target:") and len(rest) == 2
    assert ("Fooled" in verdict_html(won)) is not bool(told)
    assert "he top label is exactly the target" in sentence(won)
    assert rest[-1] == "The true labels are the annotator’s own guess."
    assert "own guess: to be sure, mark what is in the photo." in verdict_html(won)


def test_no_goal_speaks_of_a_list_of_one() -> None:
    for goal in GOALS.values():
        assert "top 1" not in goal.reached(1, ["cat"], ["dog"]) and "targets" not in goal.reached(1, ["cat"], [])


def test_a_run_that_changed_nothing_says_so_and_leaves_nothing_to_share() -> None:
    cut = report(
        "cat", "cat", goal="cleared", true_labels=["cat"], stopped="user", steps=0, l2=0.0, l2_before_rounding=0.0
    )
    assert sentences(cut)[1] == "Stopped after 0 steps; the photo is unchanged."
    assert "verdict cut" in verdict_html(cut) and " data-unchanged" in verdict_html(cut)
    changed = {**cut, "l2": 9.0}
    assert "unchanged" not in verdict_html(changed) and "unchanged" not in waiting_html("Press Attack.", "Looking")


def test_what_was_met_before_the_attack_is_no_win_and_says_so_first() -> None:
    met = report(
        "cat sofa", "sofa cat", targets=["cat", "sofa"], achieved=True, margin_of_win=1.01, margin_before=-0.2,
        settings={"confidence": 1.0},
    )  # fmt: skip
    assert sentences(met) == (
        "The goal was met before the attack: the top 2 was cat and sofa.",
        "A change of at most 4 of 255 at any pixel has it met by 1.01 in raw scores instead of 0.20.",
    )
    untouched = {**met, "l2": 0.0, "l2_before_rounding": 0.0}
    assert sentences(untouched)[1:] == ("The photo was left as it is.",)
    assert "Already so" in verdict_html(met) and "Fooled" not in verdict_html(met)
    assert not won(met) and won({**met, "margin_before": 0.2}) and "met before the attack" in run_figures_html(met)


def test_the_status_line_knows_what_is_asked_and_what_was_reached_so_far() -> None:
    plan: Any = SimpleNamespace(settings={"confidence": 1.0})
    history = History()

    def at(margin: float, norm: float) -> str:
        now = torch.tensor([margin])
        history.add(Step(1, now, now[None], now, torch.tensor([norm]), now, now < -1, now < -1))
        return progress_words(plan, Frame(1, now, now[None], history, margin < -1, margin < 0, 1.0, 1.0))

    assert (
        at(0.5, 9.0) == "goal not reached yet"
        and at(-0.5, 9.0) == "goal met, but not yet as far ahead as asked (κ = 1)"
    )
    assert (
        at(-1.5, 8.0) == at(0.5, 2.0) == "goal reached, smallest so far 8.0 before rounding"
    )  # it goes on, and keeps what it has


def test_a_card_begins_with_what_was_fooled_and_gives_no_advice() -> None:
    """Whoever reads it was not there: neither a clock nor how much smaller the change became is news to them."""
    start = {"attack": "TkML-AP-U", "l2": 600.0, "linf": 9.0, "steps": 5}
    shown = {"goal": "cleared", "true_labels": ["cat"], "stopped": "time", "l2_smallest_on_the_way": None}
    won = report("cat sofa", "dog sofa", achieved=True, margin_of_win=2.0, started_from=start, **shown)
    said = sentence_for_others(won)
    assert sentence(won).startswith("The change is now")
    assert said.startswith("No true label is left in the top 2: dog is in, cat is gone.")
    assert "clock" not in said and "smaller" not in said
    for stopped in (None, "time"):
        lost = report("cat sofa", "cat dog", **{**shown, "stopped": stopped})
        assert "Try " in sentence(lost) and sentence_for_others(lost) == sentence(lost).split(" Try ")[0]
