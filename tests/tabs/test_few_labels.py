"""Where few labels are left that are not true, k can only be 1: the page stays whole, and Attack answers."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import gradio as gr
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision import models

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.engine.annotators import load_annotator
from demo.photos.public_names import photo_id
from demo.tabs.attack import arrival, photo_updates, updates
from demo.tabs.attack.form import page_plan
from demo.tabs.attack.label_picker import Naming, k_shown, k_stays

W = Mock()  # widgets stand for themselves: the answer is a dictionary by them
NAMES = ("cat", "dog", "sofa", "kite", "tulip")


@pytest.fixture
def photo(tmp_path: Path) -> str:
    torch.manual_seed(0)
    Image.new("RGB", (64, 64), "gray").save(tmp_path / "gray.png")
    return str(tmp_path / "gray.png")


def own(count: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An annotator with so many labels, from a file."""
    network = models.shufflenet_v2_x0_5(weights=None, num_classes=count)
    save_file(network.state_dict(), folder / f"net{count}.safetensors")
    (folder / f"own{count}.toml").write_text(
        f"""
        architecture = "torchvision:shufflenet_v2_x0_5"
        weights = "net{count}.safetensors"
        labels = {list(NAMES[:count])}
        input_size = 64
        mean = [0.5, 0.5, 0.5]
        std = [0.5, 0.5, 0.5]
        """
    )
    monkeypatch.setenv("TKML_ANNOTATORS", str(folder / f"own{count}.toml"))
    return f"own{count}"


def slider(shown: dict[str, Any]) -> gr.Slider:
    """The slider as Gradio builds it of an update: it refuses one without room."""
    return gr.Slider(**{name: value for name, value in shown.items() if name != "__type__"})


def attacked(path: str, name: str, true: tuple[str, ...], k: Any) -> Any:
    """What Attack is about; ValueError is what it answers."""
    toggles = {"truth": list(true), "photo": photo_id(path), "annotator": name, "origin": "yours"}
    fields = [""] * len(catalog.SETTINGS)
    return page_plan(path, name, toggles, k, "TkML-AP-U", "cleared", "best", (), 5, 0, "logits", *fields)


@pytest.mark.parametrize(("count", "marked"), [(2, 1), (5, 2), (5, 4), (5, 5), (2, 2), (5, 3), (20, 19)])
def test_k_has_a_slider_and_attack_an_answer(
    photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, marked: int
) -> None:
    name = "voc20" if count == 20 else own(count, tmp_path, monkeypatch)
    true = load_annotator(name).labels[:marked]
    chosen, marks = (
        photo_updates.choose(W, photo, name, None, true, "yours", Naming("cleared", "best")),
        updates.change_truth(W, photo, name, 3, {"truth": list(true)}, False, "cleared", "best"),
    )
    left = count - marked
    counted = f"{marked}, as many as the labels marked as true"
    told = f"{'1 label' if marked == 1 else f'{marked} labels'}, as many as are marked as true (k = {marked})."
    assert (f"The list will show {told}" in chosen[W.verdict]) is (marked <= left)
    same = photo_updates.choose(
        W, photo, name, None, true, "yours", Naming("cleared", "best"), was=min(marked, max(left, 1))
    )
    assert "will show" not in same[W.verdict]
    for update in (chosen, marks):
        k = slider(update[W.k])
        assert k.value == k.maximum == max(left, 1) or (left > 1 and k.value <= left)
        assert k.interactive is (left > 1) and ("only one label is left" in k.info) is (left == 1)
        assert (f"{counted}, until you move it;" in k.info) is (update is chosen and 1 < left >= marked)
        if left:
            assert attacked(photo, name, true, k.value).k == k.value
        else:
            with pytest.raises(ValueError, match=f"All {count} labels are marked as true"):
                attacked(photo, name, true, k.value)
    again = slider(k_shown(load_annotator(name), 1, 1))  # a mark taken away brings the room back
    assert (again.minimum, again.maximum) == ((1, count - 1) if count > 2 else (0, 1))
    assert not re.search(
        r"\b0\b", slider(k_shown(load_annotator(name), 0, 1)).info
    )  # nothing is true: nothing has to leave


def test_the_page_starts_with_an_annotator_of_two_labels(
    photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that its labels name is on the sample, and both may be guessed to be true."""
    name = own(2, tmp_path, monkeypatch)
    monkeypatch.setattr(arrival, "samples", lambda: [SimpleNamespace(name="gray", truth=("person",))])
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    start = arrival.arrival(name, {"gray": photo})
    assert start.k == 1 and len(start.toggles["truth"]) == 1 and start.toggles["origin"] == "guess"
    assert tk.available()[-1] == name


def test_k_follows_the_ticks_until_it_is_moved(photo: str) -> None:
    """On an upload, with every sentence true: beside k, at the verdict, and under the list."""
    labels, naming = load_annotator("voc20").labels, ("cleared", "best", (), "TkML-AP-U")
    chosen = photo_updates.choose(W, photo, "voc20", None, labels[:2], "yours", Naming(*naming))
    toggles = chosen[W.toggles]["value"]

    def ticked(count: int, k: int, marks: dict[str, Any]) -> Any:
        return updates.change_truth(W, photo, "voc20", k, {**marks, "truth": list(labels[:count])}, False, *naming)

    three = ticked(3, 2, toggles)
    assert three[W.counted] == three[W.toggles]["edge"] == 3 and "value" not in three[W.k]  # which the browser puts in
    assert three[W.k]["info"].startswith("3, as many as the labels marked as true, until you move it; 17 at most")
    assert "The list will show 3 labels, as many as are marked as true (k = 3). Press Attack." in three[W.verdict]
    assert "value" not in ticked(3, 3, toggles)[W.k] and "will show" not in ticked(3, 3, toggles)[W.verdict]
    most, none = ticked(15, 3, toggles), ticked(0, 1, toggles)
    assert most[W.counted] == 5 and "The list will show 5 labels, the most it can (k = 5)." in most[W.verdict]
    assert not any("as many as" in update[W.k]["info"] for update in (most, none))
    other = photo_updates.choose_annotator(W, photo, "coco80", 2, {**toggles, "truth": ["cat"]}, None, Naming(*naming))
    assert other[W.k]["value"] == 1 and other[W.toggles]["value"]["follows"]

    passed = updates.change_k(
        W, photo, "voc20", 2, toggles, False, *naming
    )  # by the keyboard, which leaves it as it is
    assert passed[W.toggles]["value"]["follows"]
    moved = updates.change_k(W, photo, "voc20", 5, toggles, False, *naming)
    assert moved[W.k]["info"].startswith("Stays as it was set") and "value" not in moved[W.k]
    assert "will show" not in moved[W.verdict]  # as it said before
    expected = "Press Attack. It changes the photo a little, step by step, to push"
    assert f"{expected} {labels[0]} and {labels[1]} out of the top 5." in moved[W.verdict]
    stays = ticked(3, 5, moved[W.toggles]["value"])
    assert "value" not in stays[W.k] and stays[W.k]["info"].startswith("Stays as it was set")
    another = photo_updates.choose(W, photo, "voc20", 5, labels[:1], "guess", Naming(*naming), stays=True)
    assert another[W.k]["value"] == 5 and k_stays(another[W.toggles]["value"])  # whichever photo comes
    elsewhere = photo_updates.choose_annotator(W, photo, "coco80", 5, moved[W.toggles]["value"], None, Naming(*naming))
    assert elsewhere[W.k]["value"] == 5 and k_stays(elsewhere[W.toggles]["value"])
    set_ = photo_updates.choose_annotator(W, photo, "voc20", 4, toggles, None, Naming(*naming), stays=True)
    assert set_[W.k]["value"] == 4 and k_stays(set_[W.toggles]["value"])  # as an exercise sets it
