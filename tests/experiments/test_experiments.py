"""The command lines: data set readers, folding, weights on disk, training that resumes, and what the tables count."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import write_coco, write_voc
from safetensors import safe_open
from torch import Tensor, nn

from tkml_core.experiments import bench, datasets, evaluate
from tkml_core.experiments.training import schedule
from tkml_core.experiments.training.mobilenet import __main__ as train
from tkml_core.experiments.training.mobilenet.crops import Crops, batches
from tkml_core.experiments.training.mobilenet.pretrained import start_network
from tkml_core.labels import COCO80, VOC20, coco_name
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


def test_a_broken_photo_is_named_once_and_its_batch_does_without_it(tiny: tuple[Path, Path]) -> None:
    photos = datasets.training(*tiny)
    photos[2].path.write_bytes(b"no picture")
    args = arguments(batch=4, workers=0, collage=0.0)
    crops, broken, said = Crops(photos, None, args), set(), []
    sizes = [len(x) for epoch in (0, 1) for x, _, _ in batches(crops, args, epoch, 0, broken, said.append)]
    crops.begin(0, 0)
    drawn = crops.order.count(2)
    assert drawn and sum(sizes[:2]) == 8 - drawn
    assert len(said) == len(broken) == 1 and f"{photos[2].path} cannot be read and is left out" in said[0]


def test_rates_warm_up_and_fall() -> None:
    rates = [schedule.rate(step, 500) for step in range(500)]
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


def test_the_benchmark_prints_a_row_an_attack_and_batch(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "RUNS", 1)
    page = tmp_path / "bench.md"
    bench.main([
        "--annotator", "mobilenet-voc20", "--attacks", "TkML-AP-U", "--batch", "1", "2", "--steps", "2", "--device", "cpu",
        "--write", str(page),
    ])  # fmt: skip
    rows = [line.split(" | ") for line in page.read_text().splitlines() if line.startswith("| TkML-AP-U")]
    assert [row[1] for row in rows] == ["1", "2"] and all(float(row[3]) > 0.3 for row in rows)
    assert rows[0][5] == "1/1" and rows[1][5] == "2/2" and all(float(row[6].rstrip(" |")) > 50 for row in rows)
    assert "224 × 224, CPU" in capsys.readouterr().out
