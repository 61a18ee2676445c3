"""What counts as true where nobody said is decided once: every tab takes the same labels, and leaves the same photos out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from conftest import with_universal
from PIL import Image

from demo import figures
from demo.components import upload_truth
from demo.components.label_toggles import truth_panel
from demo.components.photo_set import PhotoSet
from demo.engine.annotators import Photo, guess, load_annotator
from demo.engine.guessed_truth import CORRECT, FOUND, RULE, guessed_truth, left_out_words
from demo.photos.public_names import photo_id
from demo.photos.selection import uploaded
from demo.render.labels import scored
from demo.tabs.compare import rounds, tab
from demo.tabs.compare.limits import Limit
from demo.tabs.compare.methods import Entry
from demo.tabs.tables import live_row, live_table
from demo.tabs.universal import changes, craft, photo_set, render, trial
from tkml_core.annotator import GUESS_AT
from tkml_core.step_generators import drain

NOTHING_IN = "finds none of its labels in grey.png. If one is there all the same, tick it under “" + CORRECT


@pytest.fixture(scope="module")
def own(photos: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two photos of a visitor's, the second with nothing on it."""
    folder = tmp_path_factory.mktemp("own")
    with Image.open(photos["cat"]) as photo:
        photo.convert("RGB").save(folder / "cat.png")
    Image.new("RGB", (320, 240), (127, 127, 127)).save(folder / "grey.png")
    return [str(folder / name) for name in ("cat.png", "grey.png")]


def seen(*best: float) -> Photo:
    """A photo whose first labels have these probabilities, all others 1%."""
    probability = torch.full((1, 20), 0.01)
    probability[0, : len(best)] = torch.tensor(best)
    return Photo(torch.zeros(1, 3, 32, 32), probability.logit())


@pytest.mark.parametrize(
    ("best", "count", "said"),
    [
        ((0.7, 0.51, 0.49), 2, "every label of 50% or more is ticked already"),
        ((0.49, 0.45), 1, "no label reaches 50%, so the best one is ticked"),
        ((FOUND + 0.01,), 1, "no label reaches 50%, so the best one is ticked"),
        ((FOUND - 0.01, 0.2), 0, "finds none of these labels, so nothing is ticked"),
    ],
)
def test_what_is_taken_for_true_and_what_is_said_of_it(best: tuple[float, ...], count: int, said: str) -> None:
    annotator, photo = load_annotator("voc20"), seen(*best)
    true = guessed_truth(photo, annotator)
    assert true == annotator.labels[:count]
    html = truth_panel(scored(annotator, photo.logits), true, 3, "guess")
    assert said in html and html.count('class="chip true"') + html.count('class="chip small true"') == count
    assert guess(photo, annotator) == annotator.labels[: max(count, 1)]  # the endpoint's, which always has one


def test_the_rule_is_told_with_the_numbers_that_decide() -> None:
    assert f"{GUESS_AT:.0%} or more" in RULE and f"at least {FOUND:.0%}" in RULE
    assert RULE in tab.PHOTOS_TOLD and RULE in live_table.rows_html([])
    assert left_out_words((), 5, "voc20") == ""
    assert left_out_words(["a", "b"], 5, "voc20").startswith(
        "2 of 5 photos left out: voc20 finds none of its labels in a and b."
    )


def compare(paths: list[str]) -> str:
    entry = Entry("", "voc20", 1, (), title="not taken")
    gathering = rounds.gathering([], entry, uploaded(paths), "cleared", ["kFool"], Limit("steps", 1), 0)
    found, out = drain(gathering)
    assert [(one.title, one.entry.true, one.entry.guessed) for one in found] == [("cat.png", ("cat",), True)]
    assert found[0].plans[0].guessed and found[0].plans[0].roles.true == ("cat",)
    return left_out_words(out, len(paths), "voc20")


def try_it(paths: list[str]) -> str:
    name = with_universal("TkML-AP-Uv")
    change = changes.of_ready("TkML-AP-Uv", name, 3)
    told, rows = trial.try_html(change, trial.read(change, uploaded(paths), []))
    assert rows.count("Truth guessed: cat.") == 1
    assert f"What is true on the photo is the annotator’s guess: {RULE}." in rows and "grey.png" not in told
    return rows


def craft_it(paths: list[str]) -> str:
    found = photo_set.gather(uploaded(paths), "voc20", 1, more_views=False)
    assert (found.photos, found.guessed, found.left_out) == (1, 1, ())
    request = craft.checked([], "voc20", 1, "TkML-AP-Uv", 400, 1, 0)
    run = craft.craft(request, found, lambda: True)
    made = drain(run)
    assert f"What is true on the photo is the annotator’s guess: {RULE}." in render.facts_html(made)
    return str(render.facts_html(made))


def measure(paths: list[str]) -> str:
    request = live_row.request_for("voc20", "kFool", "cleared", 1, 1, 0)
    row = drain(live_row.measure(request, "cleared", uploaded(paths), lambda: False))
    assert (row.photos, row.nothing_found, row.done) == (2, ("grey.png",), 1)
    html = live_table.rows_html([row])
    assert ">1 of 1<" in html and "grey.png" not in live_table.rows_html([replace(row, nothing_found=()), row])
    return html


@pytest.mark.parametrize("tab_of", [compare, try_it, craft_it, measure])
def test_a_photo_in_which_nothing_is_found_is_left_out_by_name(own: list[str], tab_of: Callable[..., str]) -> None:
    told = tab_of(own)
    assert "1 of 2 photos left out: " in told and NOTHING_IN in told
    with pytest.raises(ValueError, match="There is nothing to attack: .*" + NOTHING_IN):
        tab_of(own[1:])


def test_what_was_marked_on_it_counts(own: list[str]) -> None:
    grey = replace(uploaded(own[1:])[0], truth=("sofa",))
    found, out = drain(
        rounds.gathering([], Entry("", "voc20", 1, ()), [grey], "cleared", ["kFool"], Limit("steps", 1), 0)
    )
    assert (found[0].entry.true, found[0].entry.guessed, out) == (("sofa",), False, [])
    made = photo_set.gather([*uploaded(own[:1]), grey], "voc20", 19, more_views=False)
    assert (made.photos, made.guessed, made.nothing_found) == (2, 1, ())


@pytest.mark.parametrize(
    ("place", "marks", "truth", "origin"),
    [
        (0, {}, ["cat"], "guess"),
        (1, {}, [], "guess"),
        (0, {0: ("dog",)}, ["dog"], "yours"),
        (0, {0: ()}, [], "yours"),
        (0, {0: ("teddy bear",)}, ["cat"], "guess"),  # which another annotator has; the run takes the guess
    ],
)
def test_the_box_for_corrections_ticks_what_the_run_takes(
    own: list[str], place: int, marks: dict[int, Any], truth: list[str], origin: str
) -> None:
    with gr.Blocks() as page:
        slider, annotator = gr.Slider(1, 19, value=3, step=1), gr.Radio(["voc20"], value="voc20")
        chosen = PhotoSet(gr.CheckboxGroup([]), gr.File(file_count="multiple"), gr.HTML(), 12)
        upload_truth.upload_truth("own", chosen, annotator, slider)
    (changed,) = (one for one in page.fns.values() if (slider._id, "change") in one.targets)
    marked = {photo_id(own[number]): names for number, names in marks.items()}
    value = changed.fn(own, photo_id(own[place]), "voc20", 3, marked)
    assert (value["truth"], value["origin"]) == (truth, origin)


def test_the_papers_figures_leave_it_out_too(
    own: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = str(Path(own[0]).parent)
    command = [folder, "--k", "1", "--max-steps", "1", "--figures", "2", "--out", str(tmp_path)]
    assert figures.main(command) == 0
    said = capsys.readouterr()
    assert said.err.startswith("Figure 2: 1 of 2 photos left out: voc20 finds none of its labels in grey.png.")
    assert "--true FILE=LABEL" in said.err and "figure2.png" in said.out
    assert figures.main([*command, "--photos", "grey.png"]) == 2
    assert "Figure 2: There is nothing to attack: voc20 finds none" in capsys.readouterr().err
    assert figures.main([*command, "--photos", "grey.png", "--true", "grey.png=sofa"]) == 0
