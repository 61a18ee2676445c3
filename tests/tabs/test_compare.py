"""The comparison of methods: who may take part, whose turn it is, and what is said at the end; no server, no browser."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import handed_on, make_photos_small, with_universal
from markupsafe import escape

from demo.catalog import attacks as catalog
from demo.engine import loop
from demo.engine.annotators import load_annotator
from demo.engine.guessed_truth import RULE
from demo.engine.plan import MAX_STEPS
from demo.engine.recordings import recording
from demo.photos.public_names import photo_id
from demo.photos.selection import Source
from demo.render.captions import comparison_caption
from demo.render.goal_words import goal_words
from demo.render.run_words import KEPT_BACK, NO_TIME_LEFT
from demo.tabs.attack.form import page_plan
from demo.tabs.compare import follow, methods, rounds, summary, totals
from demo.tabs.compare.events import UNMARKED, asked, entry_of, strip, why_left_out
from demo.tabs.compare.follow import Wish
from demo.tabs.compare.limits import FIRST, Limit
from demo.tabs.compare.methods import AIMS, ColumnUpdate, ComparisonRequest, Entry
from demo.tabs.compare.render import (
    column_html,
    heading_html,
    methods_html,
    opening,
    original_html,
    past_html,
    stale_html,
    strip_html,
)
from demo.tabs.compare.rounds import Round
from demo.tabs.compare.widgets import Choices
from tkml_core.step_generators import drain

STEPS = Limit("steps", 5)


@pytest.fixture(scope="module")
def cat(photos: dict[str, Path]) -> Entry:
    return Entry(str(photos["cat"]), "voc20", 1, ("cat",), title="Cat")


@pytest.fixture(scope="module")
def ended(cat: Entry) -> tuple[list[Any], list[ColumnUpdate]]:
    """A comparison of two methods, run to its end."""
    with pytest.MonkeyPatch.context() as patch:
        make_photos_small(patch)
        plans = methods.plans(cat, "cleared", ["MinNorm", "TkML-AP-U"], Limit("steps", 30), 0)
        return plans, list(methods.column_updates(plans, lambda: False, budget=600))


def test_only_methods_that_can_have_the_goal_are_offered() -> None:
    for name, aim in AIMS.items():
        assert set(aim.first) <= set(methods.able(name)) and len(aim.first) >= 2
        assert all(aim.goal in catalog.goals_of(method) for method in methods.able(name))
    assert {"TkML-AP-U", "kFool", "MinNorm"} <= set(methods.able("cleared"))
    assert {"TkML-AP-T", "ML-AP", "MinNorm"} <= set(methods.able("worst"))
    assert "kFool" not in methods.able("worst") and "ML-AP" not in methods.able("cleared")
    assert methods.most_columns() == max(len(methods.able(aim)) for aim in AIMS)


def test_ready_made_methods_are_offered_where_they_were_made() -> None:
    assert set(methods.offered("cleared", "voc20", 19)) == {
        name for name in methods.able("cleared") if not catalog.precomputed(name)
    }
    assert "kUAPs" in methods.offered("cleared", with_universal(), 3)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"methods": []}, "Tick at least one method"),
        ({"methods": None}, "Tick at least one method"),
        ({"methods": ["ML-AP"]}, "must be one of 'TkML-AP-U'"),
        ({"aim": "everything"}, "must be one of 'cleared'"),
        ({"limit": Limit("steps", 0)}, "max_steps must be a whole number from 1 to 2000"),
        ({"limit": Limit("gradients", 3000)}, "must be a whole number from 1 to 2000"),
        ({"limit": Limit("gradients", 5), "methods": ["BlackBox"]}, "must be one of 'TkML-AP-U'"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"k": 20}, "k must be a whole number from 1 to 19"),
    ],
)
def test_a_wrong_wish_is_refused_in_words(cat: Entry, wish: dict[str, Any], words: str) -> None:
    values = {"aim": "cleared", "methods": ["MinNorm"], "limit": STEPS, "seed": 0, **wish}
    entry = Entry(cat.photo, cat.annotator, values.pop("k", 1), cat.true)
    with pytest.raises(ValueError, match=words):
        methods.plans(entry, **values)


def test_all_methods_get_the_same_task(cat: Entry) -> None:
    entry = Entry(cat.photo, cat.annotator, 3, cat.true)
    plans = methods.plans(entry, "random", ["BlackBox", "ML-AP", "TkML-AP-T", "MinNorm"], Limit("steps", 7), 5)
    assert [plan.request.attack for plan in plans] == ["TkML-AP-T", "ML-AP", "MinNorm", "BlackBox"]
    assert len({plan.roles.targets for plan in plans}) == 1 and len(plans[0].roles.targets) == 3
    assert {plan.attack.max_steps for plan in plans} == {7} and {plan.goal_name for plan in plans} == {"targeted"}
    other = methods.plans(entry, "random", ["TkML-AP-T"], Limit("steps", 7), 6)
    assert other[0].roles.targets != plans[0].roles.targets


def test_columns_fill_one_after_the_other(ended: tuple[list[Any], list[ColumnUpdate]]) -> None:
    plans, seen = ended
    assert [plan.request.attack for plan in plans] == ["TkML-AP-U", "MinNorm"]
    assert [moment.column for moment in seen] == sorted(moment.column for moment in seen)
    ends = [moment for moment in seen if moment.outcome]
    assert [moment.column for moment in ends] == [0, 1] and seen[-1] is ends[-1]
    assert all((moment.frame is None) is (moment.outcome is not None) for moment in seen)
    for column in (0, 1):
        assert seen[[moment.column for moment in seen].index(column)].frame.index == 0


@pytest.mark.usefixtures("small_photos")
def test_a_column_is_the_run_that_the_attack_tab_would_make(ended: tuple[list[Any], list[ColumnUpdate]]) -> None:
    plans, seen = ended
    alone = drain(loop.run_here(plans[0], budget=600))
    once, again = (dict(outcome.report) for outcome in (seen_outcome(seen, 0), alone))
    assert once.pop("seconds") and again.pop("seconds") and once == again


def seen_outcome(seen: list[ColumnUpdate], column: int) -> Any:
    return next(moment.outcome for moment in seen if moment.outcome and moment.column == column)


def test_stop_keeps_what_is_there_and_begins_nothing_new(cat: Entry) -> None:
    plans = methods.plans(
        Entry(cat.photo, "coco80", 10, cat.true), "worst", ["TkML-AP-T", "ML-AP"], Limit("steps", 2000), 0
    )
    seen: list[ColumnUpdate] = []
    for moment in methods.column_updates(plans, lambda: len(seen) >= 1, budget=600):
        seen.append(moment)
    assert {moment.column for moment in seen} == {0} and seen[-1].outcome
    report = seen[-1].outcome.report
    assert report["stopped"] == "user" and report["steps"] <= 2 and not report["achieved"]
    words = summary.sentence(plans, [report, None], done=True)
    assert "TkML-AP-T was stopped. Stopped before ML-AP had a turn." in words and "did not reach" not in words
    late = summary.sentence(plans, [{**report, "stopped": "time", "time_limit": 60.0}, None], done=True)
    assert f"TkML-AP-T was stopped by the 60-second clock before it was reached: {NO_TIME_LEFT}." in late
    table = summary.table_html(plans, [report, None], done=True)
    assert ">stopped<" in table and ">not run<" in table
    assert "Stopped" in column_html(plans[0], seen[-1])
    report["stopped"] = "time"  # as the clock leaves it
    column, table = column_html(plans[0], seen[-1]), summary.table_html(plans, [report, None], done=True)
    assert 'class="stand cut"' in column and "Cut by the clock</b>" in column and "s of 600<" in column
    assert "<span>cut by the clock</span>" in table and "missed" not in table and "s of 600<" in table
    taken = f", gradients taken: TkML-AP-T {report['backwards']}"
    assert summary.given_words(STEPS, [report, None]) == f"up to {STEPS} each, 600 s each{taken}"
    assert summary.given_words(STEPS, [None]) == f"up to {STEPS} each"


def test_whoever_waits_comes_between_two_methods(cat: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison holds a place for one run at a time."""

    def run(*_: Any) -> Iterator[Any]:
        yield from ()
        return SimpleNamespace(report={"stopped": None})

    monkeypatch.setattr(methods, "run_plan", run)
    plans = methods.plans(cat, "cleared", ["MinNorm", "TkML-AP-U"], STEPS, 0)

    def several(turn: Any) -> Iterator[ColumnUpdate]:
        return methods.column_updates(plans, turn.stop_asked, turn.clock, turn.next)

    assert handed_on(several, lambda update: update.outcome, lambda update: update.waiting) == ["ended", "waits"]


def test_a_comparison_that_is_dropped_stops_working(cat: Entry) -> None:
    plans = methods.plans(cat, "worst", ["TkML-AP-T"], Limit("steps", 2000), 0)
    seen = methods.column_updates(plans, lambda: False)
    next(seen)
    seen.close()
    with pytest.raises(StopIteration):
        next(seen)


def reports(*norms: float | None) -> list[dict[str, Any] | None]:
    """A report for each norm; a negative norm is a failure, None no end."""
    made: list[dict[str, Any] | None] = []
    for place, norm in enumerate(norms):
        report = dict.fromkeys(summary.CSV_FIELDS, 1) | {
            "attack": ("TkML-AP-U", "kFool", "MinNorm")[place], "achieved": (norm or 0) >= 0, "l2": abs(norm or 0),
            "pert": 0.02, "psnr": None, "stopped": None, "time_limit": 60.0, "max_steps": 200, "steps": 200,
            "photo": "cat", "true_labels": ["cat", "dog"], "targets": [], "hidden": [], "after": [["cow", 0.5]], "settings": {},
            "goal": "cleared", "margin_before": -0.5 if norm == 0 else 0.5, "margin": 0.5 if (norm or 0) < 0 else -0.5,
            "margin_of_win": -0.5 if (norm or 0) < 0 else 0.5,
        }  # fmt: skip
        made.append(None if norm is None else report)
    return made


def test_what_a_run_had_too_little_of_is_said(three: list[Any]) -> None:
    asked, enough, won = (
        {**report, "attack": "BlackBox", "max_steps": most, "steps": most}
        for report, most in zip(reports(-1.0, -1.0, 1.0), (200, 2000, 200), strict=True)
        if report
    )
    assert [summary.shortage(report) for report in (asked, enough, won)] == ["with only 200 queries", "", ""]
    words = summary.sentence(three[:2], [asked, enough], done=True)
    assert "BlackBox with only 200 queries and BlackBox did not reach it." in words
    cut = {**won, "stopped": "time", "l2_smallest_on_the_way": 3.0}
    words = summary.sentence(three[:1], [cut], done=True)
    assert (
        "Only BlackBox reached it" in words
        and f"BlackBox was stopped by the 60-second clock, and might have come to less: {KEPT_BACK}." in words
    )
    assert "<span>met</span><small>cut by the clock</small>" in summary.table_html(three[:1], [cut], done=True)
    halted = {**won, "stopped": "user"}
    words = summary.sentence(three[:1], [halted], done=True)
    assert "Only BlackBox reached it" in words and "BlackBox might have come to less, but was stopped." in words
    assert "<span>met</span><small>then stopped</small>" in summary.table_html(three[:1], [halted], done=True)


@pytest.fixture(scope="module")
def three(cat: Entry) -> list[Any]:
    return methods.plans(cat, "cleared", ["TkML-AP-U", "kFool", "MinNorm"], STEPS, 0)


def test_the_smallest_success_is_marked_by_a_word(three: list[Any]) -> None:
    assert summary.smallest(reports(300.0, 200.0, 100.0)) == 2
    assert summary.smallest(reports(300.0, 200.0, -100.0)) == 1  # a failure is no success, however small
    assert summary.smallest(reports(300.0, -200.0, None)) is None
    html = summary.table_html(three, reports(300.0, 200.0, -100.0), done=True)
    assert html.count(">smallest<") == 1 and html.index("kFool</th>") < html.index(">smallest<") < html.index(
        "MinNorm</th>"
    )
    assert html.count(">met<") == 2 and html.count(">not met<") == 1
    cost = [one and one | {"backwards": number} for number, one in enumerate(reports(300.0, 200.0, -100.0), 1)]
    told = summary.table_html(three, cost, done=True)
    assert "smallest</b><small>with 2 gradients</small>" in told and "<small>with 1 gradient</small>" in told
    assert "with 3 gradients" not in told  # it missed its goal


def test_the_sentence_says_who_was_best_and_who_failed(three: list[Any]) -> None:
    words = summary.sentence(three, reports(300.0, -200.0, 100.0), done=True)
    assert "MinNorm reached it with the smallest change, of size 100.0; TkML-AP-U 3.00 times that." in words
    assert words.endswith("kFool did not reach it.")
    assert "Only kFool reached it" in summary.sentence(three, reports(-1.0, 2.0, -1.0), done=True)
    assert "was met before any attack" in summary.sentence(three, reports(0.0, 0.0, 0.0), done=True)
    assert "Running" not in summary.sentence(three, reports(300.0, None, None), done=False)
    waiting = summary.table_html(three, reports(300.0, None, None), done=False, running="kFool")
    assert waiting.index(">running<") < waiting.index(">waiting<")


def test_the_file_holds_what_was_measured() -> None:
    rows = list(csv.DictReader(io.StringIO(summary.runs_csv([("A cat", reports(300.125, None, 100.0), False)], STEPS))))
    assert [(row["attack"], float(row["l2"])) for row in rows] == [("TkML-AP-U", 300.125), ("MinNorm", 100.0)]
    assert [(row["won"], row["met_before"], float(row["margin"])) for row in rows] == [("True", "False", -0.5)] * 2
    assert all(float(row["margin_of_win"]) == -float(row["margin"]) for row in rows)
    assert (
        rows[0]["true_labels"] == "cat;dog"
        and rows[0]["after"] == "cow"
        and rows[0]["psnr"] == ""
        and float(rows[0]["pert_x100"]) == 2
    )
    assert (rows[0]["photo_number"], rows[0]["photo_title"], rows[0]["photo"]) == ("1", "A cat", "cat")
    assert [row["photo_counts"] for row in rows] == ["False", "False"]


def test_columns_show_picture_change_and_labels(cat: Entry, ended: tuple[list[Any], list[ColumnUpdate]]) -> None:
    plans, seen = ended
    first, last = column_html(plans[0], seen[0]), column_html(plans[1], seen[-1])
    assert "image/jpeg" in first and "image/png" not in first  # previews while it runs, lossless at the end
    assert last.count("image/png") == 2 and "× 20" in last and "Goal met" in last
    assert 'class="label true"' in original_html(plans[0]) and "Top 1" in original_html(plans[0])
    boxes = opening(plans, 5)
    assert len(boxes) == 6 and boxes[3:] == ["", "", ""] and "waiting for its turn" in boxes[1]
    assert "cat" in strip_html(cat, "cleared") and "voc20" in strip_html(cat, "cleared")


def test_labels_named_on_the_other_tab_are_planted_by_every_method(cat: Entry) -> None:
    entry = replace(cat, k=2, named=("sofa", "bird"))
    plans = methods.plans(entry, "chosen", ["MinNorm", "CW^k"], STEPS, 0)
    assert [plan.roles.targets for plan in plans] == [("sofa", "bird")] * 2 and not plans[0].roles.ordered
    assert {plan.goal_name for plan in plans} == {"targeted"}
    strip = strip_html(entry, "chosen")
    assert strip.count('class="tag target"') == 2 and "To add" not in strip_html(entry, "worst")
    assert methods.plans(entry, "best", ["MinNorm"], STEPS, 0)[0].roles.targets != ("sofa", "bird")
    for named, k, words in (
        ((), 2, "0 of 2 targets named.*choose 2 labels"),
        (("sofa", "bird"), 1, "2 of 1 targets named.*1 label\\."),
    ):
        short = replace(entry, k=k, named=named)
        with pytest.raises(ValueError, match=words):
            methods.plans(short, "chosen", ["MinNorm"], STEPS, 0)
        assert methods.to_name(short) in strip_html(short, "chosen")
        assert f"choose “{catalog.choice_of('CW^k').title}”" in methods.to_name(short, "ordered")
    in_order = methods.plans(entry, "ordered", ["CW^k", "QuadAttacK"], STEPS, 0)
    assert {(plan.goal_name, plan.roles.targets, plan.roles.ordered) for plan in in_order} == {
        ("ordered", ("sofa", "bird"), True)
    }
    assert "target for place 2" in strip_html(entry, "ordered")


WISH = Wish("TkML-AP-U", "cleared", "best", 200, 0)
NOW = Choices("cleared", ["kFool"], "steps", 0, [], None, {}, 150, 200, 5)


def test_what_is_chosen_on_the_attack_tab_is_taken_over_and_told(cat: Entry) -> None:
    entry, wish = replace(cat, k=2), Wish("TkML-AP-T", "targeted", "worst", 200, 7)
    now = follow.taken(NOW, wish, entry)
    assert (now.goal, now.methods, now.seed, now.steps) == ("worst", ["TkML-AP-T", "ML-AP", "MinNorm"], 7, 200)
    assert follow.words(now, wish, entry, 1) == (
        "k = 2, as set on the tab Attack. Compare runs TkML-AP-T, ML-AP and MinNorm, one after the other, on this photo, up to "
        "200 steps each. "
        "The goal, as on the tab Attack: the top 2 is exactly the targets: the worst-scored labels that are not true."
    )
    told = follow.words(now._replace(goal="cleared", methods=["kFool"], kind="seconds"), wish, entry, 3)
    assert told.startswith(
        "k = 2, as set on the tab Attack. Compare runs kFool on 3 photos, up to 5 s each. "
        "The goal, chosen here: no true label is left"
    )
    own = follow.taken(NOW, Wish("CW^k", "targeted", "best", 40, 0), entry)  # which is not among the first ones
    assert own.methods[-1] == "CW^k" and (own.goal, own.steps) == ("best", 40)
    assert follow.taken(NOW, Wish("BlackBox", "cleared", "best", 900, 0), entry).steps == FIRST["steps"]  # of queries


def test_where_nothing_can_be_compared_that_is_told_before_the_click(cat: Entry) -> None:
    hide = Wish("TKMIA", "hide", "best", 200, 3)
    assert follow.taken(NOW, hide, cat) == NOW._replace(seed=3)  # no comparison has that goal
    assert "chosen here, as that on the tab Attack (some true labels leave" in follow.words(NOW, hide, cat, 1)
    by_hand = follow.taken(NOW, Wish("TkML-AP-T", "targeted", "chosen", 200, 0), cat)
    assert "Nothing can run yet: 0 of 1 targets named" in follow.words(by_hand, hide, cat, 1)
    assert follow.words(by_hand, hide, replace(cat, named=("sofa",)), 1).endswith("exactly the target: sofa.")
    assert "tick at least one" in follow.words(NOW._replace(methods=None), hide, cat, 1)
    assert "mark at least one label as true" in follow.words(NOW, hide, replace(cat, true=()), 1)


def test_true_labels_and_strange_ones_are_not_planted(cat: Entry) -> None:
    chips = {"photo": photo_id(cat.photo), "annotator": cat.annotator, "truth": ["cat"]}
    named = ["sofa", "cat", "<b>", "sofa", "couch"]  # the last is coco80's name of the first
    empty = [""] * len(catalog.SETTINGS)
    form = (cat.photo, cat.annotator, 1, chips)
    assert entry_of(*form, named, "MinNorm", "logits", *empty) == replace(cat, named=("sofa",))
    assert entry_of(*form, None, "MinNorm", "logits", *empty) == cat


@pytest.mark.parametrize("typed", [{}, {"confidence": "2", "beta": "0,5"}], ids=["as on arrival", "typed"])
def test_the_settings_are_those_of_the_attack_tab_and_all_are_asked_to_be_as_firm(
    cat: Entry, typed: dict[str, str]
) -> None:
    chips = {"photo": photo_id(cat.photo), "annotator": cat.annotator, "truth": ["cat"], "origin": "sample"}
    fields = [typed.get(name, "") for name in catalog.SETTINGS]
    entry = entry_of(cat.photo, cat.annotator, 1, chips, None, "TkML-AP-U", "logits", *fields)
    there = page_plan(
        cat.photo, cat.annotator, chips, 1, "TkML-AP-U", "cleared", "best", [], 200, 0, "logits", *fields
    )  # fmt: skip
    here, straight, least = methods.plans(entry, "cleared", ["TkML-AP-U", "kFool", "MinNorm"], Limit("steps", 200), 0)
    assert (here.attack, here.goal_name, here.roles) == (there.attack, there.goal_name, there.roles)
    asked = float(typed.get("confidence", catalog.FIRM))
    assert {plan.attack.confidence for plan in (here, straight, least)} == {asked}
    assert f"{asked:g} <small>(κ" in strip_html(
        entry, "cleared"
    ) and f"margin of the win {asked:g} (κ)" in summary.table_html([here], [None], done=False)
    other = replace(entry, settings=(("beta", 9.0),), attack="TkML-AP-U")
    of = lambda entry, *ticked: ComparisonRequest.of(entry, "cleared", ticked, STEPS, 0)  # noqa: E731
    assert of(other, "TkML-AP-U") != of(entry, "TkML-AP-U") and of(other, "kFool") == of(
        replace(other, settings=()), "kFool"
    )


def test_the_film_on_arrival_was_recorded_with_what_both_tabs_ask_for(photos: dict[str, Path]) -> None:
    kept = recording("push-out")
    assert kept
    film = kept.outcome.plan
    entry = Entry(str(photos[kept.sample]), film.request.annotator, film.k, film.roles.true, confidence=catalog.FIRM)
    (here,) = methods.plans(entry, "cleared", [film.request.attack], Limit("steps", FIRST["steps"]), 0)
    assert (here.attack, here.settings, here.goal_name, here.roles) == (
        film.attack, film.settings, film.goal_name, film.roles,
    )  # fmt: skip


def test_who_meets_the_goal_by_a_hair_is_not_compared_with_who_meets_it_firmly(three: list[Any]) -> None:
    firm, hair, other = (
        {**report, "settings": {"confidence": 1.0}, "margin_of_win": margin}
        for report, margin in zip(reports(300.0, 100.0, 200.0), (1.0, 0.2, 1.1), strict=True)
        if report
    )
    words = summary.sentence(three, [firm, hair, other], done=True)
    assert (
        "MinNorm reached it with the smallest change" in words
        and "kFool barely met it: by less than the margin" in words
    )
    assert summary.smallest([firm, hair, other]) == 2
    assert "<span>barely met</span><small>met, but less far ahead than asked for (κ = 1)</small>" in summary.table_html(
        three, [firm, hair, other], done=True
    )


def test_what_is_shown_of_other_choices_says_so(cat: Entry) -> None:
    now = ComparisonRequest.of(cat, "cleared", ["MinNorm", "kFool"], STEPS, 0)
    same = ComparisonRequest.of(replace(cat, named=("dog",)), "cleared", ["kFool", "MinNorm"], STEPS, None)
    assert stale_html(None, now) == stale_html(now, same) == ""
    others = [
        ComparisonRequest.of(replace(cat, **other), "cleared", ["MinNorm", "kFool"], STEPS, 0)
        for other in ({"k": 2}, {"true": ()})
    ]
    others += [
        replace(now, **other)
        for other in (
            {"aim": "best"},
            {"methods": frozenset()},
            {"limit": Limit("gradients", 5)},
            {"seed": 1},
            {"others": ("coffee",)},
        )
    ]
    others += [
        ComparisonRequest.of(replace(cat, named=(name,)), "chosen", ["MinNorm"], STEPS, 0) for name in ("dog", "sofa")
    ]
    assert len(set(others)) == 9 and all("the choices before" in stale_html(other, now) for other in others)
    assert "the choices before" in stale_html(others[-1], others[-2])


def test_every_method_that_can_be_ticked_is_explained() -> None:
    told = methods_html()
    for name in {name for goal in AIMS for name in methods.able(goal)}:
        assert f"<dt>{escape(name)} <small>{escape(catalog.choice_of(name).credit)}</small></dt>" in told
    assert "{" not in told and told.count("not asked for an order") == 1
    assert told.index("CW^k") < told.index("not asked for an order") < told.index("MinNorm")


def test_a_universal_change_says_that_its_picture_is_a_square(photos: dict[str, Path]) -> None:
    entry = Entry(str(photos["motorcycle"]), with_universal("TkML-AP-Uv"), 3, ("motorbike",))
    plans = methods.plans(entry, "cleared", ["TkML-AP-Uv", "MinNorm"], STEPS, 0)
    assert [plan.request.attack for plan in plans] == ["TkML-AP-Uv", "MinNorm"] and methods.reference(plans) is plans[1]
    caption = summary.table_html(plans, [None, None], done=False)
    assert "TkML-AP-Uv: on the centre square" in caption
    height, width = plans[1].photo.x.shape[-2:]
    assert f"picture {width} × {height}" in caption and width != height
    alone = methods.plans(entry, "cleared", ["TkML-AP-Uv"], STEPS, 0)
    assert methods.reference(alone) is alone[0] and "centre square" not in summary.table_html(alone, [None], done=False)


# ---- several photos, and what every method gets equally much of -----------------------------------------------------


def test_the_photo_on_the_attack_tab_comes_once_and_others_bring_their_own_truth(
    cat: Entry, photos: dict[str, Path]
) -> None:
    files = {name: str(path) for name, path in photos.items()}
    chosen = rounds.others(cat, ["cat", "coffee"], [str(photos["admiral"])], files)
    assert (chosen.samples, chosen.uploads) == (("coffee",), (str(photos["admiral"]),))
    assert not rounds.without_attacks(cat, ["cat"], chosen.uploads, files)  # it is among what was chosen
    coffee, admiral = (rounds.entry_for(cat, source) for source in chosen.sources(files, load_annotator(cat.annotator)))
    assert (coffee.true, coffee.guessed, coffee.title) == (("diningtable",), False, "Coffee")
    assert admiral.guessed and "person" in admiral.true
    with pytest.raises(ValueError, match=r"^Gone\.png: This picture is no longer"):
        rounds.entry_for(cat, Source("/nowhere/Gone.png", "Gone.png"))
    with pytest.raises(ValueError, match=r"^Coffee: k must be"):
        rounds.plans_for(replace(coffee, k=20), "cleared", ["MinNorm"], STEPS, 0)


def test_photos_of_ones_own_take_the_place_of_the_one_on_the_attack_tab(
    cat: Entry, photos: dict[str, Path], tmp_path: Path
) -> None:
    files = {name: str(path) for name, path in photos.items()}
    own = [str(tmp_path / f"{number}.png") for number in range(13)]
    bare = replace(cat, true=())
    for added, (names, paths) in {0: ([], None), 3: (["coffee"], own[:2]), 12: (["coffee"], own)}.items():
        choices = NOW._replace(samples=names, uploads=paths)
        assert (
            bool(why_left_out(choices, cat, files)) == bool(added) and len(asked(choices, cat, files).others) == added
        )
        assert (asked(choices, bare, files) == asked(choices, cat, files)) == bool(added)  # its marks say nothing then
        html, told = strip(choices, cat, files), follow.words(choices, WISH, bare, added or 1, bool(added))
        assert ("<img" in html, "is left out" in html, "<dt>True" in html) == (not added, bool(added), not added)
        assert (f"on {added} photos, without the one on the tab Attack, up to" in told) == bool(added)
        assert told.startswith("Nothing can run yet") == (not added)
    assert len(rounds.others(cat, list(files), None, files)) == len(files) - 1  # samples alone come behind it
    again = NOW._replace(uploads=[cat.photo, own[0]])
    assert not why_left_out(again, cat, files) and len(asked(again, cat, files).others) == 1


def test_a_photo_on_the_attack_tab_with_nothing_marked_is_left_out_where_others_remain(
    cat: Entry, photos: dict[str, Path]
) -> None:
    files = {name: str(path) for name, path in photos.items()}
    bare = replace(cat, true=())
    alone = NOW._replace(samples=["cat"])  # the same photo
    assert not why_left_out(alone, bare, files) and "none marked" in strip(alone, bare, files)
    choices = NOW._replace(samples=["cat", "coffee"])
    assert why_left_out(choices, bare, files) == UNMARKED and not why_left_out(choices, cat, files)
    html = strip(choices, bare, files)
    assert "<dd>1 <small>" in html and f"the one on the tab Attack is left out, {UNMARKED})" in html
    assert asked(choices, bare, files).others == ("coffee",) and not asked(choices, bare, files).entry.photo
    assert UNMARKED not in strip(NOW._replace(uploads=["/own.png"]), bare, files)  # no mark would bring it back


def several(three: list[Any], *norms: tuple[float | None, ...]) -> list[Round]:
    """A photo for each tuple, with a report for each of its norms as in `reports`."""
    made = []
    for number, of_photo in enumerate(norms):
        one = Round(Entry("", "voc20", 1, ("cat",), title=f"Photo {number}", guessed=number in (0, 3, 4)), three)
        one.reports = [
            report and {**report, "backwards": 10 * (place + 1)} for place, report in enumerate(reports(*of_photo))
        ]
        made.append(one)
    return made


def test_a_sum_is_of_the_photos_on_which_every_method_ran(three: list[Any]) -> None:
    made = several(
        three, (300.0, 200.0, 100.0), (500.0, -200.0, 20.0), (500.0, 400.0, 200.0), (0.0, 0.0, 0.0), (1.0, None, None)
    )
    first, second, third = totals.totals(made)
    assert [(one.method, one.photos, one.won) for one in (first, second)] == [("TkML-AP-U", 3, 3), ("kFool", 3, 2)]
    assert (first.norm, first.norm_shared, third.norm, third.norm_shared) == (500.0, 400.0, 100.0, 150.0)
    assert (second.norm, second.gradients, third.gradients) == (300.0, 20, 30)
    words = totals.sentence(made, "cleared", done=True)
    assert "Of 3 photos TkML-AP-U reached it on 3, MinNorm reached it on 3 and kFool reached it on 2." in words
    assert "All of them solve 2 of 3 photos: there MinNorm needs the smallest change by median, 150.0." in words
    assert (
        "Size beside MinNorm’s on the photos that both of the two solve, median of the photos’ ratios: TkML-AP-U’s 3.00 (of 3 "
        "photos larger on 3, smaller on 0) and kFool’s 2.00 (of 2 photos larger on 2, smaller on 0)." in words
    )
    none = totals.sentence(several(three, (300.0, 200.0, -1.0), (90.0, -1.0, 30.0)), "cleared", done=True)
    assert "All of them solve" not in none  # and yet two of them can be told apart
    assert (
        "Size beside TkML-AP-U’s on the photos that both of the two solve, median of the photos’ ratios: kFool’s 0.67 (of 1 "
        "photo larger on 0, smaller on 1) and MinNorm’s 0.33 (of 1 photo larger on 0, smaller on 1)." in none
    )
    apart = totals.sentence(several(three, (300.0, -1.0, -1.0), (-1.0, 90.0, -1.0)), "cleared", done=True)
    assert "Size beside" not in apart
    assert "Not counted, as the goal was met before any attack: Photo 3." in words
    assert "Stopped before every method had its run on Photo 4, so not counted." in words
    assert (
        f"What is true on 1 of the 3 photos is the annotator’s guess: {RULE}. The runs that count together took 9 s."
        in words
    )
    assert totals.sentence(made[:3], "cleared", done=True).endswith(" All runs together took 9 s.")
    assert "guess" not in totals.sentence(made[3:], "cleared", done=True)  # none of them is in the table
    table = totals.table_html(made, Limit("gradients", 7), True, "sum")
    assert "up to 7 gradients each" in table and "one run a method and photo" in table
    assert table.split("Size on")[0].count(">smallest<") == 1
    assert "beyond the limit are of the search for the picture that is saved" in table
    assert "beyond the limit" not in totals.table_html(made, Limit("gradients", 30), True, "sum")
    assert ">2 of 3<" in table and 'download="sum.csv"' in table
    sizes = table.split("Size on each photo")[1]
    assert "<span>–</span>" in sizes and sizes.count(">smallest<") == 3 and sizes.count("not counted") == 2
    assert "Size on each photo" not in totals.table_html(made, STEPS, False, "sum")
    made[1].reports[1]["stopped"] = "time"
    assert "1 of these runs was cut by the clock" in totals.sentence(made, "cleared", done=True)
    assert "1 cut by the clock" in totals.table_html(made, STEPS, True, "sum")
    assert totals.sentence(made, "cleared", done=False, number=4).endswith("Photo 5 of 5: Photo 4.")
    made[4].broken = True
    assert "An error ended it before every method had its run on Photo 4" in totals.sentence(made, "cleared", done=True)


def test_the_table_can_be_made_again_of_the_csv_and_every_place_counts_the_same_wins(three: list[Any]) -> None:
    made = several(three, (300.0, 200.0, 100.0), (500.0, -200.0, 20.0), (0.0, 0.0, 0.0), (1.0, None, None))
    for one in made:
        one.reports = [report and {**report, "settings": {"confidence": 0.4}} for report in one.reports]
    narrow = made[0].reports[2] = {**made[0].reports[2], "margin_of_win": 0.1}
    table = totals.totals(made)
    told = [(one.title, one.reports, one in totals.counting(made)) for one in made]
    runs = list(csv.DictReader(io.StringIO(summary.runs_csv(told, STEPS))))
    by_photo = [[run for run in runs if run["photo_number"] == str(number)] for number in range(1, 5)]
    counted = [
        photo for photo in by_photo
        if len(photo) == len(three) and any(run["met_before"] == "False" for run in photo) and "user" not in
        [run["stopped"] for run in photo]
    ]  # fmt: skip
    assert counted == [photo for photo in by_photo if photo[0]["photo_counts"] == "True"]
    for place, method in enumerate(table):
        mine = [photo[place] for photo in counted]
        assert (method.photos, method.won) == (len(mine), sum(run["won"] == "True" for run in mine))
        again = sum(
            float(run["margin_of_win"]) >= float(run["confidence"]) and run["met_before"] == "False" for run in mine
        )
        assert method.won == again  # decided by the margin, not only said
    assert [method.won for method in table] == [2, 1, 1] and [method.barely for method in table] == [0, 0, 1]
    shown = totals.table_html(made, STEPS, True, "sum")
    assert "1 barely met, not counted" in shown and "Barely met: by less than the margin asked for." in shown
    assert "MinNorm barely met it" in past_html(0, made[0], [])
    caption = comparison_caption([*made[0].reports[:2], narrow])
    assert (
        "Reached by TkML-AP-U" in caption
        and "MinNorm: barely met (met, but less far ahead than asked for (κ = 0.4))." in caption
    )
    assert goal_words(narrow) == "barely met"


def test_nothing_is_summed_up_before_a_photo_is_through(three: list[Any]) -> None:
    made = several(three, (300.0, None, None))
    assert totals.totals(made) == [] and totals.table_html(made, STEPS, True, "sum").count(">no photo counts<") == 3
    assert totals.table_html(made, STEPS, False, "sum").count(">waiting<") == 3


@pytest.mark.parametrize("limit", [Limit("gradients", 4), Limit("seconds", 1)], ids=str)
def test_every_method_gets_as_much_and_is_not_cut_short_by_it(cat: Entry, limit: Limit) -> None:
    plans = methods.plans(replace(cat, k=3), "worst", ["TkML-AP-T", "ML-AP"], limit.checked(), 0)
    updates = methods.column_updates(plans, lambda: False, 600, seconds=limit.seconds)
    ended = [update.outcome.report for update in updates if update.outcome]
    assert [report["stopped"] for report in ended] == [None, None]
    limited = {"gradients": "at most 4 gradients and 600 s", "seconds": f"at most {MAX_STEPS} steps and 1 s"}[
        limit.kind
    ]
    assert f"Each: margin κ = 0, {limited}." in comparison_caption(ended)
    if limit.kind == "gradients":
        assert all(4 <= report["backwards"] <= 8 and report["steps"] <= 5 for report in ended)
    else:
        assert all(report["seconds"] < 30 and report["time_limit"] == 1.0 for report in ended)


def test_what_is_given_is_checked_in_the_visitors_words() -> None:
    assert [str(Limit(*one)) for one in (("steps", 1), ("gradients", 20), ("seconds", 5))] == [
        "1 step",
        "20 gradients",
        "5 s",
    ]
    for limit, words in (
        (Limit("seconds", 21), "Seconds must be a whole number from 1 to 20"),
        (Limit("gradients", None), "Gradients must be a whole number from 1 to 2000"),
        (Limit("money", 5), "must be one of 'steps'"),
    ):
        with pytest.raises(ValueError, match=words):
            limit.checked()
    assert "BlackBox" in methods.offered("cleared", "voc20", 3)
    assert "BlackBox" not in methods.offered("cleared", "voc20", 3, "gradients")


def test_a_photo_that_had_its_turn_is_folded_with_previews(three: list[Any], ended: tuple[list[Any], Any]) -> None:
    plans, seen = ended
    outcomes = [update.outcome for update in seen if update.outcome]
    one = Round(Entry("", "voc20", 1, ("cat",), title="<Cat>"), plans)
    one.reports = [outcome.report for outcome in outcomes]
    html = past_html(0, one, outcomes)
    assert "<details" in html and "Photo 1: &lt;Cat&gt;" in html and "MinNorm reached it" in html
    assert html.count("image/jpeg") == 4 and html.count("image/png") == 1  # the original alone is lossless
    assert heading_html(0, [one]) == "" and "Photo 2 of 2: &lt;Cat&gt;" in heading_html(1, [one, one])
