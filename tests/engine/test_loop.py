"""The runner between page and core, the uploads it reads and the drawings made from it; no server, no browser."""

import io
import json
import struct
import time
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from conftest import to_the_end, with_universal
from gradio.data_classes import ImageData
from PIL import Image
from torch import Tensor, nn

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.catalog.english import listed
from demo.catalog.goals import GOALS
from demo.components.label_toggles import truth_panel
from demo.components.photo_input import photo_input
from demo.engine import loop
from demo.engine.annotators import Photo, annotate_photo, guess, load_annotator, read_photo
from demo.engine.label_roles import Roles
from demo.engine.plan import DEFAULT_K, AttackRequest, plan_for
from demo.engine.stream import FIRST
from demo.export.files import save_png, save_report
from demo.photos import uploads
from demo.photos.samples import sample, samples
from demo.photos.selection import known_truth
from demo.render.label_race import LABEL_GAP, MOST_LABELS, Race, drawn_labels, race_html, spread
from demo.render.labels import percent, ranking, top_list
from demo.render.plot import ticks
from demo.render.run_figures import run_figures_html
from demo.render.status import done_html, status_html
from demo.render.verdict import sentence, verdict_html
from demo.tabs.attack import stage as live
from tkml_core import pixel_grid
from tkml_core.step_generators import WithResult

NAME = "voc20"
REPORT = {
    "annotator", "attack", "k", "true_labels", "targets", "before", "after", "achieved", "consistent", "pert", "l2",
    "linf", "psnr", "ssim", "steps", "forwards", "backwards", "seconds", "device", "seed", "stopped",
}  # fmt: skip


@pytest.fixture(scope="module")
def cat(photos: dict[str, Path]) -> str:
    return str(photos["cat"])


def test_the_best_labels_come_first_and_k_is_how_many(cat: str) -> None:
    labels = annotate_photo(cat, NAME, 4)
    assert len(labels) == 4 and labels[0][0] == "cat"
    assert [p for _, p in labels] == sorted((p for _, p in labels), reverse=True)
    assert all(0 <= p <= 1 for _, p in labels)


def test_a_picture_is_annotated_once(cat: str) -> None:
    assert read_photo(cat, NAME) is read_photo(cat, NAME)
    assert read_photo(cat, NAME) is not read_photo(cat, "coco80")


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/a/Große Küche (2).JPG", "groe-kuche-2"),
        ("/a/../..;rm -rf.png", "rm-rf"),
        ("/a/日本.jpg", "photo"),
        ("", "photo"),
        (f"/a/{'x' * 39} y.png", "x" * 39),
    ],
)
def test_a_files_word_goes_into_any_files_name(path: str, word: str) -> None:
    assert uploads.file_word(path) == word


def test_the_guess_is_every_label_from_one_half_and_at_least_the_best() -> None:
    annotator = load_annotator(NAME)
    logits = torch.full((1, 20), -3.0)
    logits[0, [2, 5]] = torch.tensor([0.0, 4.0])
    assert guess(Photo(torch.zeros(1, 3, 32, 32), logits), annotator) == (annotator.labels[5], annotator.labels[2])
    logits[0, [2, 5]] = torch.tensor([-1.0, -2.0])
    assert guess(Photo(torch.zeros(1, 3, 32, 32), logits), annotator) == (annotator.labels[2],)


@pytest.mark.parametrize(
    ("attack", "more"),
    [("TkML-AP-U", {}), ("TkML-AP-U", {"goal": "inconsistent"}), ("TkML-AP-T", {"target_case": "best"})],
)
@pytest.mark.usefixtures("small_photos")
def test_a_report_is_about_the_png(cat: str, tmp_path: Path, attack: str, more: dict[str, str]) -> None:
    plan = plan_for(cat, AttackRequest(NAME, 1, attack, ["cat"], max_steps=200, **more))
    frames, outcome = to_the_end(loop.run_here(plan, budget=600))
    report = outcome.report
    assert set(report) >= REPORT and json.loads(json.dumps(report)) == report
    png, saved = save_png(outcome, tmp_path), save_report(outcome, tmp_path)
    assert json.loads(Path(saved).read_text()) == report
    again = annotate_photo(png, NAME, 1)
    assert [list(pair) for pair in again] == report["after"]
    assert [list(pair) for pair in annotate_photo(cat, NAME, 1)] == report["before"]
    names = {name for name, _ in report["after"]}
    assert report["achieved"] and report["psnr"] > 30
    if attack == "TkML-AP-T":
        assert names == set(report["targets"]) and "cat" not in names
    elif not more:
        assert "cat" not in names
    assert report["consistent"] is ("cat" in names)
    frames = [frame for frame in frames if not frame.rounding]
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert len(outcome.history.loss) == len(outcome.history.logits) == len(frames)


def test_a_goal_that_holds_already_leaves_the_photo_alone(cat: str) -> None:
    _, outcome = to_the_end(loop.run_here(plan_for(cat, AttackRequest(NAME, 1, "TkML-AP-U", ["sheep"]))))
    report = outcome.report
    assert report["achieved"] and report["steps"] == 0 and report["l2"] == 0 and report["psnr"] is None
    assert report["before"] == report["after"]
    assert "met before the attack" in sentence(report)


def test_stop_ends_a_run_with_an_honest_report(photos: dict[str, Path]) -> None:
    slow = {"step": 0.001}
    request = AttackRequest("coco80", 10, "TkML-AP-T", ["cat", "person", "cup"], "worst", max_steps=2000, settings=slow)
    seen: list[int] = []
    steps = loop.run_here(plan_for(photos["breakfast"], request), stop_asked=lambda: len(seen) >= 3)
    run = WithResult(steps)
    for frame in run:
        seen.append(frame.index)
    report = run.result.report
    assert seen == [0, 1, 2] and report["stopped"] == "user" and report["steps"] <= 3
    assert not report["achieved"]
    words = sentence(report)
    assert "Stopped after" in words and not words.startswith("Stopped")  # the news comes first


def test_the_clock_ends_a_run(photos: dict[str, Path]) -> None:
    request = AttackRequest("coco80", 10, "TkML-AP-T", ["cat"], "worst", max_steps=2000)
    frames, outcome = to_the_end(loop.run_here(plan_for(photos["cat"], request), budget=0.0))
    assert len(frames) == 1 and outcome.report["stopped"] == "time"
    assert "Stopped at step 0, as others were waiting for a run and this one had only 0 seconds" in sentence(
        outcome.report
    )


def test_a_run_that_is_dropped_stops_working(cat: str) -> None:
    steps = loop.run_here(plan_for(cat, AttackRequest(NAME, 3, "TkML-AP-T", ["cat"], "worst")))
    next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


BAD = [
    ({"k": 0}, "k must be a whole number from 1 to 19"),
    ({"k": 20}, "from 1 to 19"),
    ({"k": 2.5}, "2.5"),
    ({"k": "three"}, "three"),
    ({"k": True}, "True"),
    ({"k": None}, "None"),
    ({"k": float("nan")}, "nan"),
    ({"attack": "PGD"}, "'TkML-AP-U'"),
    ({"true_labels": ["unicorn"]}, "tvmonitor"),
    ({"true_labels": "cat"}, "list of label names"),
    ({"true_labels": [1]}, "list of label names"),
    ({"true_labels": {"cat": 1}}, "list of label names"),
    ({"true_labels": list(tk.load(NAME).labels)}, "All 20 labels"),
    ({"max_steps": 0}, "max_steps must be a whole number from 1 to 2000"),
    ({"max_steps": 2001}, "from 1 to 2000"),
    ({"seed": -1}, "seed must be a whole number from 0"),
    ({"goal": "targeted"}, "'cleared', 'inconsistent'"),
    ({"goal": "hide everything"}, "'cleared', 'inconsistent'"),
    ({"attack": "TkML-AP-T"}, "'best', 'random', 'worst', 'chosen'"),
    ({"attack": "TkML-AP-T", "target_case": "nearest"}, "'best', 'random', 'worst', 'chosen'"),
    ({"attack": "TkML-AP-T", "target_case": "chosen", "target_labels": ["dog"]}, "exactly 2 target labels"),
    ({"attack": "TkML-AP-T", "target_case": "chosen", "target_labels": ["dog", "dog"]}, "exactly 2 target labels"),
    ({"attack": "TkML-AP-T", "target_case": "chosen", "target_labels": ["dog", "cat"]}, "cat cannot be both"),
    ({"attack": "TkML-AP-T", "target_case": "best", "goal": "cleared"}, "'targeted'"),
    ({"attack": "kFool", "goal": "targeted"}, "The goal of kFool must be one of 'cleared', 'inconsistent'"),
    ({"attack": "CW^k", "goal": "hide", "target_labels": ["cat"]}, "'ordered', 'targeted'"),
    ({"attack": "ML-AP", "goal": "ordered", "target_case": "best"}, "'targeted'"),
    ({"attack": "CW^k", "target_case": "chosen", "target_labels": ["dog"]}, "exactly 2 target labels"),
    ({"attack": "CW^k"}, "'best', 'random', 'worst', 'chosen'"),
    ({"attack": "MinNorm", "goal": "targeted"}, "'best', 'random', 'worst', 'chosen'"),
    ({"attack": "MinNorm", "goal": "hide"}, "at least one label to hide, of those that are true: cat"),
    ({"attack": "MinNorm", "goal": "hide", "target_labels": ["dog"]}, "dog is not. True is cat"),
    ({"annotator": with_universal(), "attack": "kUAPs", "k": 9}, "there is one for k = 1, 2, 3"),
    ({"settings": {"beta": -1.0}}, "-1"),
    ({"attack": "BlackBox", "settings": {"epsilon": 2.5}}, "2.5"),
    ({"settings": {"step": 0.0}}, "0"),
    ({"annotator": "imagenet"}, "'voc20'"),
]


@pytest.mark.parametrize(("wrong", "words"), BAD, ids=[str(wrong)[:60] for wrong, _ in BAD])
def test_a_wish_that_cannot_be_met_says_what_can(cat: str, wrong: dict[str, Any], words: str) -> None:
    wish: dict[str, Any] = {"annotator": NAME, "k": 2, "attack": "TkML-AP-U", "true_labels": ["cat"], **wrong}
    with pytest.raises(ValueError) as caught:
        plan_for(cat, AttackRequest(**wish))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("attack", "case", "goal", "built"),
    [
        ("MinNorm", "", "", tk.Cleared),
        ("MinNorm", "worst", "", tk.Targeted),
        ("MinNorm", "worst", "inconsistent", tk.Inconsistent),
        ("BlackBox", "", "", tk.Cleared),
        ("BlackBox", "best", "", tk.Targeted),
        ("BlackBox", "best", "ordered", tk.Ordered),
        ("CW^k", "best", "", tk.Ordered),
        ("CW^k", "best", "targeted", tk.Targeted),
        ("ML-AP", "random", "", tk.Targeted),
        ("kFool", "best", "", tk.Cleared),
        ("kUAPs", "best", "", tk.Cleared),
    ],
)
def test_a_target_case_makes_an_attack_targeted_where_it_can_be(
    cat: str, attack: str, case: str, goal: str, built: type[tk.Goal]
) -> None:
    name = with_universal(attack) if catalog.precomputed(attack) else NAME
    plan = plan_for(cat, AttackRequest(name, 3, attack, ["cat"], case, max_steps=7, goal=goal))
    assert type(plan.goal) is built
    assert len(plan.roles.targets) == (3 if built in (tk.Targeted, tk.Ordered) else 0)
    if case == "best" and plan.roles.targets:
        scores = [float(plan.photo.logits[0, plan.annotator.index(name)]) for name in plan.roles.targets]
        assert scores == sorted(scores, reverse=True)
    if built is tk.Ordered:
        assert [plan.annotator.labels[j] for j in plan.goal.targets[0].tolist()] == list(plan.roles.targets)  # type: ignore[attr-defined]


def test_hiding_keeps_the_other_true_labels(cat: str) -> None:
    request = AttackRequest(NAME, 3, "MinNorm", ["cat", "sofa", "person"], "", ["couch"], goal="hide")
    plan = plan_for(cat, request)
    assert plan.roles.hidden == ("sofa",) and plan.roles.targets == ()
    assert isinstance(plan.goal, tk.Hide)
    assert plan.goal.keep[0].nonzero().flatten().tolist() == sorted(map(plan.annotator.index, ("cat", "person")))


def test_more_to_keep_than_places_is_no_obstacle(cat: str) -> None:
    request = AttackRequest(NAME, 1, "MinNorm", ["cat", "sofa", "person"], "", ["couch"], goal="hide")
    plan = plan_for(cat, request)
    assert int(plan.goal.keep.sum()) == 2 and plan.goal.k == 1  # type: ignore[attr-defined]
    assert GOALS["hide"].reached(1, ["sofa"], ["cat", "person"]).endswith("nothing but 1 of cat and person")


def test_the_seed_is_the_attacks_too_and_whole_settings_are_whole(cat: str) -> None:
    request = AttackRequest(NAME, 1, "BlackBox", ["cat"], seed=5, max_steps=9, settings={"epsilon": 12.0, "beta": 1.0})
    attack = plan_for(cat, request).attack
    assert (attack.seed, attack.max_steps) == (5, 9) and attack.epsilon == 12 and isinstance(attack.epsilon, int)


@pytest.mark.parametrize("attack", ["TkML-AP-Uv", "kUAPs"])
def test_a_ready_made_change_is_added_to_the_centre_square(photos: dict[str, Path], attack: str) -> None:
    name = with_universal(attack)
    plan = plan_for(photos["mosaic"], AttackRequest(name, 3, attack, ["cat", "person", "motorcycle"]))
    frames, outcome = to_the_end(loop.run_here(plan))
    report, z = outcome.report, tk.universal(attack, name, 3)
    assert plan.photo.x.shape == z.shape == (1, 3, report["height"], report["width"])
    assert len(frames) == 2 and (report["steps"], report["forwards"], report["backwards"]) == (0, 2, 0)
    assert torch.equal(outcome.x_adv, tk.quantize((plan.photo.x + z).clamp(0, 1)))
    added = outcome.x_adv.double() - plan.photo.x.double()
    assert report["l2"] == pytest.approx(float(tk.l2_norm(added))) and report["settings"] == {}
    after = {name for name, _ in report["after"]}
    assert report["achieved"] is after.isdisjoint(plan.roles.true)
    assert f"{plan.max_steps} were allowed" not in run_figures_html(report) and "steps/s" not in done_html(outcome)
    with pytest.raises(ValueError, match="square=True"):
        next(plan.attack.steps(plan.annotator, plan.photo.x[..., :200], plan.goal))


def test_a_ready_made_change_is_not_added_where_the_goal_holds(cat: str) -> None:
    _, outcome = to_the_end(
        loop.run_here(plan_for(cat, AttackRequest(with_universal("TkML-AP-Uv", 1), 1, "TkML-AP-Uv", ["sheep"])))
    )
    assert outcome.report["achieved"] and outcome.report["l2"] == 0 and outcome.report["forwards"] == 1


def test_the_other_data_sets_spelling_is_understood(cat: str) -> None:
    plan = plan_for(cat, AttackRequest(NAME, 1, "TkML-AP-T", ["couch"], "chosen", ["airplane"]))
    assert plan.request.true_labels == ("sofa",) and plan.roles.targets == ("aeroplane",)


def test_every_attack_of_the_core_can_be_chosen() -> None:
    assert list(catalog.attacks()) == list(tk.ATTACKS)
    for name, attack in tk.ATTACKS.items():  # none of the goals that the core gives an attack is left out here
        assert [tk.GOALS[goal] for goal in catalog.goals_of(name)] == list(attack.goals)
    assert set(GOALS) == set(tk.GOALS)


def test_samples_are_installed_and_the_pages_network_names_what_is_on_them(photos: dict[str, Path]) -> None:
    """The best label is true, and so is at least half of the top-k that could be. Every annotator knows some of the truth."""
    assert len(samples()) >= 6
    for name in tk.available():
        annotator = load_annotator(name)
        for item in samples():
            truth = known_truth(item, annotator)
            assert truth and set(truth) <= set(annotator.labels)
            if name not in ("voc20", "coco80"):
                continue
            top = [label for label, _ in annotate_photo(photos[item.name], name, DEFAULT_K)]
            assert top[0] in truth, (name, item.name, top)
            assert 2 * len(set(top) & set(truth)) >= min(DEFAULT_K, len(truth)), (name, item.name, top)
    assert known_truth(sample("coffee"), load_annotator("voc20")) == ("diningtable",)
    assert known_truth(sample("coffee"), load_annotator("coco80")) == ("cup", "spoon", "dining table")


def test_a_page_is_sent_few_frames_and_a_lossless_end(cat: str) -> None:
    plan = plan_for(
        cat, AttackRequest("coco80", 5, "TkML-AP-T", ["cat"], "worst", max_steps=15, settings={"step": 0.001})
    )
    began = time.perf_counter()
    views = list(live.views(plan, lambda: False))
    seconds = time.perf_counter() - began
    assert 3 <= len(views) <= seconds / FIRST + 4
    first = views[0]
    assert "step 0" in str(first.status) and "Scores after 0 steps" in str(first.race)  # before anything is computed
    assert all("image/jpeg" in str(box) for box in (first.before, first.change, first.after))
    assert all(view.outcome is None and "image/png" not in (view.after or "") for view in views[:-1])
    last = views[-1]
    assert last.outcome is not None and all("image/png" in str(box) for box in (last.before, last.change, last.after))
    assert all(getattr(last, name) for name in live.BOXES)


# --- uploads -----------------------------------------------------------------------------------------------------


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def _cut_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 80).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()[:900]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "could not be read as a picture"),
        (b"hello, I am no picture", "could not be read as a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "could not be read as a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "could not be read as a picture"),
        (_png_header(60_000, 60_000), "million pixels"),
        (_png_header(9_000, 9_000), "million pixels"),
        (_png_header(300, 300), "damaged"),
        (_cut_jpeg(), "damaged"),
    ],
    ids=["empty", "text", "SVG", "EPS", "a bomb", "too large", "no pixels", "cut off"],
)
def test_what_is_no_picture_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "upload.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as caught:
        uploads.open_photo(path)
    assert str(tmp_path) not in str(caught.value)


def test_a_photo_that_is_gone_is_asked_for_again(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.png", None, ""):
        with pytest.raises(ValueError, match=r"choose it again|no picture yet"):
            read_photo(path, NAME)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F"])
def test_any_mode_of_picture_is_annotated(tmp_path: Path, mode: str) -> None:
    pixels = (np.indices((80, 120)).sum(0) % 256).astype(np.uint8)
    image = Image.fromarray(pixels)
    image = Image.fromarray(pixels.astype(np.uint16) * 256) if mode == "I;16" else image.convert(mode)
    path = tmp_path / ("odd.png" if mode not in ("CMYK", "F") else "odd.tiff")
    image.save(path)
    assert len(annotate_photo(path, NAME, 3)) == 3


def test_a_picture_too_small_to_annotate_says_so(tmp_path: Path) -> None:
    Image.new("RGB", (20, 400)).save(tmp_path / "small.png")
    with pytest.raises(ValueError, match="32"):
        annotate_photo(tmp_path / "small.png", NAME, 3)


# --- words and drawings -------------------------------------------------------------------------------------------


def test_label_names_cannot_bring_markup() -> None:
    evil = '<img src=x onerror="alert(1)">'
    labels = ranking([evil, "b", "c"], [0.9, 0.5, 0.1], [0, 1, 2])
    race = Race([evil, "b", "c"], np.zeros((3, 3)), np.zeros(3), Roles((evil,), ("b",)), 1)
    for html in (truth_panel(labels, [evil], 1, "guess"), top_list(labels, Roles((evil,)), evil), race_html(race)):
        assert "<img" not in html and "&lt;img" in html


def test_line_ends_keep_their_distance() -> None:
    places = spread([50, 50, 52, 10, 290, 291], 24, 11, 289)
    ordered = sorted(places)
    assert all(b - a >= 24 - 1e-9 for a, b in pairwise(ordered)) and ordered[-1] <= 289
    assert places.index(min(places)) == 3


@pytest.mark.parametrize(("low", "high"), [(-3.2, 7.9), (0, 1), (0, 2000), (-0.004, 0.003), (5, 5)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    marks = ticks(low, high)
    assert len(marks) <= 7 and all(low - 1e-6 <= mark <= high + 1e-6 for mark in marks)


def test_a_race_draws_at_most_ten_labels_the_named_ones_among_them() -> None:
    scores = np.random.default_rng(0).normal(size=(7, 80))
    labels = tuple(f"label {j}" for j in range(80))
    race = Race(labels, scores, np.zeros(7), Roles(labels[70:72], labels[3:6]), 3)
    shown = drawn_labels(race)
    assert len(shown) == MOST_LABELS == len(set(shown)) and {70, 71, 3, 4, 5} <= set(shown)
    crowded = Race(race.labels, scores, np.zeros(7), Roles(labels[:20], labels[20:40]), 20)
    assert len(drawn_labels(crowded)) == MOST_LABELS
    assert race_html(race).count('class="end ') == MOST_LABELS and LABEL_GAP * MOST_LABELS < 300


def test_a_probability_is_never_rounded_to_certainty() -> None:
    assert [percent(p) for p in (0, 0.009, 0.0101, 0.5, 0.994, 0.9999)] == ["<1%", "<1%", "1%", "50%", "99%", ">99%"]


def test_a_failure_is_called_one() -> None:
    report = {
        "attack": "TkML-AP-U", "k": 2, "goal": "cleared", "achieved": False, "stopped": None, "steps": 9, "l2": 3.0, "linf": 1.0,
        "before": [["cat", 0.9], ["dog", 0.2]], "after": [["dog", 0.6], ["cat", 0.5]], "true_labels": ["cat"], "targets": [],
        "hidden": [], "true_labels_guessed": False, "margin_of_win": -0.1,
        "margin_before": 0.4, "settings": {},
    }  # fmt: skip
    assert sentence(report).startswith("Cat is still in the top 2. It did not work within 9 steps.")
    assert "Not fooled" in verdict_html(report)
    assert listed(["a", "b", "c"]) == "a, b and c" and listed(list("abcdefgh")) == "a, b, c, d and 4 more"


WORDS = [
    ("ordered", ["a", "b"], [], ["a", "b"], True, "the targets in the order asked for"),
    ("ordered", ["a", "b"], [], ["b", "a"], False, "the targets are there, but not in the order"),
    ("ordered", ["a", "b"], [], ["a", "cat"], False, "b is missing"),
    ("hide", [], ["cat"], ["dog", "a"], True, "Cat is out of the top 2, and dog is in it"),
    ("hide", [], ["cat"], ["a", "b"], False, "dog fell out of the top 2"),
    ("hide", [], ["cat"], ["cat", "b"], False, "Cat is still in the top 2 and dog fell out of the top 2"),
]


@pytest.mark.parametrize(("goal", "targets", "hidden", "after", "achieved", "words"), WORDS)
def test_each_goal_has_its_own_words(
    goal: str, targets: list[str], hidden: list[str], after: list[str], achieved: bool, words: str
) -> None:
    report = {
        "attack": "BlackBox", "k": 2, "goal": goal, "achieved": achieved, "stopped": None, "steps": 9, "l2": 3.0,
        "linf": 1.0, "before": [["cat", 0.9], ["dog", 0.2]], "after": [[name, 0.5] for name in after],
        "true_labels": ["cat", "dog"], "true_labels_guessed": False, "targets": targets, "hidden": hidden,
        "psnr": 40.0, "ssim": 1.0, "margin_of_win": 0.1 if achieved else -0.1, "margin_before": 0.4,
        "settings": {},
        "consistent": False, "consistent_before": True, "pert": 0.1, "l2_before_rounding": 3.0, "max_steps": 20,
        "forwards": 1, "backwards": 0, "seconds": 1.0, "device": "CPU", "width": 9, "height": 9,
    }  # fmt: skip
    assert words in sentence(report) and "own guess" not in sentence(report)
    guessed = sentence({**report, "true_labels_guessed": True})
    assert guessed.endswith(" The true labels are the annotator’s own guess.")
    assert "own guess: to be sure, mark what is in the photo." in verdict_html({**report, "true_labels_guessed": True})
    assert "mark what is in the photo" not in verdict_html(report)
    assert ("within 9 queries" in sentence(report)) is not achieved
    table = run_figures_html(report)
    assert (f">{'right' if achieved else 'wrong'}<" in table) is (goal == "ordered")
    assert (">reached<" in table) is achieved and ">Agrees with the truth<" in table
    assert "more of" not in table and "more forward" not in table and "making it smaller" not in table
    searched = run_figures_html(report | {"forwards": 45, "l2_before_rounding": 3.4})
    assert "more forward than queries, as a success" in searched and "a step may take several" not in searched
    assert "more of both than queries, as a success" in run_figures_html(report | {"forwards": 45, "backwards": 30})
    assert "3.4 before rounding for saving, whose search for whole levels goes on making it smaller" in searched


def test_a_label_to_hide_and_a_place_are_not_told_by_colour_alone() -> None:
    labels = ranking(["a", "b", "c"], [0.9, 0.5, 0.1], [0, 1, 2])
    hidden = top_list(labels, Roles(("a", "b"), hidden=("a",)), "Top 3")
    assert 'class="label out"' in hidden and "true, to be hidden" in hidden and 'class="label true"' in hidden
    placed = top_list(labels, Roles(("a",), ("c", "b"), ordered=True), "Top 3")
    assert "(target for place 2)" in placed and '<span class="place" aria-hidden="true">1</span>' in placed
    race = Race(("a", "b", "c"), np.zeros((3, 3)), np.zeros(3), Roles(("a", "b"), hidden=("a",)), 1)
    assert "to hide" in race_html(race) and 'class="line out"' in race_html(race)


def test_the_check_of_uploads_survives_an_update_of_the_widget(tmp_path: Path) -> None:
    """Gradio makes a widget anew, from its class and its arguments, whenever a handler updates it."""
    broken = tmp_path / "photo.png"
    broken.write_bytes(b"no picture")
    with gr.Blocks():
        box = photo_input(label="Photo")
    again = box.__class__(**{**box.constructor_args, "height": 99, "render": False})
    assert again.get_block_name() == "image"
    with pytest.raises(gr.Error, match="could not be read as a picture"):
        again.preprocess(ImageData(path=str(broken)))
    assert again.preprocess(None) is None


@pytest.mark.parametrize(("reached", "kept"), [(True, loop.ROUNDING_STEPS), (False, loop.CLOSING_STEPS)])
@pytest.mark.parametrize("drawing", [0.0, 2.0])
def test_the_search_on_the_256_levels_is_part_of_the_clock(
    reached: bool, kept: int, drawing: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With steps of 1 s a run of 60 s is told to end when as much time is left as that search takes, if there is to be one."""
    now = [0.0]
    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])

    def steps() -> Any:
        for index in range(1000):
            stop = yield SimpleNamespace(index=index, achieved=torch.tensor([reached and index == 5]))
            if stop:
                return index
            now[0] += 1.0
        return None

    run = WithResult(loop.take_steps(steps(), lambda: False, 60.0))
    for _ in run:
        now[0] += drawing  # a picture for the page
    last, stopped, timing = run.result
    assert timing == (60.0, 60.0, pytest.approx(1.0))
    ended = last * (1 + drawing) + drawing
    assert stopped == "time" and 60 - kept - 2 - drawing <= ended <= 60 - kept + 2 + drawing


class Slow(nn.Module):
    """A linear network with a pass forward of so many seconds, by the clock `now`, and twice that for a gradient."""

    def __init__(self, now: list[float], seconds: float) -> None:
        super().__init__()
        self.now, self.seconds = now, seconds
        self.layer = nn.Linear(3 * 32 * 32, 20).requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        self.now[0] += self.seconds
        if x.requires_grad:
            x.register_hook(lambda _: self.now.__setitem__(0, self.now[0] + 2 * self.seconds))
        return self.layer(x.flatten(1)) * 8


@pytest.mark.parametrize("attack", ["MinNorm", "TkML-AP-T"])
@pytest.mark.parametrize("seconds", [0.6, 2.4])
def test_the_clock_holds_where_steps_are_slow(attack: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the search that ends a run takes longer than what was kept for it, or comes in the middle of one."""
    torch.manual_seed(0)
    now, labels = [0.0], [str(j) for j in range(20)]
    annotator = tk.Annotator(Slow(now, seconds), labels)
    x = tk.quantize(torch.rand(1, 3, 32, 32) * 0.6 + 0.2)
    logits = annotator(x)
    true = tk.topk_mask(logits, 3)
    goal = tk.Targeted.of(true, 3, tk.target_order("worst", logits, true, 3, seed=0))
    now[0] = 0.0
    monkeypatch.setattr(annotator.module, "now", now)
    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])
    run = tk.ATTACKS[attack](max_steps=2000).steps(annotator, x, goal)
    _, (result, stopped, _) = to_the_end(loop.take_steps(run, lambda: False, 60.0))
    assert now[0] <= 60 and (stopped == "time" or now[0] < 60)
    assert bool(result.achieved) or attack != "MinNorm"


@pytest.mark.usefixtures("small_photos")
def test_a_search_that_takes_a_while_is_told_of_and_is_no_step(cat: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_for(cat, AttackRequest(NAME, 1, "TkML-AP-U", ["cat"]))
    search = pixel_grid.search

    def slow(*args: Any, **options: Any) -> pixel_grid.Rounded:
        found = search(*args, **options)
        time.sleep(0.3)
        return found

    monkeypatch.setattr(pixel_grid, "search", slow)
    frames, outcome = to_the_end(loop.run_here(plan))
    [told] = [frame for frame in frames if frame.rounding]
    at = frames.index(told)
    assert 0 < at < len(frames) - 1 and told.index == frames[at - 1].index and told.x_adv is frames[at - 1].x_adv
    shown = [frame for frame in frames if "rounding for saving" in status_html(plan, frame)]
    assert shown == [told]
    assert len(outcome.history.loss) == len(frames) - 1 == outcome.report["steps"] + 1


def test_a_search_that_takes_what_it_has_as_the_time_is_over_is_told() -> None:
    """Else a picture that the clock made would pass for the one that the attack makes.

    The clock that is told is the one that cut it, also where it is longer again as whoever waited has gone.
    """
    seconds, asked = [100.0], list[float]()

    def budget() -> float:
        asked.append(seconds[0])
        return seconds[0]

    def steps() -> Iterator[Any]:
        yield SimpleNamespace(achieved=torch.tensor([True]))
        for seconds[0] in (0.0, 100.0):
            assert pixel_grid.overdue.get()()
        return "result"

    taking = WithResult(loop.take_steps(steps(), lambda: False, budget))
    assert len(list(taking)) == 1 and taking.result[:2] == ("result", "time") and asked[-1] == 0.0
    assert taking.result.timing[:2] == (100.0, 0.0) and taking.result.timing.step is not None
