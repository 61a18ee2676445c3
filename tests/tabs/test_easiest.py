"""Targets that were measured to be easy: which ones a click names, and what is said about them."""

from dataclasses import replace

import pytest

import tkml_core as tk
from demo.tabs.attack import easiest as module
from demo.tabs.attack.easiest import FILE, NOT_MEASURED, button, easiest, is_measured
from tkml_core.measured.easy_targets import ENOUGH, read_csv

LABELS = tk.load("voc20").labels


def test_the_smallest_measured_changes_come_first_and_how_they_were_measured_is_said() -> None:
    pairs = sorted((p for p in read_csv(FILE) if (p.annotator, p.true) == ("voc20", "cat")), key=lambda p: p.norm)
    found = easiest("voc20", LABELS, ["cat"], 3)
    assert list(found.names) == [pair.target for pair in pairs[:3]]
    assert f"on other photos that show cat, {pairs[0].photos} photo" in found.words
    assert f"{pairs[0].target} ({pairs[0].norm:.0f})" in found.words and "best-scored" not in found.words
    without = easiest("voc20", LABELS, ["cat", pairs[0].target], 2)  # what is true is no target; cat comes before dog
    assert list(without.names) == [pair.target for pair in pairs[1:3]]


def test_the_button_says_on_how_many_photos() -> None:
    least, most = (of(pair.photos for pair in read_csv(FILE)) for of in (min, max))
    assert f"({least} photo" in button() if least == most else f"({least} to {most} photos" in button()


@pytest.mark.parametrize(("photos", "ranks"), [(ENOUGH, True), (ENOUGH - 1, False)])
def test_of_too_few_photos_nothing_is_called_easiest(monkeypatch: pytest.MonkeyPatch, photos: int, ranks: bool) -> None:
    pairs = [replace(pair, photos=photos) for pair in read_csv(FILE) if (pair.annotator, pair.true) == ("voc20", "cat")]
    monkeypatch.setattr(module, "_measured", lambda: {("voc20", "cat"): pairs})
    assert ("Easiest" in button(), "first look" in button()) == (ranks, not ranks)
    assert ("no ranking" in easiest("voc20", LABELS, ["cat"], 2).words) is not ranks


def test_the_leading_true_label_counts_and_what_was_not_measured_is_best_scored() -> None:
    order = ["dog", "cat", *(name for name in LABELS if name not in ("dog", "cat"))]
    assert "photos that show dog" in easiest("voc20", order, ["cat", "dog"], 1).words
    most = len(LABELS) - 1
    found = easiest("voc20", LABELS, ["cat"], most)
    assert len(set(found.names)) == most and "cat" not in found.names
    assert "Not measured, so best-scored:" in found.words


def test_where_nothing_was_measured_that_is_said() -> None:
    assert is_measured("voc20", ["cat"]) and is_measured("voc20", ["tvmonitor", "cat"])
    assert (
        not is_measured("voc20", ["tvmonitor"]) and not is_measured("voc20", []) and not is_measured("coco80", ["cat"])
    )
    with pytest.raises(ValueError, match=NOT_MEASURED):
        easiest("voc20", LABELS, ["tvmonitor"], 1)
