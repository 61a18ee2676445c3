"""The paper's networks are trained as its authors' code does: a few steps from random weights, and what can go wrong."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision import models

from tkml_core.experiments.datasets import IGNORED, Photo
from tkml_core.experiments.training import paper_networks as training
from tkml_core.labels import COCO80
from tkml_core.zoo import paper_networks


class Tiny(nn.Module):
    """Stands in for the large networks: the same names at the end, and anything else before it."""

    def __init__(self, weights: None = None, num_classes: int = 20) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 3, stride=2), nn.Linear(8, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.conv(x).relu().mean((2, 3)))


def tiny(name: str, num_classes: int, **options: Any) -> Tiny:
    """In place of torchvision's `get_model`."""
    return Tiny(num_classes=num_classes)


@pytest.fixture
def photos(tmp_path: Path) -> list[Photo]:
    """Eight red photos of cats and eight blue ones of buses; a difficult dog is on each, which counts as absent."""
    made = []
    for i in range(16):
        labels = np.zeros(len(COCO80), np.float32)
        labels[COCO80.index("bus" if i % 2 else "cat")] = 1
        labels[COCO80.index("dog")] = IGNORED
        path = tmp_path / f"{i}.png"
        Image.new("RGB", (40, 30), (20, 20, 220) if i % 2 else (220, 20, 20)).save(path)
        made.append(Photo(f"voc/{i}", path, labels))
    return made


@pytest.mark.parametrize("name", list(training.PRESETS))
def test_a_few_steps_learn_go_on_and_load(
    name: str, photos: list[Photo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(models, "get_model", tiny)
    monkeypatch.setitem(training.PRESETS, name, replace(training.PRESETS[name], photos=lambda root: photos))
    weights = tmp_path / "w.safetensors"
    asked = [name, "--data", str(tmp_path), "--init", "random", "--weights", str(weights), "--batch", "8"]
    common = ["--workers", "0", "--device", "cpu"]
    assert training.main([*asked, *common, "--epochs", "3"]) == 0
    assert training.main([*asked, *common, "--epochs", "5"]) == 0  # goes on where the first stopped
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("epoch")]
    assert [line.split(":")[0] for line in said] == ["epoch 1/3", "epoch 2/3", "epoch 3/3", "epoch 4/5", "epoch 5/5"]
    first, last = (float(said[i].split("loss ")[1].split()[0]) for i in (0, -1))
    assert last < 0.8 * first
    built = paper_networks.NETWORKS[name].build(weights)
    side = paper_networks.NETWORKS[name].input_size.short
    assert built(torch.rand(1, 3, side, side)).shape == (1, len(paper_networks.NETWORKS[name].labels))


def test_photos_are_turned_upright_and_a_broken_one_is_named_once_counted_and_left_out(
    photos: list[Photo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "inception_v3-voc"
    monkeypatch.setattr(models, "get_model", tiny)
    monkeypatch.setitem(training.PRESETS, name, replace(training.PRESETS[name], photos=lambda root: photos))
    photos[3].path.write_bytes(photos[3].path.read_bytes()[:60])
    turned = Image.new("RGB", (40, 30), (220, 20, 20))
    turned.paste((20, 220, 20), (20, 0, 40, 30))  # the right half, which stands below as the EXIF says
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(photos[0].path, exif=exif)
    view, _ = training.Views(photos, nn.Identity(), [0])[0]
    assert view.shape == (3, 40, 30) and view[1, -1].min() > 0.8 and view[1, 0].max() < 0.1

    weights = tmp_path / "w.safetensors"
    asked = [
        name,
        "--data",
        str(tmp_path),
        "--init",
        "random",
        "--weights",
        str(weights),
        "--batch",
        "8",
        "--epochs",
        "2",
    ]
    assert training.main([*asked, "--workers", "0", "--device", "cpu"]) == 0
    said = capsys.readouterr()
    assert said.err.count("3.png cannot be read and is left out") == 1
    assert "photos left out as unreadable: 1" in said.out
    for photo in photos:
        photo.path.write_bytes(b"no picture")
    (tmp_path / "w.checkpoint.pt").unlink()
    assert training.main([*asked, "--workers", "0", "--device", "cpu"]) == 2
    assert "Not one of the 8 photos of a batch can be read" in capsys.readouterr().err


def test_settings_are_the_authors() -> None:
    network = Tiny()
    groups = training.optimizer_of(network, training.PRESETS["inception_v3-voc"]).param_groups
    assert [g["lr"] for g in groups] == [1.5e-4, 5e-2] and groups[1]["params"] == [network.fc.bias]
    assert [(p.batch, paper_networks.NETWORKS[n].input_size) for n, p in training.PRESETS.items()] == [
        (64, (300, 300, "crop")),
        (128, (224, 224, "squash")),
    ]


def test_a_difficult_object_counts_as_absent_and_views_are_squares(photos: list[Photo]) -> None:
    columns = [COCO80.index(name) for name in ("cat", "dog", "bus")]
    for preset in training.PRESETS.values():
        x, labels = training.Views(photos, preset.views(48), columns)[0]
        assert x.shape == (3, 48, 48) and 0 <= float(x.min()) <= float(x.max()) <= 1 and labels.tolist() == [1, 0, 0]


def test_features_are_imagenets_and_the_last_layer_is_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "resnet50-coco"
    monkeypatch.setattr(models, "get_model", tiny)
    published = Tiny(num_classes=1000)
    torch.save(published.state_dict(), tmp_path / "imagenet.pth")
    started = training.start(name, str(tmp_path / "imagenet.pth"))
    assert torch.equal(started.conv.weight, published.conv.weight) and started.fc.weight.shape == (80, 8)
    with pytest.raises(ValueError, match="make no batch of 128"):
        training.train(name, started, [])
