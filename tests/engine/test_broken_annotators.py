"""An annotator that cannot be loaded, breaks down, gives no numbers or is slow is named in a sentence, and the page goes on."""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import tkml_core as tk
from demo.engine import annotators
from demo.engine.annotator_cache import Loaded
from demo.engine.annotator_threads import AnnotatorThreads
from demo.engine.annotators import annotate_photo, read_photo, working_first
from demo.engine.plan import plan_for
from demo.engine.recordings import recording
from demo.tabs.attack import arrival
from tkml_core.__main__ import main
from tkml_core.zoo import registry, yolox


class Faulty(nn.Module):
    """Scores by a function of the pixels' mean."""

    def __init__(self, scores: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.scores = scores

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(x.mean().expand(len(x), 20))


def say(words: str) -> Callable[[Tensor], Tensor]:
    def broken(_: Tensor) -> Tensor:
        raise RuntimeError(words)

    return broken


@pytest.fixture
def having(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Tensor], Tensor]], None]:
    """Have voc20 be a network with such scores; nothing is known of any photo."""

    def have(scores: Callable[[Tensor], Tensor]) -> None:
        labels = registry.ENTRIES["voc20"].labels
        monkeypatch.setattr(annotators, "_loaded", Loaded(lambda _: tk.Annotator(Faulty(scores), labels)))
        monkeypatch.setattr(annotators, "_photos", type(annotators._photos)())

    return have


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        (lambda mean: mean * torch.nan, "The annotator voc20 gives scores for this photo that are no numbers"),
        (lambda mean: mean / 0, "The annotator voc20 gives scores for this photo that are no numbers"),
        (
            say("secret words"),
            r"The annotator voc20 broke down on this photo \(RuntimeError\); the log .* choose another",
        ),
        (lambda mean: mean[:, :3], r"The annotator voc20 broke down on this photo \(ValueError\)"),
    ],
    ids=["nan", "infinite", "raises", "shape"],
)
def test_one_that_gives_no_scores_is_named(
    having: Callable[..., None], photos: dict[str, Path], scores: Callable[[Tensor], Tensor], words: str
) -> None:
    having(scores)
    for _ in range(2):  # and not kept as if it had been one
        with pytest.raises(ValueError, match=words) as caught:
            annotate_photo(photos["cat"], "voc20", 3)
        assert "secret" not in str(caught.value)


def test_one_that_is_slow_is_named_and_keeps_only_its_own_waiting(
    having: Callable[..., None], photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def slow(mean: Tensor) -> Tensor:
        goes_on.wait(30)
        return mean

    having(slow)
    threads = AnnotatorThreads(patience=0.2)
    monkeypatch.setattr(annotators, "_threads", threads)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"The annotator voc20 takes longer than 0\.2 seconds .* choose another"):
            read_photo(photos["cat"], "voc20")
    monkeypatch.setattr(threads, "_patience", 30.0)
    assert threads.run("coco80", lambda: "seen") == "seen"
    goes_on.set()
    assert threads.run("voc20", lambda: "ended") == "ended"


def broken(name: str, folder: Path) -> registry.Entry:
    """The entry with a file of which only a part is there."""
    entry = registry.ENTRIES[name]
    path = folder / entry.files[0].name
    path.write_bytes(entry.files[0].read_bytes()[:5000])
    return replace(entry, files=(path,), build=partial(yolox.annotating, entry.labels, entry.data_set, weights=path))


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default annotators' file, cut off; nothing is loaded yet."""
    for name in ("voc20", "coco80"):
        monkeypatch.setitem(registry.ENTRIES, name, broken(name, tmp_path))
    monkeypatch.setattr(annotators, "_loaded", Loaded(annotators._load))
    return tmp_path


def test_files_that_are_broken_or_missing_are_told_by_annotator_file_and_remedy(
    damaged: Path, photos: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError) as caught:
        annotators.load_annotator("voc20")
    told = str(caught.value)
    assert told.startswith("The annotator voc20 cannot be loaded. The file yolox_nano.safetensors is cut off")
    assert "Fetch it again" in told and str(damaged) not in told
    assert main([str(photos["cat"]), "--annotator", "voc20"]) == 2 and capsys.readouterr().err == f"{told}\n"
    registry.ENTRIES["voc20"].files[0].unlink()
    with pytest.raises(ValueError) as caught:
        annotators._load("voc20")
    told = str(caught.value)
    assert "voc20" in told and "yolox_nano.safetensors is missing: see assets/weights/README.md" in told
    assert str(damaged) not in told


def test_the_page_starts_with_another_annotator_and_says_so(
    damaged: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, *rest = working_first(("voc20", "coco80", "mobilenet-voc20", "mobilenet-coco80"))
    assert (first, *rest) == ("mobilenet-voc20", "voc20", "coco80", "mobilenet-coco80")
    assert "The annotator voc20 cannot be loaded" in caplog.text
    with pytest.raises(ValueError, match="The annotator voc20 cannot be loaded"):
        working_first(("voc20", "coco80"))
    from demo.page import build

    recording.cache_clear()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(damaged))
    monkeypatch.setattr(arrival, "plan_for", lambda path, request: plan_for(path, replace(request, max_steps=2)))
    page = build()
    recording.cache_clear()
    chosen = next(block for block in page.blocks.values() if getattr(block, "elem_id", "") == "annotator")
    assert chosen.value == "hardened-voc20" and "voc20" in [name for _, name in chosen.choices]
    monkeypatch.setattr(tk, "available", lambda: ("voc20", "coco80"))
    with pytest.raises(SystemExit, match="The annotator voc20 cannot be loaded"):
        build()
