"""The training of YOLOX-nano on a dozen photos: packed, learned from, resumed, hardened, finished, and read again."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import write_coco, write_voc
from PIL import Image

from tkml_core.experiments import datasets
from tkml_core.experiments.training import __main__ as training
from tkml_core.experiments.training import finish, pack, start
from tkml_core.experiments.training.adversary import Adversary, loss_of
from tkml_core.experiments.training.batches import Packed, by_shape, crops
from tkml_core.labels import COCO80, VOC20
from tkml_core.zoo import registry, weights, yolox
from tkml_core.zoo.checksums import tensors


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    folder = tmp_path_factory.mktemp("data")
    for year in (2007, 2012):
        for split in ("train", "val"):
            write_voc(folder / "voc", year, split, {f"{year}{split}{i}": {"cat": 1, "dog": 0} for i in range(2)})
    write_coco(folder / "coco", "train", {i: ["person", "car"] for i in range(1, 5)})
    write_coco(folder / "coco", "val", {i: ["person", "kite"] for i in range(10, 14)})
    photos = [f"voc/{y}{s}{i}" for y in (2007, 2012) for s in ("train", "val") for i in range(2)]
    photos += [f"coco/{i:012d}" for i in [*range(1, 5), *range(10, 14)]]
    scores = np.random.default_rng(0).random((len(photos), 2, 80)).astype(np.float16)
    np.savez(folder / "soft.npz", scores=scores, ids=np.array(photos), classes=np.array(COCO80))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "MEASURED_COCO", 2)
        folders = ["--voc", str(folder / "voc"), "--coco", str(folder / "coco"), "--out", str(folder / "pack")]
        pack.main([*folders, "--soft", str(folder / "soft.npz"), "--parts", "2"])
    yield sorted((folder / "pack").glob("*.npz"))


def test_packed_photos_keep_what_is_known_of_them(packs: list[Path]) -> None:
    data = Packed(packs, torch.device("cpu"), range(80), blend=0.25)
    assert len(data.keys) == 14 and set(data.shape) == {"wide"}
    cat, dog, kite = (COCO80.index(name) for name in ("cat", "dog", "kite"))
    voc, coco = data.keys.index("voc/2007train0"), data.keys.index("coco/000000000010")
    assert data.target[voc, cat] >= 0.75 and data.weight[voc, cat] == 1  # present
    assert data.weight[voc, dog] == 0  # only difficult
    assert data.weight[voc, kite] == pytest.approx(0.7)  # VOC does not say; the detectors do
    assert data.target[coco, kite] >= 0.75 and data.target[coco, cat] <= 0.25


def test_a_photo_is_packed_upright_and_a_broken_one_is_named_counted_and_left_out(tmp_path: Path) -> None:
    turned = Image.new("RGB", (60, 40), (220, 20, 20))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif)
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "turned.jpg").read_bytes()[:300])
    labels = np.zeros(80, np.float32)
    photos = [datasets.Photo(f"voc/{name}", tmp_path / f"{name}.jpg", labels) for name in ("broken", "turned", "gone")]
    soft, said = np.stack([np.full(80, value) for value in (0.0, 0.2, 0.4)]), []
    assert pack.pack(photos, soft, tmp_path / "pack.npz", 72, said.append) == 1
    assert ["broken.jpg cannot be read" in said[0], "gone.jpg cannot be read" in said[1]] == [True, True]
    data = Packed([tmp_path / "pack.npz"], torch.device("cpu"), range(80), blend=1.0)
    assert data.keys == ["voc/turned"] and data.shape.tolist() == ["tall"]
    assert data.target[0].tolist() == pytest.approx([0.2] * 80)  # its own scores


def test_a_crop_of_everything_is_the_photo_or_its_mirror(packs: list[Path]) -> None:
    data = Packed(packs, torch.device("cpu"), range(80), blend=0.5)
    generator = torch.Generator().manual_seed(0)
    rows = torch.zeros(16, dtype=torch.long)
    x = crops(data, rows, 60, 80, 1.0, generator)
    photo = data.pixels[0, :, :60, :80].float() / 255

    def alike(a: torch.Tensor, b: torch.Tensor) -> float:
        return float(torch.corrcoef(torch.stack((a.mean(0).flatten(), b.mean(0).flatten())))[0, 1])

    likeness = [max(alike(one, photo), alike(one.flip(2), photo)) for one in x]
    assert min(likeness) > 0.9
    assert {alike(one, photo) > 0.9 for one in x} == {True, False}  # some are mirrored, some are not


def test_from_a_start_to_an_annotator(packs: list[Path], tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = yolox.YOLOXAnnotator(list(range(80)))
    torch.save({"average": network.state_dict()}, tmp_path / "start.pt")
    common = ["--packs", *map(str, packs), "--batch", "2", "--sizes", "64", "--hold", "3", "--device", "cpu"]
    common += ["--show", "1", "--skip", "1", "--short", "64"]

    def train(name: str, steps: int, *more: str) -> dict[str, torch.Tensor]:
        start, out = ["--start", str(tmp_path / "start.pt")], ["--weights", str(tmp_path / f"{name}.safetensors")]
        training.main([*common, *start, *out, "--steps", str(steps), *more])
        return torch.load(tmp_path / f"{name}.pt", weights_only=True)["network"]

    plain = train("plain", 2)
    train("resumed", 1, "--lr", "0.0002")
    weight = "detector.trunk.stem.0.weight"
    assert not torch.equal(plain[weight], network.state_dict()[weight])
    hardened = train("hardened", 2, "--radius", "1", "--replays", "2")
    assert not torch.equal(plain[weight], hardened[weight])

    file = tmp_path / "finished.safetensors"
    files = ["--packs", *map(str, packs), "--trained", str(tmp_path / "plain.pt"), "--weights", str(file)]
    finish.main([*files, "--hold", "3", "--short", "64", "--note", "made=here"])
    annotator = yolox.annotating(VOC20, "voc", file)
    logits = annotator(torch.rand(1, 3, 64, 96))
    assert logits.shape == (1, 20) and bool(logits.isfinite().all())


def test_the_adversary_stays_in_the_ball_and_the_box_and_raises_the_loss(packs: list[Path]) -> None:
    torch.manual_seed(0)
    network = registry.build_of("coco80")
    data = Packed(packs, torch.device("cpu"), range(80), blend=0.5)
    rows = torch.tensor(by_shape(data, np.arange(4))["wide"])
    x = crops(data, rows, 64, 96, 1.0, torch.Generator().manual_seed(0))
    target, weight = data.target[rows], data.weight[rows]
    adversary = Adversary(x, radius=2.0, replays=3)
    for _ in range(3):
        leaf = adversary.leaf()
        loss_of(network(leaf), target, weight).backward()
        adversary.climb(leaf)
    changed = adversary.leaf().detach()
    assert float((changed - x).flatten(1).norm(dim=1).max()) <= 2.0 + 1e-4
    assert float(changed.min()) >= 0 and float(changed.max()) <= 1
    with torch.no_grad():
        before, after = (loss_of(network(one), target, weight) for one in (x, changed))
    assert after > before


def test_training_goes_on_from_the_file_that_it_wrote() -> None:
    torch.manual_seed(0)
    file = weights.FOLDER / registry.PLAIN
    network = start.start(file, list(range(80)), torch.rand(4, 3, 64, 96)).eval()
    x, numbers = torch.rand(2, 3, 64, 96), tensors(file)
    with torch.no_grad():
        own = network(x) * numbers["coco.scale"].float() + numbers["coco.shift"].float()
        torch.testing.assert_close(own, registry.build_of("coco80")(x), atol=2e-3, rtol=1e-3)
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert norms and not any(bool((n.running_var == 1 - n.eps).all()) for n in norms)  # they normalise again
