"""How hard annotators are to fool, and whether what fools one fools another: two small networks, and tables by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import tkml_core as tk
from tkml_core.experiments import consistent_photos, transfer
from tkml_core.experiments.consistent_photos import consistent_for_all
from tkml_core.experiments.datasets import Photo
from tkml_core.images import InputSize
from tkml_core.labels import COCO80, VOC20

CAT = COCO80.index("cat")


def small(seed: int) -> tk.Annotator:
    """Twenty scores that are linear in the pixels of a square of 32, the cat's the largest."""
    torch.manual_seed(seed)
    linear = nn.Linear(3 * 32 * 32, 20)
    linear.bias.data[VOC20.index("cat")] += 3
    return tk.Annotator(nn.Sequential(nn.Flatten(), linear), VOC20, input_size=InputSize(32, 64))


def nearest(annotator: tk.Annotator, row: transfer.Row) -> float:
    """The distance to the nearest place where another label is as good as the cat, in 0–255 units."""
    weight, cat = annotator.module[1].weight, VOC20.index("cat")
    others = [j for j in range(20) if j != cat]
    ahead = row.logits[cat] - row.logits[others]
    return 255 * float((ahead / (weight[cat] - weight[others]).norm(dim=1)).min())


@pytest.fixture
def photos(tmp_path: Path) -> list[Photo]:
    labels = np.zeros(80, np.float32)
    labels[CAT] = 1
    found = []
    for number in (1, 2, 3):
        pixels = np.random.default_rng(number).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        found.append(Photo(f"voc/{number}", tmp_path / f"{number}.png", labels))
    return found


def test_the_same_network_is_fooled_by_what_was_made_for_it(photos: list[Photo], monkeypatch: Any) -> None:
    real = consistent_photos.photo_row
    monkeypatch.setattr(consistent_photos, "photo_row", lambda own, name, photo: real(own, "voc20", photo))
    annotators = {"one": small(0), "twin": small(0), "other": small(1)}
    rows = list(consistent_for_all(annotators, photos, 1))
    assert [row["one"].key for row in rows] == ["voc/1", "voc/2", "voc/3"]
    lines = transfer.attacked(annotators, "one", "MinNorm", rows, 1, 0)
    for line, row in zip(lines, rows, strict=True):
        assert line["achieved"] and set(line["others"]) == {"twin", "other"}
        assert line["others"]["twin"] == {
            "picture": {"achieved": True, "consistent": False},
            "noise": {"achieved": False, "consistent": True},
        }
        assert not line["others"]["other"]["picture"]["achieved"]  # another network, one logit's breadth further on
        assert line["side"] == 32 and line["key"] == row["one"].key
        assert line["norm"] == pytest.approx(nearest(annotators["one"], row["one"]), rel=0.05)
    assert list(consistent_for_all({**annotators, "else": small(2)}, photos[:0], 1)) == []


def test_a_photo_that_cannot_be_read_or_has_no_true_label_is_left_out(photos: list[Photo]) -> None:
    photos[0].path.write_bytes(b"no picture")
    photos[1] = Photo("voc/none", photos[1].path, np.zeros(80, np.float32))
    said: list[str] = []
    rows = list(consistent_for_all({"voc20": small(0)}, photos, 1, report=said.append))
    assert [row["voc20"].key for row in rows] == ["voc/3"]
    assert len(said) == 1 and "1.png cannot be read and is left out" in said[0]
    (scaled,) = consistent_for_all({"voc20": small(0)}, photos[2:], 1, side=32)
    assert torch.equal(scaled["voc20"].x, rows[0]["voc20"].x)


def line(name: str, key: str, norm: float, achieved: bool, picture: bool, noise: bool = False) -> dict[str, Any]:
    seen = {
        "picture": {"achieved": picture, "consistent": not picture},
        "noise": {"achieved": noise, "consistent": True},
    }
    other = "b" if name == "a" else "a"
    return {"annotator": name, "weights": "w", "method": "MinNorm", "k": 3, "key": key, "achieved": achieved, "norm": norm,
            "side": 288, "others": {other: seen}}  # fmt: skip


def test_the_tables_by_hand() -> None:
    lines = [
        line("a", "1", 100, True, True), line("a", "2", 200, True, False), line("a", "3", 400, True, False, True),
        line("a", "4", 1, True, True),  # has no line for b: left out
        line("b", "1", 300, True, False), line("b", "2", 400, True, False), line("b", "3", 999, False, True),
    ]  # fmt: skip
    _, _, a, b = transfer.hardness(lines).splitlines()
    assert a.split(" | ")[2:] == ["3", "100.0 [43.9–100.0]", "200", "288", "1.00", "– |"]
    assert b.split(" | ")[2:] == [
        "3",
        "66.7 [20.8–93.9]",
        "350",
        "288",
        "2.50",
        "0.500 |",
    ]  # (300/100 + 400/200) / 2; of two photos
    _, _, a, b = transfer.transfers(lines).splitlines()
    assert a == "| a | MinNorm | – | 33.3 [6.1–79.2] (1 of 3) |"
    assert b == "| b | MinNorm | 0.0 [0.0–65.8] (0 of 2) | – |"
    assert transfer.hardness([]).count("\n") == 1

    shown = transfer.page(lines, "the command")
    assert "`the command`" in shown and "at k = 3." in shown and a in shown and b in shown
