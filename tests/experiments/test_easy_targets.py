"""Which targets are easy: lines to medians, CSV, correlations and clusters; the run on two photos; what the page draws."""

from dataclasses import replace
from itertools import permutations
from math import inf, isnan, nan
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import spearmanr
from torch import Tensor, nn

import tkml_core as tk
from demo.render.heat_map import heat_map_html
from tkml_core.experiments import datasets
from tkml_core.experiments import easy_targets as command
from tkml_core.images import InputSize
from tkml_core.labels import COCO80, VOC20
from tkml_core.measured import lines
from tkml_core.measured.easy_targets import (
    ENOUGH,
    Correlation,
    Pair,
    clustered,
    easiest_words,
    mantel,
    medians,
    norms_of,
    ordered,
    read_correlations,
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
    assert read_csv(tmp_path / "none.csv") == [] == read_correlations(tmp_path / "none.csv")
    found = [Correlation("voc20", "weights", -0.25, 231, 0.03, 999)]
    (tmp_path / "y.csv").write_text(to_csv(found))
    assert read_correlations(tmp_path / "y.csv") == found and str(found[0]) == "−0.25 (n = 231 pairs, p = 0.030)"


def matrices(seed: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Some norms, of which a few are missing and others tie, and something that goes along with them a little."""
    drawn = np.random.default_rng(seed)
    norms = drawn.integers(1, 9, (m, m)).astype(float)
    norms[0, 1] = nan
    return norms, drawn.normal(size=(m, m)) + norms


@pytest.mark.parametrize("seed", range(3))
def test_mantels_p_is_the_share_of_all_ways_to_call_the_labels(seed: int) -> None:
    """Against SciPy's ρ over an enumeration by hand; four labels can be called in 24 ways."""
    m = 4
    norms, other = matrices(seed, m)
    cells = [(i, j) for i in range(m) for j in range(m) if i != j and not np.isnan(norms[i, j])]
    by_hand = [
        spearmanr([norms[i, j] for i, j in cells], [other[a[i], a[j]] for i, j in cells]).statistic
        for a in permutations(range(m))
    ]
    rho, count, p = mantel(norms, other)
    assert (rho, count) == (pytest.approx(by_hand[0]), len(cells)) and count == 11
    assert p == pytest.approx(np.mean(np.abs(by_hand) >= abs(by_hand[0]) - 1e-9))
    assert mantel(norms, norms)[::2] == (pytest.approx(1), pytest.approx(1 / 24))


def test_drawn_permutations_come_near_to_all_of_them_and_a_seed_is_a_draw() -> None:
    norms, other = matrices(5, 6)
    other += 9 * np.random.default_rng(1).normal(size=(6, 6))
    exact, drawn = mantel(norms, other)[2], mantel(norms, other, 700)[2]
    assert drawn == mantel(norms, other, 700)[2] != mantel(norms, other, 700, seed=1)[2]
    assert abs(drawn - exact) < 4 * (exact * (1 - exact) / 700) ** 0.5 and 0.01 < exact < 0.9


def test_without_spread_or_with_fewer_than_three_pairs_there_is_no_correlation() -> None:
    norms, _ = matrices(0, 4)
    assert isnan(mantel(norms, np.ones((4, 4)))[0]) and isnan(mantel(norms, np.ones((4, 4)))[2])
    assert isnan(mantel(np.where(np.arange(4) < 1, norms, nan)[:2, :2], norms[:2, :2])[0])


def test_a_photo_that_did_not_give_way_is_the_hardest_in_the_ranks() -> None:
    labels = ("a", "b", "c", "d")
    pairs = [Pair("voc20", "a", name, 1, 1, norm) for name, norm in (("b", 1.0), ("c", inf), ("d", 30.0))]
    other = np.zeros((4, 4))
    other[0] = (9, 1, 3, 2)  # ranks 1, 3, 2 beside 1, 3, 2
    assert mantel(norms_of(pairs, labels), other)[:2] == (pytest.approx(1), 3)


def test_labels_that_are_easy_for_each_other_stand_together() -> None:
    near = {frozenset("ac"), frozenset("bd")}
    pairs = [
        Pair("voc20", a, b, 1, 1, 1.0 if frozenset((a, b)) in near else 9.0) for a in "abcd" for b in "abcd" if a != b
    ]
    order = "".join(clustered(pairs))
    assert {frozenset(order[:2]), frozenset(order[2:])} == near
    placed = with_places([*pairs, replace(pairs[0], annotator="coco80")])
    assert "".join(ordered(placed[:-1])) == order and ordered(placed[-1:]) == ["a", "b"]


def test_what_is_bundled_is_of_the_bundled_lines() -> None:
    bundled = read_csv(MEASURED / "easy_targets.csv")
    assert bundled == with_places(bundled)
    found = medians(lines.read(MEASURED / "easy_targets.jsonl"))
    assert [(p.true, p.target, p.photos, p.reached) for p in bundled] == [
        (p.true, p.target, p.photos, p.reached) for p in found
    ]
    assert [p.norm for p in bundled] == pytest.approx([p.norm for p in found], rel=1e-3)
    told = (MEASURED / "easy_targets.md").read_text(encoding="utf-8")
    for one in read_correlations(MEASURED / "easy_targets_correlations.csv"):
        assert one.pairs == len(found) and f"`{one.respect}` {one}" in " ".join(told.split()), (
            f"say: `{one.respect}` {one}"
        )
    assert easiest_words(bundled) in " ".join(told.split()), f"say: {easiest_words(bundled)}"


def test_none_is_called_the_easiest_of_a_photo_or_two() -> None:
    few = [Pair("voc20", "cat", "dog", ENOUGH - 1, 2, 1.0), Pair("voc20", "cat", "cow", ENOUGH, 1, inf)]
    assert easiest_words(few) == "Easiest, of pairs with at least 3 photos: none so far."
    enough = [Pair("voc20", "cat", name, ENOUGH, 3, norm) for name, norm in (("sofa", 9.0), ("car", 4.0))]
    assert easiest_words([*few, *enough]).endswith(": car on cat (4, n = 3), sofa on cat (9, n = 3).")


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
    beside = read_correlations(tmp_path / "out" / "easy_targets_correlations.csv")
    assert "with weights" in said and "small: Easiest, of pairs with at least 3 photos: none" in said
    assert {one.pairs for one in beside} == {len(pairs)} and min(one.p for one in beside) > 0
    beside = {pair.target: pair.together for pair in pairs}
    assert beside["dog"] == pytest.approx(1 / 3, rel=1e-3) and beside["sofa"] == 0


def test_the_heat_map_has_a_cell_a_pair_and_escapes() -> None:
    pairs = [
        Pair("voc20", "cat", "<dog>", 3, 3, 20.0, 0.2, 1.0),
        Pair("voc20", "cat", "sofa", 3, 1, inf),
        Pair("voc20", "cat", "boat", 3, 2, 80.0, 0.1, 2.0),
    ]
    drawn = heat_map_html(pairs, "python", [Correlation("voc20", "weights", -0.25, 231, 0.03, 999)])
    assert "last layer are apart: −0.25 (n = 231 pairs, p = 0.030)." in drawn and "exchanged 999 times" in drawn
    assert "<dog>" not in drawn and drawn.count("<tr>") == 2 and drawn.count('title="') == 3
    assert "--heat: 100%" in drawn and "--heat: 0%" in drawn and "boat added on photos of cat: 2 of 3 gave way" in drawn
    assert "median of n = 3 photos a pair" in drawn and 'class="few"' not in drawn and "first look" not in drawn
    first_look = heat_map_html([replace(pairs[0], photos=1), pairs[2]])
    assert (
        first_look.count('class="few"') == 1
        and "Ringed: fewer than 3 photos" in first_look
        and "(1 of 2 pairs)" in first_look
    )
    all_few = heat_map_html([replace(pair, photos=1) for pair in pairs])
    assert (
        "With fewer than 3 photos a pair this is a first look" in all_few
        and "Easiest" not in all_few
        and 'class="few"' not in all_few
    )
    assert "Easiest: &lt;dog&gt; on cat (20), boat on cat (80)." in drawn
