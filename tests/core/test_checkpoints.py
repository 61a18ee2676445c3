"""Checkpoints of others: what is undone (wrapping, prefixes, a replaced head), what is listed, and the paper's networks."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

import tkml_core as tk
from tkml_core.labels import VOC20
from tkml_core.zoo import checkpoints
from tkml_core.zoo.paper_networks import NETWORKS


def small(outputs: int = 3) -> nn.Module:
    network = nn.Sequential()
    network.add_module("conv", nn.Conv2d(3, 4, 3))
    network.add_module("norm", nn.BatchNorm2d(4))
    network.add_module("flat", nn.Flatten())
    network.add_module("fc", nn.Linear(4 * 36, outputs))
    return network


def as_saved_by_others(network: nn.Module) -> dict[str, object]:
    """Wrapped, from DataParallel, the head in a sequence with its sigmoid, an old counterless norm, an auxiliary head."""
    state = {key.replace("fc.", "fc.0."): value for key, value in network.state_dict().items()}
    state.pop("norm.num_batches_tracked")
    state["AuxLogits.fc.weight"] = torch.zeros(1000, 768)
    return {"epoch": 3, "best": 0.5, "state_dict": {f"module.{key}": value for key, value in state.items()}}


def test_what_others_do_to_a_checkpoint_is_undone(tmp_path: Path) -> None:
    torch.manual_seed(0)
    source, target, x = small().eval(), small().eval(), torch.rand(2, 3, 8, 8)
    torch.save(as_saved_by_others(source), tmp_path / "theirs.pth")
    report = checkpoints.fill(target, checkpoints.read(tmp_path / "theirs.pth"))
    assert torch.equal(target(x), source(x))
    assert report.renamed == (("fc.0.weight", "fc.weight"), ("fc.0.bias", "fc.bias"))
    assert report.left_out == ("AuxLogits.fc.weight",) and report.filled == 8
    assert "fc.0.weight is taken for fc.weight" in str(report) and "AuxLogits.fc.weight" in str(report)


def test_what_does_not_fit_is_listed_and_nothing_is_changed(tmp_path: Path) -> None:
    target = small()
    before = {key: value.clone() for key, value in target.state_dict().items()}
    state = small(5).state_dict() | {"extra.weight": torch.zeros(2)}
    del state["conv.bias"]
    with pytest.raises(ValueError, match="does not fit") as error:
        checkpoints.fill(target, state, "theirs.pth")
    for words in (
        "theirs.pth",
        "1 missing: conv.bias",
        "not known to the network: extra.weight",
        "fc.weight (5, 144) for (3, 144)",
    ):
        assert words in str(error.value)
    assert all(torch.equal(value, before[key]) for key, value in target.state_dict().items())
    two_layers = {key.replace("fc.", "fc.2."): value for key, value in small().state_dict().items()}
    with pytest.raises(ValueError, match=r"fc\.0\.weight"):  # a head of two layers is not this network's
        checkpoints.fill(target, two_layers | {"fc.0.weight": torch.zeros(4, 4), "fc.0.bias": torch.zeros(4)})


def test_a_file_without_tensors_is_told_apart(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "empty.pth")
    with pytest.raises(ValueError, match=r"no dictionary of tensors.*its keys are epoch"):
        checkpoints.read(tmp_path / "empty.pth")
    (tmp_path / "text.safetensors").write_text("no tensors at all")
    with pytest.raises(ValueError, match="cannot be read as tensors alone"):
        checkpoints.read(tmp_path / "text.safetensors")


def test_the_authors_checkpoint_becomes_the_papers_annotator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Random numbers under the names that the authors' code saves: torchvision's Inception-v3, its auxiliary head unused."""
    torch.manual_seed(0)
    paper = NETWORKS["inception_v3-voc"]
    network = paper.build_network().eval()
    theirs = network.state_dict() | {
        "AuxLogits.fc.weight": torch.zeros(1000, 768),
        "AuxLogits.fc.bias": torch.zeros(1000),
    }
    torch.save(theirs, tmp_path / "model-1.pth")
    out = tmp_path / "inception.safetensors"
    assert checkpoints.main([str(tmp_path / "model-1.pth"), "--annotator", paper.name, "--out", str(out)]) == 0
    assert "left out, as only training needs them: AuxLogits.fc.weight, AuxLogits.fc.bias" in capsys.readouterr().out
    annotator = tk.load(paper.name, device="cpu", weights=out)
    x = annotator.prepare(Image.radial_gradient("L").resize((640, 480)))
    assert annotator.labels == VOC20 and x.shape == (1, 3, 300, 300)
    with torch.no_grad():
        torch.testing.assert_close(annotator(x), network(2 * x - 1), rtol=1e-3, atol=1e-4)
    assert checkpoints.main([str(tmp_path / "model-1.pth"), "--annotator", "resnet50-coco", "--out", str(out)]) == 2
    assert "does not fit the network" in capsys.readouterr().err


def test_the_papers_networks_say_where_weights_come_from() -> None:
    for name in NETWORKS:
        if name not in tk.available():
            with pytest.raises(
                FileNotFoundError, match=rf"weights of {name} .* weights=path, or train .*{name} --help"
            ):
                tk.load(name)
