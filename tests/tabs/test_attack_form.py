"""What the tab "Attack" makes of its widgets: no server, no browser."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, Mock

import pytest
from PIL import Image

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.catalog.goals import NOTHING_TO_KEEP
from demo.catalog.presets import PRESETS
from demo.engine.plan import AttackRequest, Plan, plan_for
from demo.photos.attack_note import attack_note
from demo.photos.public_names import photo_id
from demo.tabs.attack import before_run, photo_updates, stage
from demo.tabs.attack.form import page_plan
from demo.tabs.attack.label_picker import Naming, labels_to_name
from demo.tabs.attack.presets import set_preset
from demo.tabs.attack.run_events import ended


def form(path: str, attack: str, true: tuple[str, ...] = ("cat",), **typed: str) -> Plan:
    """The plan of a visitor who typed `typed` under Advanced and left the rest."""
    toggles: dict[str, Any] = {"truth": list(true), "photo": photo_id(path), "annotator": "voc20", "origin": "yours"}
    fields = [typed.get(name, "") for name in catalog.SETTINGS]
    return page_plan(path, "voc20", toggles, 1, attack, "cleared", "best", (), 5, 0, "logits", *fields)


@pytest.mark.parametrize(
    ("attack", "typed", "kappa"),
    [
        ("TkML-AP-U", {}, catalog.FIRM),
        ("TkML-AP-U", {"confidence": "0"}, 0),
        ("BlackBox", {}, catalog.FIRM),
        ("MinNorm", {}, 0),
        ("MinNorm", {"confidence": "0,5"}, 0.5),
    ],
)
def test_the_page_wins_firmly_where_the_core_wins_by_a_hair(
    photos: dict[str, Path], attack: str, typed: dict[str, str], kappa: float
) -> None:
    plan = form(str(photos["cat"]), attack, **typed)
    assert plan.attack.confidence == plan.settings["confidence"] == kappa
    assert catalog.setting_shown(attack, "confidence")["placeholder"] == f"{catalog.page_confidence(attack):g}"
    asked_by_a_program = plan_for(photos["cat"], AttackRequest("voc20", 1, attack, ["cat"]))
    assert asked_by_a_program.attack.confidence == 0


@pytest.mark.parametrize(
    ("goal", "case", "k", "none", "some"),
    [
        (
            "targeted",
            "chosen",
            3,
            "No target is chosen yet: to choose the 3, press labels",
            "{} of 3 targets chosen so far",
        ),
        ("ordered", "chosen", 1, "No target is chosen yet: to choose one, press labels", "{} of 1"),
        ("hide", "best", 3, "No label to hide is chosen yet: press a true one", ""),
        ("targeted", "best", 3, "", ""),
        ("cleared", "chosen", 3, "", ""),
    ],
)
def test_while_labels_are_to_be_named_the_verdict_says_so_and_where(
    goal: str, case: str, k: int, none: str, some: str
) -> None:
    w = Mock()  # widgets stand for themselves: the answer is a dictionary by them
    update = labels_to_name(w, "voc20", ("cat",), k, Naming(goal, case))
    told = update[w.toggles]["marking"]["missing"]
    for words, begins in zip(told, (none, some), strict=True):
        assert words.startswith(begins) and bool(words) is bool(begins)
        assert not words or ("“Mark what is true”" in words and f"“{update[w.chosen]['label']}”" in words)


def test_where_one_label_alone_is_true_hiding_it_is_said_to_be_the_same_as_pushing_out() -> None:
    w = Mock()
    alone, two = (labels_to_name(w, "voc20", true, 3, Naming("hide", "best")) for true in (("cat",), ("cat", "dog")))
    assert NOTHING_TO_KEEP in alone[w.chosen]["info"] and "the other true labels stay" in two[w.chosen]["info"]


@pytest.mark.parametrize("name", PRESETS)
def test_a_ready_choice_sets_its_own_steps_in_sight(photos: dict[str, Path], name: str) -> None:
    w, preset, path = (
        Mock(settings={name: Mock() for name in catalog.SETTINGS}),
        PRESETS[name],
        str(photos["cat"]),
    )
    toggles = {"truth": ["cat"], "photo": photo_id(path), "annotator": "voc20", "origin": "sample"}
    update = set_preset(w, preset, path, "voc20", 1, toggles)
    steps = preset.max_steps or catalog.choice_of(preset.attack).steps
    assert update[w.max_steps]["value"] == steps and (preset.attack != "MinNorm" or steps < tk.MinNorm().max_steps)
    kappa = update[w.settings["confidence"]]["value"]
    assert kappa != "" or preset.confidence is None
    # What the attack says of an empty field is not said beside one that the choice has filled.
    assert ("margin of the win (κ) is 0" in update[w.attack]["info"]) is (preset.attack == "MinNorm" and not kappa)


@pytest.mark.parametrize(("typed", "says"), [("", True), ("0", True), (None, True), ("1", False), ("0.5", False)])
def test_minnorm_says_how_little_it_asks_for_only_while_that_is_so(typed: str | None, says: bool) -> None:
    assert ("margin of the win (κ) is 0" in catalog.sentence("MinNorm", "voc20", typed)) is says


def test_what_is_ticked_on_a_photo_that_was_attacked_is_not_told_as_if_it_were_there(
    photos: dict[str, Path], tmp_path: Path
) -> None:
    attacked, w, naming = tmp_path / "attacked.png", Mock(), Naming("cleared", "best")
    Image.open(photos["cat"]).save(attacked, pnginfo=attack_note("CW^k", "voc20", 3))

    def chosen(path: Path, true: tuple[str, ...] | None, origin: str) -> tuple[str, str]:
        update = photo_updates.choose(w, str(path), "voc20", None, true, origin, naming)
        return update[w.verdict], update[w.toggles]["value"]["html"]

    box, labels = chosen(attacked, None, "guess")
    assert (
        "was attacked before (CW^k on voc20, k = 3). Ticked is what the annotator sees now, which the attack may" in box
    )
    assert "This is a guess of the annotator, whose labels the attack on this photo may have put there: " in labels
    marked, _ = chosen(attacked, ("cat",), "yours")
    assert "so what the annotator sees in it may not be there. " in marked and "Press Attack. It " in marked
    assert "Ticked" not in marked and "put there" not in marked
    box, labels = chosen(photos["cat"], None, "guess")
    assert "ticked as true already" in box and "attacked before" not in box and "put there" not in labels


@pytest.mark.usefixtures("small_photos")
def test_a_run_that_changed_nothing_offers_no_attacked_photo_but_its_report(photos: dict[str, Path]) -> None:
    w, state = MagicMock(), Mock()
    plan = form(str(photos["cat"]), "TkML-AP-U")
    for view in stage.views(plan, lambda: True):
        last = view
    assert last.outcome is not None and last.outcome.report["l2"] == 0 and "data-unchanged" in str(last.verdict)
    update = ended(w, state, last, made=True)
    assert update[w.png]["interactive"] is False and update[w.png]["value"] is None
    assert update[w.report]["interactive"] is True and update[w.report]["value"]
    report = {**last.outcome.report, "l2": 9.0}
    update = ended(w, state, replace(last, outcome=replace(last.outcome, report=report)), made=True)
    assert update[w.png]["interactive"] is True and update[w.png]["value"]


def test_with_no_label_marked_the_result_goes_and_attack_is_not_what_is_advised(photos: dict[str, Path]) -> None:
    w = MagicMock()
    update = before_run.nothing_true(w, str(photos["cat"]), "voc20", 3)
    assert "nothing to attack yet." in update[w.verdict] and "more-labels" in update[w.verdict]
    assert not any("Press Attack" in str(words) for words in update.values())
    assert [update[box]["interactive"] for box in (w.png, w.report)] == [False, False]
    assert "true" not in re.findall(r'class="label ([a-z ]*)"', update[w.before])
    with pytest.raises(ValueError, match="Mark what is true, or choose another photo"):
        form(str(photos["cat"]), "TkML-AP-U", ())
