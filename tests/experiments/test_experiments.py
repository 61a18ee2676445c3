"""The command lines: data set readers, folding, weights on disk, training that resumes, and what the tables count."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import skimage
import torch
from datasets import write_coco, write_voc
from PIL import Image
from safetensors import safe_open
from torch import Tensor, nn

import tkml_core as tk
from tkml_core.experiments import (
    attacks,
    attacks_page,
    bench,
    compare,
    datasets,
    evaluate,
    measured_photos,
    results,
    train,
)
from tkml_core.experiments.crops import Crops
from tkml_core.experiments.pretrained import start_network
from tkml_core.labels import COCO80, VOC20, coco_name
from tkml_core.statistics import wilson_interval
from tkml_core.zoo import mobilenet
from tkml_core.zoo.weights import load_weights, save_weights

# ---- a data set of a dozen photos in the official layouts -----------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.setattr(datasets, "MEASURED_COCO", 2)
    voc, coco = tmp_path / "VOCdevkit", tmp_path / "coco"
    write_voc(voc, 2007, "train", {"000012": {"car": 1}, "000007": {"sofa": 1, "cat": 0}})
    write_voc(voc, 2007, "val", {"000020": {"person": 1, "tvmonitor": 1}})
    write_voc(voc, 2007, "test", {"000001": {"dog": 1, "person": 0}, "000002": {"train": 1}})
    write_voc(voc, 2012, "train", {"2008_000008": {"horse": 1, "person": 1}})
    write_voc(voc, 2012, "val", {"2008_000002": {"aeroplane": 1}})
    write_coco(coco, "train", {9: ["person", "person", "tie"]})
    write_coco(coco, "val", {40: ["zebra"], 7: ["kite", "person"], 30: ["tv"], 100: []})
    return voc, coco


def names(photo: datasets.Photo, value: float) -> set[str]:
    return {COCO80[j] for j in np.flatnonzero(photo.labels == value)}


def test_voc_flags_become_present_absent_ignored_unknown(tiny: tuple[Path, Path]) -> None:
    read = datasets.voc(tiny[0], 2007, "train")
    assert [photo.key for photo in read] == ["voc/000007", "voc/000012"]
    sofa, car = read
    assert names(sofa, 1) == {"couch"} and names(sofa, datasets.IGNORED) == {"cat"}
    assert names(car, 1) == {"car"} and names(car, datasets.IGNORED) == set()
    voc_names = {coco_name(name) for name in VOC20}
    for photo in read:
        assert photo.labels.shape == (80,) and photo.labels.dtype == np.float32
        assert names(photo, datasets.UNKNOWN) == set(COCO80) - voc_names
        assert names(photo, 0) | names(photo, 1) | names(photo, datasets.IGNORED) == voc_names
        assert photo.path.is_file() and photo.path.stem == photo.key.split("/")[1]


def test_coco_labels_come_by_category_id(tiny: tuple[Path, Path]) -> None:
    read = datasets.coco(tiny[1], "val")
    assert [photo.key for photo in read] == [f"coco/{i:012d}" for i in (7, 30, 40, 100)]  # by id
    assert [names(photo, 1) for photo in read] == [{"kite", "person"}, {"tv"}, {"zebra"}, set()]
    assert all(names(photo, 0) == set(COCO80) - names(photo, 1) and photo.path.is_file() for photo in read)


def test_training_and_measuring_photos_are_apart(tiny: tuple[Path, Path]) -> None:
    voc, coco = tiny
    trained = [photo.key for photo in datasets.training(voc, coco)]
    assert len(trained) == len(set(trained)) == 8
    assert [photo.key for photo in datasets.measuring("voc20", voc, coco)] == ["voc/000001", "voc/000002"]
    largest = [photo.key for photo in datasets.measuring("coco80", voc, coco)]
    assert largest == ["coco/000000000040", "coco/000000000100"]
    assert not set(trained) & {"voc/000001", "voc/000002", *largest}
    assert {"coco/000000000007", "coco/000000000030", "coco/000000000009"} < set(trained)


def test_columns_follow_each_annotators_order(tiny: tuple[Path, Path]) -> None:
    assert [COCO80[j] for j in datasets.columns("voc20")] == [coco_name(name) for name in VOC20]
    assert datasets.columns("coco80") == list(range(80))
    dog = datasets.measuring("voc20", *tiny)[0]
    assert VOC20[int(np.flatnonzero(dog.labels[datasets.columns("voc20")] == 1)[0])] == "dog"


# ---- the network ----------------------------------------------------------------------------------------------------


def trained_like(seed: int) -> nn.Module:
    """Statistics, scales and shifts as a training leaves them."""
    torch.manual_seed(seed)
    net = mobilenet.build(80).double().eval()
    for norm in (m for m in net.modules() if isinstance(m, nn.BatchNorm2d)):
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.3)
        norm.running_mean.normal_(std=0.3)
        norm.running_var.uniform_(0.2, 3)
    return net


def folded_like(seed: int) -> nn.Module:
    """What remains under torchvision's key names when batch norms were folded away: each only adds a bias."""
    torch.manual_seed(seed)
    net = mobilenet.build(80).double().eval()
    for norm in (m for m in net.modules() if isinstance(m, nn.BatchNorm2d)):
        norm.running_var.fill_(1 - norm.eps)
        nn.init.normal_(norm.bias, std=0.2)
    return net


def pixels(seed: int, side: int = 48) -> Tensor:
    return torch.randn(4, 3, side, side, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def test_folding_leaves_the_function_unchanged() -> None:
    net, x = trained_like(0), pixels(0)
    before = net(x)
    assert mobilenet.fold(net) is net and not any(isinstance(m, nn.BatchNorm2d) for m in net.modules())
    assert before.std() > 1e-3
    torch.testing.assert_close(net(x), before, rtol=1e-8, atol=1e-8 * before.abs().max().item())
    torch.testing.assert_close(mobilenet.fold(net)(x), before, rtol=1e-8, atol=1e-8 * before.abs().max().item())


@torch.no_grad()
def test_unfolding_leaves_the_function_unchanged_and_normalises() -> None:
    net, x = folded_like(1), pixels(1)
    assert mobilenet.is_folded(net) and not mobilenet.is_folded(trained_like(1))
    before, other = net(x), net(pixels(2))
    mobilenet.unfold(net, x)
    assert not mobilenet.is_folded(net)
    scale = before.abs().max().item()
    assert scale > 1e-3
    torch.testing.assert_close(net(x), before, rtol=1e-7, atol=1e-7 * scale)
    torch.testing.assert_close(net(pixels(2)), other, rtol=1e-7, atol=1e-7 * scale)
    first = net.features[0]  # type: ignore[index, union-attr]
    seen = first[0](x)
    torch.testing.assert_close(first[1].running_mean, seen.mean((0, 2, 3)))
    torch.testing.assert_close(first[1].running_var, seen.var((0, 2, 3), unbiased=False))
    torch.testing.assert_close(mobilenet.fold(net)(x), before, rtol=1e-7, atol=1e-7 * scale)


@torch.no_grad()
def test_weights_come_back_from_disk_to_float16_precision(tmp_path: Path) -> None:
    net = mobilenet.fold(trained_like(3).float())
    path = tmp_path / "deep" / "weights.safetensors"
    save_weights(net, path, {"seed": "7", "command": "by hand"})
    back = load_weights(mobilenet.folded(80), path)
    assert back.state_dict().keys() == net.state_dict().keys()
    for name, value in back.state_dict().items():
        assert value.dtype == torch.float32 and torch.equal(value, net.state_dict()[name].half().float())
    with safe_open(path, "pt") as file:
        assert file.metadata()["seed"] == "7" and file.metadata()["command"] == "by hand"
        assert all(file.get_tensor(name).dtype == torch.float16 for name in file.keys())  # noqa: SIM118
    x = pixels(3).float()
    torch.testing.assert_close(back(x), net(x), rtol=0.05, atol=0.02 * net(x).abs().max().item())


def test_what_an_annotator_gets_is_normalised() -> None:
    grey = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    torch.testing.assert_close(mobilenet.Normalized(nn.Identity())(grey), torch.zeros(1, 3, 2, 2))
    white = mobilenet.Normalized(nn.Identity())(torch.ones(1, 3, 1, 1))[0, :, 0, 0]
    torch.testing.assert_close(white, torch.tensor([0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225]))


# ---- training -------------------------------------------------------------------------------------------------------


def test_the_loss_at_focus_0_is_weighted_cross_entropy() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, target, weight = (torch.rand(5, 80, generator=generator) for _ in range(3))
    logits = 8 * logits - 4
    plain = -(target * logits.sigmoid().log() + (1 - target) * (1 - logits.sigmoid()).log())
    torch.testing.assert_close(train.loss_of(logits, target, weight, 0.0), (weight * plain).sum(1).mean())
    assert train.loss_of(logits, target, weight, 1.0) < train.loss_of(logits, target, weight, 0.0)


@pytest.mark.parametrize("focus", [0.0, 0.5, 2.0])
def test_the_loss_is_least_where_the_probability_is_the_target(focus: float) -> None:
    """Below it the gradient raises the logit, above it lowers it; also for soft targets."""
    for p in (0.1, 0.5, 0.8):
        logit = torch.logit(torch.tensor([[p - 0.05, p, p + 0.05]])).requires_grad_()
        train.loss_of(logit, torch.full((1, 3), p), torch.ones(1, 3), focus).backward()
        assert logit.grad is not None
        below, there, above = logit.grad[0].tolist()
        assert below < 0 < above and abs(there) < 1e-6


def arguments(**change: object) -> argparse.Namespace:
    settings = {
        "seed": 1,
        "sizes": [32, 40],
        "epochs": 2,
        "rare": 0.0,
        "crop": 0.5,
        "collage": 0.5,
        "blend": 0.25,
        "unknown": 0.6,
    }
    return argparse.Namespace(**(settings | change))


def test_what_is_unknown_or_difficult_carries_no_loss(tiny: tuple[Path, Path]) -> None:
    sofa = datasets.voc(tiny[0], 2007, "train")[0]
    target, weight = Crops([sofa], None, arguments()).target(0)
    known = [j for j, name in enumerate(COCO80) if name in {coco_name(voc) for voc in VOC20} and name != "cat"]
    assert weight.nonzero()[:, 0].tolist() == known and bool((weight[known] == 1).all())
    assert target.nonzero()[:, 0].tolist() == [COCO80.index("couch")]
    soft = np.full((1, 80), 0.3, np.float32)
    target, weight = Crops([sofa], soft, arguments()).target(0)
    couch, car, cat, zebra = (COCO80.index(name) for name in ("couch", "car", "cat", "zebra"))
    assert target[[couch, car, zebra]].tolist() == pytest.approx([0.75 + 0.25 * 0.3, 0.25 * 0.3, 0.3])
    assert weight[[couch, car, cat, zebra]].tolist() == pytest.approx([1, 1, 0, 0.6])


def test_an_epoch_resumed_in_the_middle_goes_on_with_the_same_crops(tiny: tuple[Path, Path]) -> None:
    crops = Crops(datasets.training(*tiny), None, arguments())
    crops.begin(1, 0)
    assert len(crops) == 8 and crops.size == 40
    whole = [crops[i] for i in range(8)]
    again = Crops(datasets.training(*tiny), None, arguments())
    again.begin(1, 5)
    assert len(again) == 3
    for i in range(3):
        for a, b in zip(again[i], whole[5 + i], strict=True):
            assert torch.equal(a, b)
    assert all(p.shape == (3, 40, 40) and p.dtype == torch.uint8 for p, _, _ in whole)
    crops.begin(0, 0)
    assert crops.size == 32 and not torch.equal(crops[0][0], whole[0][0][:, :32, :32])


def test_rates_warm_up_and_fall() -> None:
    rates = [train.rates(step, 500) for step in range(500)]
    peak = int(np.argmax(rates))
    assert rates[0] < 0.1 and max(rates) == pytest.approx(1) and 15 <= peak <= 25
    assert rates[: peak + 1] == sorted(rates[: peak + 1]) and rates[peak:] == sorted(rates[peak:], reverse=True)
    assert 0.009 < rates[-1] < 0.02


def test_the_average_follows() -> None:
    net, average = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    with torch.no_grad():
        net.weight.fill_(3.0)
    net.num_batches_tracked += 5
    train.follow(average, net, step=10**6, decay=0.75)
    assert average.weight.tolist() == pytest.approx([1.5, 1.5]) and average.num_batches_tracked == 5
    train.follow(average, net, step=0, decay=0.75)  # early on it forgets faster
    assert average.weight.tolist() == pytest.approx([0.1 * 1.5 + 0.9 * 3] * 2)


def test_training_stops_resumes_and_writes_weights(
    tiny: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    init, out, weights = tmp_path / "init.pt", tmp_path / "runs", tmp_path / "weights.safetensors"
    torch.manual_seed(0)
    torch.save(mobilenet.build(80).state_dict(), init)
    command = [
        "--voc", str(tiny[0]), "--coco", str(tiny[1]), "--init", str(init), "--out", str(out), "--weights", str(weights),
        "--epochs", "2", "--batch", "4", "--sizes", "32", "--workers", "0", "--show", "0", "--seed", "3", "--device", "cpu",
    ]  # fmt: skip
    taken: list[int] = []
    follow = train.follow

    def interrupted(average: nn.Module, net: nn.Module, step: int, decay: float) -> None:
        if len(taken) == 3:
            raise KeyboardInterrupt
        taken.append(step)
        follow(average, net, step, decay)

    monkeypatch.setattr(train, "follow", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train.main(command)
    assert taken == [0, 1, 2] and (out / "checkpoint.pt").exists() and not weights.exists()

    rest: list[int] = []

    def counted(average: nn.Module, net: nn.Module, step: int, decay: float) -> None:
        rest.append(step)
        follow(average, net, step, decay)

    monkeypatch.setattr(train, "follow", counted)
    train.main(command)
    assert rest == [3] and "resumed at step 3 of 4" in capsys.readouterr().out
    with safe_open(weights, "pt") as file:
        assert file.metadata()["seed"] == "3" and "--epochs 2" in file.metadata()["command"]
    trained = load_weights(mobilenet.folded(80), weights)
    assert all(torch.isfinite(value).all() for value in trained.state_dict().values())
    assert weights.stat().st_size < 6 * 2**20
    state = torch.load(out / "checkpoint.pt", weights_only=True)
    assert state["step"] == 4
    moved = state["net"]["classifier.1.bias"]
    assert (moved + 3).abs().max() > 1e-4  # the head has left its first bias


def test_a_file_of_another_network_is_refused(tiny: tuple[Path, Path], tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(SystemExit, match=r"other\.pt is not a MobileNetV2"):
        start_network(str(tmp_path / "other.pt"), datasets.training(*tiny))


# ---- measuring ------------------------------------------------------------------------------------------------------


def test_average_precision_by_hand() -> None:
    scores, labels = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([1.0, 0, 1, datasets.IGNORED, 1])
    assert evaluate.average_precision(scores, labels) == pytest.approx((1 / 1 + 2 / 3 + 3 / 4) / 3)
    assert np.isnan(evaluate.average_precision(scores, np.zeros(5)))
    assert evaluate.average_precision(scores, np.ones(5)) == 1


def test_wilsons_interval() -> None:
    """8 of 10 gives 49.0–94.3 % (Wilson 1927, as in the textbooks); certainty is never claimed at the ends."""
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson_interval(0, 20)[0] == pytest.approx(0) and wilson_interval(0, 20)[1] == pytest.approx(
        0.1611, abs=1e-4
    )
    assert wilson_interval(20, 20)[1] == pytest.approx(1) and wilson_interval(20, 20)[0] == pytest.approx(
        0.8389, abs=1e-4
    )


def two_measuring_photos(voc: Path) -> None:
    """VOC 2007 test in miniature: a cat, a person, and a photo with nothing but a difficult object."""
    write_voc(voc, 2007, "test", {"000001": {"cat": 1}, "000002": {"person": 1}, "000003": {"person": 0}})
    for key, name in {"000001": "chelsea", "000002": "astronaut"}.items():
        with Image.open(Path(skimage.__file__).parent / "data" / f"{name}.png") as file:
            file.convert("RGB").save(voc / "VOC2007" / "JPEGImages" / f"{key}.jpg", quality=95)


def test_the_attack_table_saves_as_it_goes_and_resumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    voc, out = tmp_path / "VOCdevkit", tmp_path / "attacks.jsonl"
    two_measuring_photos(voc)
    command = [
        "--voc", str(voc), "--coco", str(tmp_path), "--annotators", "voc20", "--cases", "untargeted", "--k", "3",
        "--max-steps", "60", "--out", str(out), "--device", "cpu",
    ]  # fmt: skip
    attacks.main(command)
    rows = results.read(out)
    assert {row["key"] for row in rows} == {
        "voc/000001",
        "voc/000002",
    }  # not the one with nothing but difficult objects
    for row in rows:
        assert row["achieved"] and not row["consistent"] and 0 < row["pert"] < 0.02 and row["steps"] <= 60
    out.write_text("\n".join(out.read_text().splitlines()[:1]) + "\n")
    attacks.main(command)
    assert {row["key"] for row in results.read(out)} == {"voc/000001", "voc/000002"} and len(results.read(out)) == 2
    finished = out.read_bytes()
    attacks.main([*command, "--write", str(tmp_path / "table.md")])
    assert out.read_bytes() == finished  # nothing left to do
    table = (tmp_path / "table.md").read_text()
    assert "| voc20 | untargeted | 3 | TkML-AP-U | 2 | 100.0 [34.2–100.0] | 100.0 [34.2–100.0] | 99.6 | " in table
    assert "| voc20 | untargeted | 3 | TkML-AP-U | 2 |" in capsys.readouterr().out
    for row in results.read(out):
        at = {k: not attacks_page.agree(row["true_ranks"], k) for k in (1, 3, 5, 10)}
        assert at[3] and min(row["true_ranks"]) > 3 and attacks_page.agree(row["true_ranks_before"], 3)
    larger = [line for line in table.splitlines() if "| TkML-AP-U | 3 | " in line]
    assert len(larger) == 3 and "| 100.0 [34.2–100.0] |" in larger[0] and larger[0].endswith("| 99.6 | 0.51 |")


def test_other_attacks_join_the_same_file_and_old_lines_count(tmp_path: Path) -> None:
    voc, out = tmp_path / "VOCdevkit", tmp_path / "attacks.jsonl"
    two_measuring_photos(voc)
    old = {
        "annotator": "voc20", "case": "untargeted", "k": 3, "key": "voc/000001", "attack": repr(tk.TkMLAPU(max_steps=40)),
        "achieved": True, "consistent": False, "pert": 0.1, "pert_float": 0.1, "steps": 9, "forwards": 9, "backwards": 9,
        "seconds": 1.0,
    }  # fmt: skip
    out.write_text(json.dumps(old) + "\n" + json.dumps(old | {"key": "voc/000002"}) + "\n")
    command = [
        "--voc", str(voc), "--coco", str(tmp_path), "--annotators", "voc20", "--cases", "untargeted", "best", "--k", "3",
        "--photos", "1", "--max-steps", "40", "--out", str(out), "--device", "cpu", "--attacks", "TkML-AP-U", "kFool",
        "ML-AP",
    ]  # fmt: skip
    attacks.main(command)
    new = results.read(out)[2:]
    assert [(row["case"], row["attack"].split("(")[0]) for row in new] == [("untargeted", "KFool"), ("best", "MLAP")]
    table = attacks_page.table(out)
    assert "| voc20 | untargeted | 3 | TkML-AP-U | 2 |" in table
    assert "| voc20 | untargeted | 3 | kFool | 1 |" in table and "| 93.7 |" in table and "| 96.2 |" in table
    with pytest.raises(SystemExit, match="other settings"):
        attacks.main([*command, "--max-steps", "41"])


@pytest.mark.parametrize("true_ranks", [[1], [2, 3], [1, 2, 3, 4], [1, 5], [4, 5], [3]])
def test_consistency_from_the_ranks_of_the_true_labels(true_ranks: list[int]) -> None:
    logits = torch.arange(6.0, 0, -1)[None]
    true = torch.zeros(1, 6, dtype=torch.bool)
    true[0, [rank - 1 for rank in true_ranks]] = True
    assert measured_photos.true_ranks(logits[0], true[0]) == true_ranks
    for k in range(1, 6):
        assert attacks_page.agree(true_ranks, k) == bool(tk.consistent(logits, true, k))


def test_the_comparison_saves_as_it_goes_and_judges_the_paper_by_its_best_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    voc, out = tmp_path / "VOCdevkit", tmp_path / "minnorm.jsonl"
    two_measuring_photos(voc)
    command = [
        "--voc", str(voc), "--coco", str(tmp_path), "--annotators", "voc20", "--cases", "untargeted", "--k", "3",
        "--photos", "1", "--out", str(out), "--device", "cpu",
    ]  # fmt: skip
    compare.main([*command, "--methods", "MinNorm"])
    assert [row["method"] for row in results.read(out)] == ["MinNorm"] and compare.measured(out) == []
    compare.main(command)
    rows = {row["method"]: row for row in results.read(out)}
    assert set(rows) == set(compare.attacks("untargeted"))
    assert all(row["achieved"] for row in rows.values())
    assert rows["preview"]["steps"] == 30 and rows["MinNorm"]["steps"] == 100 + tk.MinNorm().rounded
    shortest = min((row for name, row in rows.items() if name.startswith("paper")), key=lambda row: row["pert"])
    ratio = compare.float_norm(rows["MinNorm"]) / compare.float_norm(shortest)
    assert ratio < 1
    capsys.readouterr()
    compare.main([*command, "--write", str(tmp_path / "page.md")])
    assert len(results.read(out)) == len(rows)  # nothing left to do
    assert f"| {ratio:.2f} |" in capsys.readouterr().out and f"| {ratio:.2f} |" in (tmp_path / "page.md").read_text()


def test_the_papers_best_step_meets_most_goals_and_then_is_shortest() -> None:
    def outcome(achieved: bool, pert: float) -> dict[str, object]:
        return {"achieved": achieved, "pert": pert}

    methods = {
        "paper 0.1": {"a": outcome(True, 1.0), "b": outcome(False, 0.1)},
        "paper 0.2": {"a": outcome(True, 2.0), "b": outcome(True, 4.0)},
        "paper 0.5": {"a": outcome(True, 2.5), "b": outcome(True, 3.0)},
        "MinNorm": {"a": outcome(True, 0.1), "b": outcome(True, 0.1)},
    }
    assert compare.best_of_the_paper(methods) == "paper 0.5"
    assert {key: row["pert"] for key, row in compare.best_on_each_photo(methods).items()} == {"a": 1.0, "b": 3.0}


def test_photos_that_are_not_there_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"aeroplane_test\.txt; name the photos' folders with --voc"):
        compare.main(["--annotators", "voc20", "--voc", str(tmp_path), "--out", str(tmp_path / "minnorm.jsonl")])


def test_lines_of_other_settings_are_not_mixed_in(tmp_path: Path) -> None:
    out = tmp_path / "minnorm.jsonl"
    out.write_text(json.dumps({"attack": repr(tk.MinNorm(max_steps=777))}) + "\n")
    with pytest.raises(SystemExit, match="777"):
        compare.main(["--table", "--out", str(out)])


def test_the_benchmark_prints_a_row_an_attack_and_batch(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "bench.md"
    bench.main(["--attacks", "TkML-AP-U", "--batch", "1", "2", "--steps", "3", "--device", "cpu", "--write", str(page)])
    rows = [line.split(" | ") for line in page.read_text().splitlines() if line.startswith("| TkML-AP-U")]
    assert [row[1] for row in rows] == ["1", "2"] and all(float(row[3]) > 0.3 for row in rows)
    assert rows[0][5] == "1/1" and rows[1][5] == "2/2" and all(float(row[6].rstrip(" |")) > 50 for row in rows)
    assert "224 × 224, CPU" in capsys.readouterr().out
