"""One set of photos counts: sentence, caption, table, figures and CSV files of a comparison are of the same runs."""

import base64
import csv
import io
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from conftest import make_photos_small

from demo.components import upload_truth
from demo.components.photo_set import PhotoSet
from demo.export import npz
from demo.photos.public_names import photo_id
from demo.render.captions import comparison_caption
from demo.render.goal_words import goal_words
from demo.tabs.compare import events, follow, methods, render, run_events, summary, totals
from demo.tabs.compare.follow import Wish
from demo.tabs.compare.limits import Limit
from demo.tabs.compare.methods import Entry
from demo.tabs.compare.rounds import Round
from demo.tabs.compare.widgets import Choices

STEPS = Limit("steps", 2)
WIDGETS: Any = SimpleNamespace(
    status="status", words="words", plan="plan", table="table", heading="heading", columns=[f"column {n}" for n in range(9)],
    past=[f"past {n}" for n in range(11)], figures=SimpleNamespace(kept="kept"),
)  # fmt: skip


@pytest.fixture
def rounds(photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Round]:
    make_photos_small(monkeypatch)
    monkeypatch.setattr(run_events, "get_upload_folder", lambda: str(tmp_path))
    entries = [Entry(str(photos[name]), "voc20", 3, ("cat",), title=name, confidence=0.5) for name in ("cat", "mosaic")]
    return [Round(one, methods.plans(one, "cleared", ["TkML-AP-U", "kFool"], STEPS, 7)) for one in entries]


def ended(rounds: list[Round], stop_after: int) -> dict[str, Any]:
    """What stands on the page at the end. Stop is pressed as soon as so many runs have ended and the next has begun."""
    shown: dict[str, Any] = {}
    turn: Any = SimpleNamespace(stop_asked=lambda: bool(shown.get("stop")), clock=60.0, next=lambda: iter(()))
    for update in run_events.compared(WIDGETS, turn, rounds, "cleared", STEPS):
        shown |= update  # type: ignore[arg-type]
        begun = sum(len(one.ended) for one in rounds) >= stop_after
        shown["stop"] = begun and "starting" not in shown["status"] and "ended" not in shown["status"]
    return shown


def csv_of(table: str) -> list[list[dict[str, str]]]:
    texts = [base64.b64decode(data).decode() for data in re.findall(r'base64,([^"]+)"', table)]
    return [list(csv.DictReader(io.StringIO(text))) for text in texts]


@pytest.mark.parametrize("stop_after", [2, 3])
def test_a_photo_that_was_stopped_is_in_no_figure_and_no_sum(rounds: list[Round], stop_after: int) -> None:
    shown = ended(rounds, stop_after)
    assert rounds[1].ended[-1]["stopped"] == "user" and not rounds[1].complete
    assert "Of 1 photo " in shown["words"] and "on mosaic, so not counted" in shown["words"]
    assert [(number, title) for number, title, _ in shown["kept"]] == [(1, "cat")]
    sums, runs = csv_of(shown["table"])
    assert {row["photos"] for row in sums} == {"1"}
    assert {(row["photo_title"], row["photo_counts"]) for row in runs} == {("cat", "True"), ("mosaic", "False")}
    asked = {(row["k"], row["confidence"], row["seed"], row["annotator"]) for row in sums}
    assert asked == {("3", "0.5", "7", "voc20")} and list(sums[0])[-4:] == ["k", "confidence", "seed", "annotator"]


def test_what_is_shown_of_one_photo_alone_says_that_its_run_was_stopped(rounds: list[Round]) -> None:
    ((number, _, paths),) = ended(rounds[:1], 1)["kept"]
    assert number == 0 and len(paths) == 2  # no other photo could be meant
    reports = [npz.load(path).report for path in paths]
    stopped = {**reports[1], "achieved": False, "margin": 0.5, "margin_of_win": -0.5}
    assert stopped["stopped"] == "user" and goal_words(stopped) == "not reached, stopped"
    late, lost = {**stopped, "stopped": "time"}, {**stopped, "stopped": None}
    assert goal_words(late) == "not reached, cut by the clock" and goal_words(lost) == "not reached"
    caption = comparison_caption([stopped, {**late, "attack": "MinNorm"}, {**lost, "attack": "ML-AP"}])
    assert "Not reached by ML-AP. kFool: not reached, stopped and MinNorm: not reached, cut by the clock." in caption


def test_gradients_taken_are_the_same_in_sentence_caption_and_table(rounds: list[Round]) -> None:
    ended(rounds, 99)
    for one, gradients in zip(rounds, (20, 4), strict=True):
        one.reports = [report and {**report, "backwards": gradients, "margin_before": 0.5} for report in one.reports]
    rounds[0].reports[1] = {**(rounds[0].reports[1] or {}), "stopped": "time", "time_limit": 60.0}
    rounds[1].reports[1] = {**(rounds[1].reports[1] or {}), "stopped": "user"}
    taken = ", gradients taken: TkML-AP-U 20 and kFool 20"
    assert taken in totals.sentence(rounds, "cleared", done=True)
    table = totals.table_html(rounds, STEPS, True, "sum")
    assert taken in table and {row["gradients"] for row in csv_of(table)[0]} == {"20"}
    many = [rounds[0], replace_title(rounds[0], "again")]
    assert ", gradients taken (median): TkML-AP-U 20 and kFool 20" in totals.table_html(many, STEPS, True, "sum")


def replace_title(one: Round, title: str) -> Round:
    again = Round(replace(one.entry, title=title), one.plans)
    again.reports = list(one.reports)
    return again


@pytest.mark.parametrize("k", [1, 4])
def test_the_line_below_the_top_of_an_own_photo_is_where_its_attack_has_it(
    photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch, k: int
) -> None:
    make_photos_small(monkeypatch)
    with gr.Blocks() as page:
        slider, annotator = gr.Slider(1, 19, value=3, step=1), gr.Radio(["voc20"], value="voc20")
        chosen = PhotoSet(gr.CheckboxGroup([]), gr.File(file_count="multiple"), gr.HTML(), 12)
        upload_truth.upload_truth("own", chosen, annotator, slider)
    (changed,) = (one for one in page.fns.values() if (slider._id, "change") in one.targets)
    value = changed.fn([str(photos["cat"])], photo_id(str(photos["cat"])), "voc20", k, {})
    assert re.findall(r"top \d+ ends here", value["html"]) == [f"top {k} ends here"]


def test_a_photo_that_its_run_leaves_out_is_in_no_count_and_named_where_the_count_is() -> None:
    entry = Entry("", "voc20", 3, (), confidence=1.0)
    choices = Choices("cleared", ["MinNorm"], "steps", 0, [], [], {}, 5, 5, 5)
    plan = follow.words(choices, Wish("MinNorm", "cleared", "", 5, 0), entry, 9, True, ("tree.jpg",))
    assert "on 9 photos, without the one on the tab Attack, without tree.jpg, where the annotator finds nothing" in plan
    strip = render.strip_html(entry, "cleared", 9, "as your own take its place", 0, ("tree.jpg",))
    assert "<dd>9 " in strip and "its place; tree.jpg too, as the annotator finds nothing there)" in strip
    about = methods.ComparisonRequest.of(entry, "cleared", ["MinNorm"], STEPS, 0)
    known = replace(about, nothing_found=("tree.jpg",))
    assert known == about and events.found_out(known, about) == ("tree.jpg",)
    assert events.found_out(known, replace(about, seed=1)) == () == events.found_out(None, about)


@pytest.mark.parametrize(("beside", "words"), [(0, "True"), (2, "True on the photo on Attack")])
def test_the_labels_of_one_photo_are_not_said_to_be_those_of_all(
    photos: dict[str, Path], beside: int, words: str
) -> None:
    entry = Entry(str(photos["cat"]), "voc20", 3, ("cat",))
    assert f"<dt>{words}</dt>" in render.strip_html(entry, "cleared", beside=beside)


@pytest.mark.parametrize(
    ("limit", "steps", "gradients"),
    [(Limit("steps", 2), "2", ""), (Limit("gradients", 50), "", "50"), (Limit("seconds", 3), "", "")],
)
def test_the_file_names_the_limit_that_was_given(rounds: list[Round], limit: Limit, steps: str, gradients: str) -> None:
    ended(rounds[:1], 99)
    text = summary.runs_csv([("cat", rounds[0].reports, True)], limit)
    rows = list(csv.DictReader(io.StringIO(text)))
    asked = {(row["max_steps"], row["max_gradients"], row["given"]) for row in rows}
    assert asked == {(steps, gradients, str(limit))}
