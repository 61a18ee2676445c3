"""The figures of a comparison on several photos in one file each, and what the buttons say that they hold."""

import re
import zipfile
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from conftest import make_photos_small

from demo.export import comparison_figures, files, npz
from demo.export.npz import SavedRun
from demo.tabs.compare import figure_events, methods
from demo.tabs.compare.limits import Limit
from demo.tabs.compare.methods import Entry
from demo.tabs.compare.widgets import FigureWidgets


@pytest.fixture(scope="module")
def saved(photos: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The data file of a short run."""
    with pytest.MonkeyPatch.context() as patch:
        make_photos_small(patch)
        plans = methods.plans(
            Entry(str(photos["cat"]), "voc20", 1, ("cat",)), "cleared", ["TkML-AP-U"], Limit("steps", 2), 0
        )
        (outcome,) = (update.outcome for update in methods.column_updates(plans, lambda: False) if update.outcome)
    return files.save_data(outcome, tmp_path_factory.mktemp("runs"))


def small(saved: str) -> list[SavedRun]:
    made = npz.load(saved)
    return [SavedRun(made.x[:32, :32], made.x_adv[:32, :32], made.labels, made.report)]


def pages(pdf: Path) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf.read_bytes()))


def test_every_photo_has_a_page_and_a_picture_and_the_same_runs_give_the_same_bytes(saved: str, tmp_path: Path) -> None:
    photos = [(f"{number}-cat", lambda: small(saved)) for number in (1, 2, 3)]
    one, other = (comparison_figures.save_all(photos, tmp_path / name, now=lambda: 0.0) for name in ("a", "b"))
    assert one.drawn == 3 and pages(one.pdf) == 3
    assert b"/Type0" in one.pdf.read_bytes()  # its words are text
    with zipfile.ZipFile(one.zipped) as archive:
        assert archive.namelist() == ["1-cat.png", "2-cat.png", "3-cat.png"] and archive.testzip() is None
    assert [path.read_bytes() for path in one[:2]] == [path.read_bytes() for path in other[:2]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.zip", "b.pdf", "b.zip"]


@pytest.mark.parametrize("bound", ["time", "size"])
def test_no_figure_is_begun_when_it_has_become_long_or_much(
    saved: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    read, clock = (
        list[int](),
        iter(np.arange(0.0, 1e4, comparison_figures.MOST_SECONDS / 2 if bound == "time" else 0.1)),
    )
    if bound == "size":
        monkeypatch.setattr(comparison_figures, "MOST_BYTES", 1)
    photos = [(f"{number}", lambda number=number: read.append(number) or small(saved)) for number in range(9)]
    made = comparison_figures.save_all(photos, tmp_path / "c", now=lambda: float(next(clock)))  # type: ignore[arg-type]
    assert made.drawn == len(read) == pages(made.pdf) == {"time": 2, "size": 1}[bound]


def test_the_buttons_say_what_they_hold(saved: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure_events, "get_upload_folder", lambda: str(tmp_path))
    kept = [(1, "Cat", [saved]), (3, "Cat again", [saved])]  # the second one of three did not count
    png, pdf, words = figure_events.drawn(kept, "1")
    assert words == ("Photo 3 (PNG)", "Photo 3 (PDF)") and png.name == "cat-comparison-k1-voc20.png"
    assert figure_events.drawn(kept[:1], "0")[2] == ("Photo 1 (PNG)", "Photo 1 (PDF)")
    assert figure_events.drawn([(0, "Cat", [saved])], "0")[2] == ("Figure (PNG)", "Figure (PDF)")
    zipped, pdf, words = figure_events.drawn(kept, figure_events.ALL)
    assert words == ("All 2 photos (PNGs in a ZIP)", "All 2 photos (PDF, a page each)")
    with zipfile.ZipFile(zipped) as archive:
        assert [name.split("-")[0] for name in archive.namelist()] == ["1", "3"]
    assert (zipped.name, pdf.name) == ("2-photos-comparison-k1-voc20.zip", "2-photos-comparison-k1-voc20.pdf")
    widgets = FigureWidgets(*(Mock() for _ in range(6)))
    for gone in ("2", None):  # of the comparison before: all, as the menu says now
        assert figure_events._drawn(widgets, kept, gone)[widgets.png]["label"] == words[0]
    monkeypatch.setattr(comparison_figures, "MOST_BYTES", 1)
    assert figure_events.drawn(kept, figure_events.ALL)[2][1] == "First 1 of 2 photos (PDF, a page each)"
    with pytest.raises(ValueError, match="no longer on the server"):
        figure_events.drawn([*kept, (4, "Gone", [str(tmp_path / "gone.npz")])], figure_events.ALL)
