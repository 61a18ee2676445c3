"""Frames kept for the replay, what the tools under the pictures send, and how rank changes are worded; no browser."""

from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import make_photos_small

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.catalog.presets import PRESETS
from demo.components import replay
from demo.components.amplifier import factor_of
from demo.engine import loop
from demo.engine import replay as recording
from demo.engine.frames import Frame, History
from demo.engine.label_roles import Roles
from demo.engine.plan import AttackRequest, plan_for
from demo.engine.replay import MOST_FRAMES, Recorder, Replay
from demo.render.labels import ranking, top_list
from demo.tabs.attack import stage
from demo.tabs.attack.label_picker import Naming
from demo.tabs.attack.session import RunFlags

NAME = "voc20"


@pytest.fixture(scope="module")
def recorded(photos: dict[str, Path]) -> Replay:
    with pytest.MonkeyPatch.context() as patch:
        make_photos_small(patch)
        plan = plan_for(photos["cat"], AttackRequest(NAME, 2, "TkML-AP-U", ["cat"]))
    *_, last = stage.views(plan, lambda: False)
    assert last.replay is not None
    return last.replay


def frames(count: int) -> Iterator[Frame]:
    for i in range(count):
        x = torch.full((1, 3, 2, 2), i / 10_000)
        yield Frame(i, x, torch.zeros(1, 4), History(), False, False, 0.0, 0.0)


@pytest.mark.parametrize("count", [1, 31, 32, 33, 64, 65, 500, 2000])
def test_frames_are_kept_evenly_and_never_too_many(count: int) -> None:
    recorder = Recorder()
    for frame in frames(count):
        recorder.take(frame)
        assert len(recorder.frames) <= MOST_FRAMES
    places = [kept.place for kept in recorder.frames]
    gaps = {b - a for a, b in pairwise(places)}
    assert places[0] == 0 and len(gaps) <= 1
    assert len(places) >= min(count, MOST_FRAMES // 2) and count - 1 - places[-1] < max(gaps, default=1)
    assert all(
        isinstance(kept.x, torch.Tensor) and kept.x.dtype == torch.uint8 and kept.index == kept.place
        for kept in recorder.frames
    )


def test_a_frame_comes_back_exactly_and_takes_less_room(recorded: Replay) -> None:
    plan, recorder, seen = recorded.outcome.plan, Recorder(), []
    frames = (frame for frame in loop.run_here(plan) if not frame.rounding)
    for place, step in enumerate(frames):
        recorder.take(step)
        if place < MOST_FRAMES // 2:
            seen.append((step.x_adv * 255).round() / 255)
    again = recorder.finish(recorded.outcome)
    assert len(seen) > 2 and all(torch.equal(again.picture(at)[0], x) for at, x in enumerate(seen[: again.last]))
    packed = [len(frame.x) for frame in again.frames if isinstance(frame.x, bytes)]
    assert len(packed) == again.last and max(packed) < 0.6 * plan.photo.x.numel()
    noise = torch.randint(0, 256, plan.photo.x.shape, dtype=torch.uint8)
    photo = torch.randint(0, 256, plan.photo.x.shape, dtype=torch.uint8)
    assert torch.equal(recording._unpacked(recording.packed(noise, photo), photo), noise)


def test_a_reel_begins_at_the_photo_and_ends_at_the_saved_picture(recorded: Replay) -> None:
    outcome = recorded.outcome
    first, logits = recorded.picture(0)
    assert torch.equal(first, outcome.plan.photo.x) and torch.allclose(logits, outcome.plan.photo.logits, atol=1e-4)
    assert torch.equal(recorded.picture(recorded.last)[0], outcome.x_adv)
    across = recorded.across()
    assert across[0] == 0 and across[-1] == 1 and across == sorted(set(across))
    assert len(recorded.titles()) == len(across) == recorded.last + 1 and recorded.titles()[0] == "step 0"
    assert deepcopy(recorded) is recorded  # visitors share the one that is there at the start


def test_replay_shows_each_frames_own_top_k_and_the_end_as_it_was(recorded: Replay) -> None:
    end = stage.closing(recorded)
    last = stage.replayed(recorded, recorded.last, lossless=True)
    assert (last.change, last.after) == (end.change, end.after)
    middle = stage.replayed(recorded, 0, lossless=False)
    assert middle.outcome is None and middle.verdict is None and middle.table is None
    assert "Top 2 at step 0" in str(middle.after) and str(middle.after).count("same place") == 4  # drawn and said
    assert "image/jpeg" in str(middle.after) and "image/png" in str(last.after)


def test_the_change_is_amplified_as_often_as_asked(recorded: Replay) -> None:
    for factor in (1, 100):
        change = str(stage.replayed(recorded, recorded.last, True, factor).change)
        assert f'<span class="badge">× {factor}</span>' in change and f"amplified {factor} times" in change
    asked = iter([3, 5, 7, *[9] * 1000])
    views = stage.views(recorded.outcome.plan, lambda: False, factor=lambda: next(asked))
    first, second, *_ = (str(view.change) for view in views if view.change)
    assert "× 3<" in first and "× 5<" in second


@pytest.mark.parametrize("value", [0, 101, 2.5, "20", None, True])
def test_an_amplification_out_of_range_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="The amplification must be a whole number from 1 to 100"):
        factor_of(value)


def test_the_replay_names_a_frame_of_the_run_that_is_kept(recorded: Replay) -> None:
    value = replay.replay_value(recorded)
    assert replay.frame_of(value, recorded) == (recorded, recorded.last)
    assert replay.frame_of({**value, "at": 1}, recorded) == (recorded, 1)
    assert (
        replay.frame_of(replay.replay_value(None), recorded) is None and replay.frame_of("nonsense", recorded) is None
    )
    for wrong in (-1, recorded.last + 1, "0", None):
        with pytest.raises(ValueError, match=f"The frame must be a whole number from 0 to {recorded.last}"):
            replay.frame_of({**value, "at": wrong}, recorded)
    for kept in (None, Replay(recorded.outcome, recorded.frames)):  # gone, or another run's
        with pytest.raises(ValueError, match="no longer kept"):
            replay.frame_of(value, kept)


def test_what_is_asked_of_a_run_ends_with_it() -> None:
    asked = RunFlags()
    asked.stop("a")  # while it still waits for a place
    assert asked.stopped("a") and not asked.stopped("b") and not asked.running("a")
    asked.amplify("a", 40)
    assert asked.running("a") and asked.factor("a") == 40 and not asked.running("b")
    asked.forget("a")
    assert not asked.running("a") and not asked.stopped("a")


def test_labels_say_how_far_they_moved() -> None:
    labels = ranking(["a", "b", "c"], [0.9, 0.5, 0.4], [2, 1, 0])
    listed = top_list(labels, Roles(("a",)), "Top 3", {"c": 9, "b": 2, "a": 1})
    for words in ("▲8 · was 9", "up 8, was rank 9, new in the top 3", "same place", "▼2 · was 1", "down 2, was rank 1"):
        assert words in listed
    assert listed.count('class="new"') == 1
    assert "moved" not in top_list(labels, Roles(("a",)), "Top 3")


def test_presets_are_choices_that_their_attack_has_and_win_plainly() -> None:
    for preset in PRESETS.values():
        kappa = catalog.page_confidence(preset.attack) if preset.confidence is None else preset.confidence
        assert kappa >= catalog.FIRM
        assert preset.goal in catalog.goals_of(preset.attack) and preset.case in catalog.TARGET_CASES


@pytest.mark.parametrize(
    ("attack", "goal", "settled"),
    [
        ("CW^k", "cleared", "ordered"),
        ("CW^k", "targeted", "targeted"),
        ("kFool", "hide", "cleared"),
        ("MinNorm", "hide", "hide"),
    ],
)
def test_a_goal_of_the_attack_before_gives_way_to_the_new_ones_own(attack: str, goal: str, settled: str) -> None:
    assert catalog.settled_goal(attack, goal) == settled == Naming(goal, "best", attack=attack).aim()


def test_labels_to_hide_and_to_keep_cannot_be_all_there_are_without_a_truth() -> None:
    hide = torch.tensor([[True, True, False, False]])
    with pytest.raises(ValueError, match=r"All 4 labels of image 0 .* Say which labels are true with `true`"):
        tk.Hide(hide=hide, keep=~hide, k=2)
    goal = tk.Hide(hide=hide, keep=~hide, k=2, true=hide)
    assert goal.margin(torch.tensor([[0.0, 1.0, 2.0, 3.0]])).item() == -1
