"""Which targets are easy: lines to medians, CSV, correlations and clusters; the run on two photos; what the page draws."""

from dataclasses import replace
from math import inf, isnan, nan
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import tkml_core as tk
from demo.render.heat_map import heat_map_html
from tkml_core.experiments import datasets
from tkml_core.experiments import easy_targets as command
from tkml_core.images import InputSize
from tkml_core.labels import COCO80, VOC20
from tkml_core.measured import lines
from tkml_core.measured.easy_targets import (
    Pair,
    clustered,
    correlation,
    medians,
    ordered,
    read_csv,
    to_csv,
    with_places,
)
from tkml_core.zoo import registry
from tkml_core.zoo.entry import Entry

MEASURED = Path(__file__).parents[2] / "assets" / "measured"
CAT, DOG = COCO80.index("cat"), COCO80.index("dog")


def line(true: str, target: str, norm: float, achieved: bool = True) -> dict[str, object]:
    return {"annotator": "voc20", "true": true, "target": target, "norm": norm, "achieved": achieved}


def test_medians_count_a_photo_that_did_not_give_way_as_the_hardest() -> None:
    found = medians(
        [line("cat", "dog", n) for n in (3.0, 1.0, 2.0)] + [line("dog", "cat", 5.0), line("dog", "cat", 9.0, False)]
    )
    assert found == [Pair("voc20", "cat", "dog", 3, 3, 2.0), Pair("voc20", "dog", "cat", 2, 1, 5.0)]
    assert medians([line("cat", "dog", 7.0, False)])[0].norm == inf


def test_a_csv_comes_back(tmp_path: Path) -> None:
    pairs = [Pair("voc20", "cat", "dog", 3, 3, 2.5, 0.25, 1.5, 1), Pair("voc20", "dog", "cat", 2, 0, inf)]
    (tmp_path / "x.csv").write_text(to_csv(pairs))
    first, second = read_csv(tmp_path / "x.csv")
    assert first == pairs[0] and second.norm == inf and isnan(second.together) and isnan(second.weights)
    assert read_csv(tmp_path / "none.csv") == []


def test_rank_correlation_by_hand() -> None:
    pairs = [Pair("voc20", "a", name, 1, 1, norm, together) for name, norm, together in
             (("b", 1.0, 0.9), ("c", 2.0, 0.4), ("d", 30.0, 0.1), ("e", inf, 0.0), ("f", 4.0, nan))]  # fmt: skip
    assert correlation(pairs, "together") == (-1.0, 3)
    swapped = [replace(pairs[0], together=0.3), *pairs[1:]]  # ranks 2, 3, 1 beside 1, 2, 3: 1 − 6 · 6 / (3 · 8)
    assert correlation(swapped, "together")[0] == pytest.approx(-0.5)
    assert isnan(correlation(pairs, "weights")[0])


def test_labels_that_are_easy_for_each_other_stand_together() -> None:
    near = {frozenset("ac"), frozenset("bd")}
    pairs = [
        Pair("voc20", a, b, 1, 1, 1.0 if frozenset((a, b)) in near else 9.0) for a in "abcd" for b in "abcd" if a != b
    ]
    order = "".join(clustered(pairs))
    assert {frozenset(order[:2]), frozenset(order[2:])} == near
    placed = with_places([*pairs, replace(pairs[0], annotator="coco80")])
    assert "".join(ordered(placed[:-1])) == order and ordered(placed[-1:]) == ["a", "b"]


def test_the_places_that_are_bundled_are_those_of_their_norms() -> None:
    bundled = read_csv(MEASURED / "easy_targets.csv")
    assert bundled == with_places(bundled)


def test_weights_of_the_last_layer_are_one_row_a_label() -> None:
    for name, width in (("voc20", 3 * 64), ("mobilenet-voc20", 1280)):
        annotator = tk.load(name, device="cpu")
        found = command.last_layer(annotator)
        assert found is not None and found.shape == (20, width)
    scale = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2), torch.nn.Linear(2, 2))
    assert command.last_layer(tk.Annotator(scale, ["a", "b"])) is not None
    assert command.last_layer(tk.Annotator(torch.nn.Conv2d(3, 2, 1), ["a", "b"])) is None


class Small(nn.Module):
    """Twenty smooth scores of a small image, of which the cat's is the largest."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.layers = nn.Sequential(nn.Conv2d(3, 6, 8, stride=4), nn.Tanh(), nn.Flatten(), nn.Linear(6 * 49, 20))
        self.layers[3].bias.data[VOC20.index("cat")] += 3

    def forward(self, x: Tensor) -> Tensor:
        return 8 * self.layers(x)


def test_a_run_goes_on_where_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Entry(
        name="small", labels=VOC20, build=Small, files=(), data_set="voc", sentence="", source="", licence="",
        input_size=InputSize(32, 64),
    )  # fmt: skip
    monkeypatch.setitem(registry.ENTRIES, "small", entry)
    labels = np.zeros(80, np.float32)
    labels[CAT] = 1
    both = labels.copy()
    both[DOG] = 1
    for number in (1, 2):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    listed = [datasets.Photo(f"voc/{number}", tmp_path / f"{number}.png", labels) for number in (1, 2)]
    annotators, seen = {"small": tk.load("small", "cpu")}, {"small": listed}
    clock = iter((0.0, 0.0, 61.0))
    command.run(annotators, seen, 2, 1.0, tmp_path / "out", lambda: next(clock))
    first = list(lines.read(tmp_path / "out"))
    assert len(first) == 19 and {row["key"] for row in first} == {"voc/1"}
    assert all(row["true"] == "cat" for row in first) and sum(row["achieved"] for row in first) > 9
    command.run(annotators, seen, 2, 1.0, tmp_path / "out", lambda: 0.0)
    again = list(lines.read(tmp_path / "out"))
    assert again[:19] == first and {row["key"] for row in again[19:]} == {"voc/2"} and len(again) == 38
    trained = {"small": [*listed, datasets.Photo("voc/3", tmp_path, both)]}
    said = command.conclude(annotators, trained, tmp_path / "out")
    pairs = read_csv(tmp_path / "out" / "easy_targets.csv")
    assert "with weights" in said and f"n = {sum(pair.norm < inf for pair in pairs)}" in said
    beside = {pair.target: pair.together for pair in pairs}
    assert beside["dog"] == pytest.approx(1 / 3, rel=1e-3) and beside["sofa"] == 0


def test_the_heat_map_has_a_cell_a_pair_and_escapes() -> None:
    pairs = [
        Pair("voc20", "cat", "<dog>", 3, 3, 20.0, 0.2, 1.0),
        Pair("voc20", "cat", "sofa", 3, 1, inf),
        Pair("voc20", "cat", "tv", 3, 2, 80.0, 0.1, 2.0),
    ]
    drawn = heat_map_html(pairs, "python")
    assert "<dog>" not in drawn and drawn.count("<tr>") == 2 and drawn.count('title="') == 3
    assert "--heat: 100%" in drawn and "--heat: 0%" in drawn and "tv planted on photos of cat: 2 of 3 gave way" in drawn
    assert "Easiest: &lt;dog&gt; on cat (20), tv on cat (80)." in drawn
