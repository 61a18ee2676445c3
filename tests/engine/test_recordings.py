"""Recorded runs: what is written is read, small enough, and those of the repository are about today's weights and photos."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import tkml_core as tk
from demo.engine import recordings
from demo.engine.annotators import load_annotator
from demo.engine.loop import run_here
from demo.engine.plan import AttackRequest, make_plan
from demo.engine.recordings import FOLDER, MOST_BYTES, Recording, read, recording, sample_photo, write
from demo.engine.replay import Recorder
from demo.record import others_of
from demo.tabs.attack import stage
from tkml_core.step_generators import WithResult

FILES = sorted(FOLDER.glob("*.npz"))
WANTED = {"push-out", "one-label", "hide-one", "plant", "ordered", "universal", "jpeg"}


@pytest.fixture(scope="module")
def made() -> Recording:
    """A short run, whose change goes up and down by many levels."""
    name = tk.available()[0]
    annotator = load_annotator(name)
    request = AttackRequest(name, 2, "TkML-AP-U", (annotator.labels[0],), max_steps=4)
    plan = make_plan(request, annotator, sample_photo("coffee", annotator, square=False))
    recorder, frames = Recorder(), WithResult(run_here(plan))
    for frame in frames:
        recorder.take(frame)
    replay = recorder.finish(frames.result)
    draws = torch.Generator().manual_seed(0)
    z = torch.randint(-30, 31, plan.photo.x.shape, generator=draws) / 255
    buffer = io.BytesIO()
    tk.to_pil(tk.quantize((plan.photo.x.cpu() + z).clamp(0, 1))).save(buffer, "PNG")
    outcome = replace(replay.outcome, png=buffer.getvalue())
    checks = {"noise 1": torch.linspace(-3, 3, len(annotator.labels))}
    looks = {"before cat": np.arange(64, dtype=np.uint8).reshape(8, 8) * 4}
    return Recording(
        "short", "Short", "Words", 3, "coffee", replace(replay, outcome=outcome), checks, looks, {"a": [1]}
    )


def test_what_is_written_is_read(made: Recording, tmp_path: Path) -> None:
    path = write(made, tmp_path)
    again = read(path)
    assert path.stat().st_size <= MOST_BYTES
    assert torch.equal(again.outcome.x_adv, made.outcome.x_adv)  # the saved picture exactly, whatever the losses
    assert again.outcome.report == made.outcome.report and again.outcome.plan.roles == made.outcome.plan.roles
    assert torch.equal(again.outcome.logits, made.outcome.logits)
    assert (again.name, again.title, again.words, again.order, again.notes) == (
        "short",
        "Short",
        "Words",
        3,
        {"a": [1]},
    )
    scores, had = (torch.stack(item.outcome.history.logits) for item in (again, made))
    assert torch.allclose(scores, had, atol=6e-4)
    assert again.outcome.history.norm == pytest.approx(made.outcome.history.norm, rel=1e-6)
    assert [(f.index, f.place) for f in again.replay.frames] == [(f.index, f.place) for f in made.replay.frames]
    for at in range(made.replay.last):
        assert float((again.replay.picture(at)[0] - made.replay.picture(at)[0]).abs().mean()) < 1 / 255
    assert torch.equal(again.checks["noise 1"], made.checks["noise 1"])
    assert np.abs(again.looks["before cat"].astype(int) - made.looks["before cat"]).max() < 30


def test_a_recording_of_other_weights_is_refused_and_left_out(
    made: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(made, tmp_path)
    with np.load(path) as file:
        arrays = dict(file)
    about = json.loads(str(arrays["about"]))
    weights = next(name for name in about["sha256"] if name != "photo")
    about["sha256"][weights] = "0" * 64
    np.savez(path, **{**arrays, "about": np.array(json.dumps(about))})
    with pytest.raises(ValueError, match=rf"short.npz was recorded with another {weights}.*demo.record"):
        read(path)
    monkeypatch.setattr(recordings, "FOLDER", tmp_path)
    recording.cache_clear()
    assert recordings.recordings() == () and recording("nothing") is None
    recording.cache_clear()


def test_the_recording_of_a_run_is_found_by_what_the_run_depends_on() -> None:
    item = recording("push-out")
    assert item is not None
    plan = item.outcome.plan
    assert recordings.recording_of(item.sample, plan) is item
    assert recordings.recording_of("coffee", plan) is None
    for other in ({"k": 2}, {"seed": 1}, {"max_steps": 10}, {"settings": {**plan.settings, "beta": 0.5}}):
        assert recordings.recording_of(item.sample, replace(plan, **other)) is None  # type: ignore[arg-type]


def test_there_are_at_least_six_recorded_runs() -> None:
    assert {path.stem for path in FILES} >= WANTED


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recorded_run_is_small_and_what_the_annotator_says_today(path: Path) -> None:
    """Fails where the weights, a bundled perturbation or a photo have changed since: run `python -m demo.record`."""
    assert path.stat().st_size <= MOST_BYTES
    item = read(path)
    outcome = item.outcome
    with torch.inference_mode():
        now = outcome.plan.annotator(outcome.x_adv)
    assert torch.allclose(now, outcome.logits, atol=0.02)
    assert outcome.report["achieved"] and float(outcome.plan.goal.margin(now)[0]) < 0
    assert item.checks and item.looks and item.replay.last >= 0
    width, height = outcome.report["photo_size"]
    assert width >= 32 and height >= 32 and outcome.report["interpolation"] == "bilinear"
    before = float(outcome.plan.goal.margin(outcome.plan.photo.logits)[0])
    assert outcome.report["margin_of_win"] == -outcome.report["margin"] > 0
    assert outcome.report["margin_before"] == pytest.approx(before, abs=1e-3)
    assert stage.closing(item.replay).verdict  # the page can show it: nothing of a run's report is missing


def test_what_one_change_does_to_the_samples_was_recorded_of_the_samples_as_they_are() -> None:
    """The Lesson shows these percentages below today's photos, and Attack gives the same for them."""
    item = read(FOLDER / "universal.npz")
    for now, then in zip(others_of(item.outcome), item.notes["others"], strict=True):
        assert (now["sample"], now["true"]) == (then["sample"], then["true"])
        for what in ("before", "after", "noise"):
            assert now[what][0][0] == then[what][0][0]
            assert now[what][0][1] == pytest.approx(then[what][0][1], abs=0.004), (now["sample"], what)
