"""What is ticked as true: nothing that the annotator does not see, and what the visitor marked, while the photo stays."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from PIL import Image

from demo.catalog import attacks as catalog
from demo.components.label_toggles import NO_ATTACK_YET, NONE_MARKED, NONE_TICKED
from demo.engine.annotators import load_annotator, read_photo
from demo.engine.guessed_truth import FOUND, guessed_truth
from demo.photos.public_names import photo_id
from demo.tabs.attack import first_ticks, own_marks, photo_updates
from demo.tabs.attack.first_ticks import carried
from demo.tabs.attack.label_picker import Naming
from demo.tabs.attack.session import OwnPhoto
from demo.tabs.lesson.exercise import EXERCISES, exercise_of, set_exercise

W = Mock(settings={name: Mock() for name in catalog.SETTINGS})  # widgets stand for themselves
NAMING = Naming("cleared", "best", (), "TkML-AP-U")


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A photo with nothing on it."""
    path = tmp_path_factory.mktemp("grey") / "grey.png"
    Image.new("RGB", (320, 240), (127, 127, 127)).save(path)
    return str(path)


def toggles(path: str, truth: list[str], annotator: str = "voc20", origin: str = "yours") -> dict[str, Any]:
    return {"photo": photo_id(path), "truth": truth, "origin": origin, "annotator": annotator}


def test_where_the_annotator_finds_nothing_nothing_is_ticked_and_more_labels_are_offered(grey: str) -> None:
    assert float(read_photo(grey, "voc20").logits.sigmoid().max()) < FOUND
    update = photo_updates.choose(W, grey, "voc20", None, None, "guess", NAMING, 3)
    told, said = update[W.toggles]["value"], str(update[W.verdict])
    assert told["truth"] == [] and told["origin"] == "guess" and 'class="chip true"' not in told["html"]
    assert "the best one is ticked" not in told["html"] and "so nothing is ticked" in told["html"]
    assert "voc20 finds none of its 20 labels in this photo (nearest: " in said and "ticked as true already" not in said
    assert 'data-annotator="coco80">Try 80 labels</button>' in said and update[W.k]["value"] == 1


def test_the_annotator_with_the_most_labels_offers_no_other_and_says_what_can_be_done(grey: str) -> None:
    said = str(photo_updates.choose(W, grey, "coco80", 3, None, "guess", NAMING)[W.verdict])
    assert "coco80 finds none of its 80 labels" in said and "more-labels" not in said
    assert first_ticks.HERE in said and "choose another photo or a sample" in said


def test_what_the_annotator_sees_is_ticked(photos: dict[str, Path]) -> None:
    path = str(photos["cat"])
    update = photo_updates.choose(W, path, "voc20", None, None, "guess", NAMING, 1)
    assert (
        update[W.toggles]["value"]["truth"]
        == ["cat"]
        == list(guessed_truth(read_photo(path, "voc20"), load_annotator("voc20")))
    )
    assert "ticked as true already" in str(update[W.verdict])


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("truth", [[], ["dog", "bird"]])
def test_an_exercise_leaves_the_visitors_marks_as_they_are(
    photos: dict[str, Path], name: str, truth: list[str]
) -> None:
    exercise, path = exercise_of(name), str(photos["cat"])
    assert exercise is not None
    annotator = exercise.annotator or "voc20"
    update = set_exercise(W, exercise, path, annotator, toggles(path, truth, annotator), None, stays=False)
    told, said = update[W.toggles]["value"], str(update[W.verdict])
    assert (told["truth"], told["origin"]) == (truth, "yours")
    assert ("ress Attack" in said) is bool(truth)
    assert ("tick first what is on it" in said) is not bool(truth)


def test_that_none_is_there_stays_for_the_same_labels_and_says_nothing_of_others(photos: dict[str, Path]) -> None:
    path = str(photos["cat"])
    again = photo_updates.choose_annotator(W, path, "voc20", 3, toggles(path, []), None, NAMING)
    assert again[W.toggles]["value"]["truth"] == [] and NONE_MARKED + NO_ATTACK_YET in str(again[W.verdict])
    more = photo_updates.choose_annotator(W, path, "coco80", 3, toggles(path, []), None, NAMING)
    assert more[W.toggles]["value"]["truth"] == ["cat"] and more[W.toggles]["value"]["origin"] == "guess"
    fewer = photo_updates.choose_annotator(W, path, "voc20", 3, toggles(path, ["teddy bear"], "coco80"), None, NAMING)
    assert fewer[W.toggles]["value"]["truth"] == []  # all of its labels were among those that were not marked


def test_with_none_ticked_the_labels_say_why_and_the_verdict_what_to_do(photos: dict[str, Path]) -> None:
    path = str(photos["cat"])
    update = photo_updates.choose(W, path, "voc20", 3, (), "yours", NAMING)
    labels, verdict = update[W.toggles]["value"]["html"], str(update[W.verdict])
    assert f'data-none="{NONE_TICKED}"' in labels and NO_ATTACK_YET not in labels
    assert NO_ATTACK_YET in verdict and NONE_TICKED not in verdict


def test_the_link_to_the_ticks_is_written_once_and_the_guess_has_it(photos: dict[str, Path]) -> None:
    demo = Path(first_ticks.__file__).parents[2]
    written = [path.name for path in demo.rglob("*.py") if 'href="#choose-truth"' in path.read_text(encoding="utf-8")]
    assert written == ["first_ticks.py"]
    update = photo_updates.choose(W, str(photos["cat"]), "voc20", 3, None, "guess", NAMING)
    assert first_ticks.HERE in str(update[W.verdict])


@pytest.mark.parametrize(
    ("marked", "of", "on", "true"),
    [
        (["cat"], "voc20", "coco80", ("cat",)),
        (["couch", "kite"], "coco80", "voc20", ("sofa",)),
        ([], "voc20", "hardened-voc20", ()),
        ([], "coco80", "voc20", ()),
        ([], "voc20", "coco80", None),
        ([], "no such", "voc20", None),
        ([], None, "voc20", None),
    ],
)
def test_marks_in_the_labels_of_another_annotator(marked: list[str], of: Any, on: str, true: Any) -> None:
    assert carried(marked, of, load_annotator(on)) == true


def test_a_photo_that_is_looked_at_again_has_the_marks_it_had() -> None:
    annotator = load_annotator("voc20")
    own = (OwnPhoto("a.png"), OwnPhoto("b.png"))
    assert own_marks.marks_of(own[0], annotator) is None
    (first, second) = own_marks.marked(own, {**toggles("a.png", []), "photo": own[0].name})
    assert own_marks.marks_of(first, annotator) == () and second == (own[1] if second.name != first.name else first)


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("voc20", ("coco80", "80 labels")),
        ("hardened-voc20", ("hardened-coco80", "80 labels")),
        ("mobilenet-coco80", ("coco80", "coco80")),
        ("hardened-coco80", ("coco80", "coco80")),
        ("coco80", None),
    ],
)
def test_another_annotator_is_offered_where_it_may_find_more(
    name: str, offered: tuple[str, str] | None, grey: str
) -> None:
    photo, annotator = read_photo(grey, name), load_annotator(name)
    said = first_ticks.nothing_ticked(name, annotator, photo)
    assert ("more-labels" in said) == (offered is not None)
    if offered:
        assert f'data-annotator="{offered[0]}">Try {offered[1]}</button>' in said
        assert first_ticks.first_of_all(name).endswith(f"or try {offered[1]}.")
