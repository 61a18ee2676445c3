"""Which photos are taken where a visitor puts many together: each once, at most so many, and the rest is named."""

from pathlib import Path

import pytest

from demo.components.photo_set import note_html
from demo.engine.annotators import load_annotator
from demo.photos.public_names import photo_id
from demo.photos.selection import selected


@pytest.fixture(scope="module")
def files(photos: dict[str, Path]) -> dict[str, str]:
    return {name: str(path) for name, path in photos.items()}


def upload(content: str, name: str) -> str:
    """Where an upload with this content lies: in a folder called after its hash."""
    return f"/uploads/{content * 64}/{name}"


def test_both_of_two_uploads_stay_and_a_copy_counts_once(files: dict[str, str]) -> None:
    two = [upload("a", "one.png"), upload("b", "two.png")]
    chosen = selected(["cat", "cat"], [*two, upload("a", "copy.png")], files, 12)
    assert (chosen.samples, chosen.uploads, chosen.left_out) == (("cat",), tuple(two), ())
    assert [source.title for source in chosen.sources(files, load_annotator("voc20"))] == ["Cat", "one.png", "two.png"]
    assert note_html(chosen, 12) == ""


def test_what_is_too_much_is_left_out_by_name_and_uploads_come_first(files: dict[str, str]) -> None:
    five = [upload(letter, f"{letter}<b>.png") for letter in "abcde"]
    chosen = selected(["cat", "coffee"], five, files, 6)
    assert chosen.uploads == tuple(five) and chosen.samples == ("cat",) and chosen.left_out == ("Coffee",)
    chosen = selected(["cat"], five, files, 4)
    assert (len(chosen), chosen.left_out) == (4, ("e<b>.png", "Cat"))
    note = note_html(chosen, 4)
    assert "4 photos are taken at a time. Left out: e&lt;b&gt;.png and Cat." in note and "<b>" not in note


def test_who_uploads_is_told_that_the_samples_are_not_taken(files: dict[str, str]) -> None:
    two = [upload(letter, f"{letter}.png") for letter in "ab"]
    assert "Only your 2 photos are taken. Tick samples" in note_html(selected([], two, files, 12), 12, ticked=True)
    assert "Only your photo is taken." in note_html(selected([], two[:1], files, 12), 12, ticked=True)
    for chosen, ticked in ((selected(["cat"], two, files, 12), True), (selected([], two, files, 12), False)):
        assert note_html(chosen, 12, ticked) == ""


def test_a_page_that_sends_no_list_of_samples_is_told_so(files: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="must be a list of names"):
        selected({"cat": 1}, None, files, 12)


def test_what_was_marked_on_an_upload_counts_and_nothing_marked_is_refused(files: dict[str, str]) -> None:
    one, two = upload("a", "one.png"), upload("b", "two.png")
    chosen, annotator = selected([], [one, two], files, 12), load_annotator("voc20")
    marked = {photo_id(one): ("dog", "potted plant", "no such label")}  # COCO's name of one, and of another annotator
    assert [source.truth for source in chosen.sources(files, annotator, marked)] == [("dog", "pottedplant"), ()]
    with pytest.raises(ValueError, match=r"two\.png: nothing is marked as true"):
        chosen.sources(files, annotator, {photo_id(two): ()})
