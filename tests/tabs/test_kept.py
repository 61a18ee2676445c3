"""What a browser keeps and sends back after a reload: the visitor's photo and marks return, and nothing else gets in."""

import base64
import io
import os
import re
import shutil
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from PIL import Image

from demo.photos.uploads import GONE
from demo.tabs.attack import own_marks
from demo.tabs.attack.choice_events import own_button
from demo.tabs.attack.kept import brought_back
from demo.tabs.attack.session import MOST_OWN, OwnPhoto, with_upload

W, STATE = Mock(), Mock()  # widgets and states stand for themselves: the answer is a dictionary by them
MINE, OTHER = f"upload:{'a' * 64}", f"upload:{'b' * 64}"


@pytest.fixture
def path(tmp_path: Path, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """An upload, and beside it one that is no picture."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    for name in (MINE, OTHER):
        (tmp_path / name.removeprefix("upload:")).mkdir()
    (tmp_path / OTHER.removeprefix("upload:") / "page.html").write_text("<script></script>")
    return str(shutil.copy(photos["cat"], tmp_path / MINE.removeprefix("upload:") / "mine.png"))


def back(kept: Any) -> dict[Any, Any]:
    return brought_back(W, STATE, kept, "voc20", 3, "targeted", "best", "TkML-AP-T")


def test_photo_marks_and_named_labels_are_back(path: str) -> None:
    update = back({
        "photo": MINE, "truth": ["cat", "dog", "no such label"], "origin": "yours", "way": "chosen",
        "chosen": ["sofa", "train"], "shown": True,
    })  # fmt: skip
    toggles = update[W.toggles]["value"]
    assert (toggles["truth"], toggles["origin"], toggles["photo"]) == (["cat", "dog"], "yours", MINE)
    assert update[W.chosen]["value"] == ["sofa", "train"] and update[W.case]["value"] == "chosen"
    assert update[STATE.photo] == path and update[STATE.own] == (OwnPhoto(path, ("cat", "dog", "no such label")),)
    assert update[W.samples]["chosen"] == MINE and update[STATE.replay] is None and update[STATE.sample] is None


@pytest.mark.parametrize("called", ["mine.png", "gone.png", 7, None])
def test_a_photo_that_somebody_else_uploaded_too_keeps_its_own_name(path: str, called: Any) -> None:
    """Both lie in one folder, which is called after their bytes."""
    others = shutil.copy(path, Path(path).with_name("another visitor's.png"))
    update = back({"photo": MINE, "truth": [], "origin": "guess", "shown": True, "called": called})
    assert update[STATE.photo] == (path if called == "mine.png" else str(others))


@pytest.mark.parametrize(("kept", "k"), [({"k": 2}, 2), ({"k": None}, 3), ({}, 3), ({"k": 50}, 18)])
def test_k_comes_back_with_the_photo(path: str, kept: dict[str, Any], k: int) -> None:
    update = back({"photo": MINE, "truth": ["cat", "dog"], "origin": "yours", "shown": True, **kept})
    assert update[W.k]["value"] == k


@pytest.mark.parametrize("k", ["2", 0, -1, 1.5, True, [2], 10**9])
def test_a_k_that_is_none_is_refused(path: str, k: Any) -> None:
    with pytest.raises(ValueError, match="k must be"):
        back({"photo": MINE, "truth": ["cat"], "origin": "yours", "shown": True, "k": k})


def test_the_button_among_the_samples_shows_the_photo_the_right_way_up(tmp_path: Path) -> None:
    exif, path = Image.Exif(), tmp_path / "turned.jpg"
    exif[0x0112] = 6  # turned to the right for who looks at it: what is above comes to the right
    photo = Image.new("RGB", (80, 60), "red")
    photo.paste("blue", (0, 30, 80, 60))
    photo.save(path, exif=exif)
    shown = Image.open(io.BytesIO(base64.b64decode(own_button(OwnPhoto(str(path))).split("base64,")[1].split('"')[0])))
    left, right = (shown.getpixel((x, shown.height // 2)) for x in (5, shown.width - 6))
    assert isinstance(left, tuple) and isinstance(right, tuple) and left[2] > 200 > 60 > left[0] and right[0] > 200


def test_what_comes_back_from_an_address_that_names_no_photo_says_so(path: str) -> None:
    said = str(back({"photo": MINE, "truth": [], "origin": "guess", "shown": True})[W.verdict])
    assert "Your photo is back, with the settings of this address." in said


def test_the_other_photos_come_back_too_each_with_its_marks(path: str, tmp_path: Path, photos: dict[str, Path]) -> None:
    names = [f"upload:{number:064x}" for number in range(MOST_OWN + 2)]
    for name in names:
        (tmp_path / name.removeprefix("upload:")).mkdir()
        shutil.copy(photos["cat"], tmp_path / name.removeprefix("upload:") / "other.png")
    others = [{"photo": name, "truth": [f"label {place}"], "origin": "yours"} for place, name in enumerate(names)]
    long_ago = tmp_path / names[0].removeprefix("upload:")
    os.utime(long_ago, (0, 0))
    update = back({"photo": MINE, "truth": ["cat"], "origin": "yours", "shown": True, "others": others})
    assert long_ago.stat().st_mtime > 0  # what came back stays for another hour
    own = update[STATE.own]
    assert [one.name for one in own] == [*names[: MOST_OWN - 1], MINE] and own[1].true == ("label 1",)
    assert re.findall('data-sample="([^"]*)"', update[W.samples]["own"]) == [one.name for one in own]
    odd = [None, 3, {"photo": OTHER}, {"photo": f"upload:{'c' * 64}"}, {"photo": MINE, "truth": ["dog"]}]
    for wrong in (odd, odd[0], "x" * 1000, {"photo": MINE}):
        update = back({"photo": MINE, "truth": ["cat"], "origin": "yours", "others": wrong})
        assert update[STATE.own] == (OwnPhoto(path, ("cat",)),)


def test_a_guess_is_guessed_again_and_a_photo_that_is_not_shown_is_one_click_away(path: str) -> None:
    update = back({"photo": MINE, "truth": ["dog"], "origin": "guess", "shown": True})
    assert update[W.toggles]["value"]["origin"] == "guess" and "cat" in update[W.toggles]["value"]["truth"]
    update = back({"photo": MINE, "truth": ["dog"], "origin": "yours"})
    assert set(update) == {STATE.own, W.samples} and [one.true for one in update[STATE.own]] == [("dog",)]


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (None, "photos that were uploaded"),
        ([MINE], "photos that were uploaded"),
        ({"photo": 3}, "photos that were uploaded"),
        ({"photo": "sample:cat"}, "photos that were uploaded"),
        ({"photo": "upload:../../etc"}, GONE),
        ({"photo": f"upload:{'c' * 64}"}, GONE),
        ({"photo": OTHER}, "could not be read as a picture"),
        ({"photo": "x" * 10_000}, "photos that were uploaded"),
    ],
)  # fmt: skip
def test_what_no_upload_can_be_is_refused(path: str, kept: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        back(kept)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("wrong", [None, 5, "cat", {"a": 1}, [None, {}, ["cat"]], ["x" * 10_000] * 5000])
def test_odd_marks_are_bounded_and_leave_the_photo(path: str, wrong: Any) -> None:
    update = back({"photo": MINE, "truth": wrong, "origin": "yours", "way": wrong, "chosen": wrong, "shown": True})
    assert update[STATE.photo] == path and update[W.case]["value"] == "best"
    (own,) = update[STATE.own]
    assert len(own.true or ()) <= 1000 and all(len(label) <= 100 for label in own.true or ())


def test_the_last_few_photos_stay_each_with_its_marks() -> None:
    names = [f"upload:{number:064x}" for number in range(MOST_OWN + 2)]
    photos = [OwnPhoto(f"/uploads/{name.removeprefix('upload:')}/{number}.png") for number, name in enumerate(names)]
    own: tuple[OwnPhoto, ...] = ()
    for photo in photos:
        own = own_marks.marked(
            with_upload(own, photo), {"photo": photo.name, "origin": "yours", "truth": [photo.photo[-5:]]}
        )
    assert [one.name for one in own] == names[2:] and own[0].true == ("2.png",)
    assert own_marks.own_photo(own, names[3]) is own[1] and own_marks.own_photo(own, "cat") is None
    again = with_upload(own, OwnPhoto(photos[3].photo.replace("3.png", "renamed.png")))
    assert [one.name for one in again] == [names[2], *names[4:], names[3]] and not again[-1].true
    with pytest.raises(ValueError, match=re.escape(GONE)):
        own_marks.own_photo(own, names[0])
