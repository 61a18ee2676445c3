"""Annotators that are not bundled (published, the paper's, a file's), with random weights: page, endpoints, shell, tables."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import publish, to_the_end
from datasets import write_coco, write_voc
from gradio_client import Client, handle_file
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models
from torchvision.models.detection import FCOS
from torchvision.models.detection.anchor_utils import AnchorGenerator

import tkml_core as tk
from demo.catalog.attacks import annotator_choices
from demo.engine import annotators
from demo.engine.annotator_cache import Loaded
from demo.engine.annotators import annotate_photo, load_annotator
from demo.engine.loop import run_here
from demo.engine.plan import AttackRequest, plan_for
from tkml_core.__main__ import main
from tkml_core.experiments import tables
from tkml_core.images import InputSize, fixed_square
from tkml_core.labels import VOC20
from tkml_core.measured.lines import read
from tkml_core.zoo import registry
from tkml_core.zoo.paper_networks import NETWORKS
from tkml_core.zoo.published import PUBLISHED

STEPS, SIDE = 2, 64


class Maps(nn.Conv2d):
    """In place of a detector's backbone: one map."""

    def forward(self, x: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
        return {"out": super().forward(x)}


def small(real: Callable[..., nn.Module], name: str, num_classes: int, **options: Any) -> nn.Module:
    """In place of torchvision's `get_model`: the largest networks, of which each load takes seconds, are less deep."""
    if name == "fcos_resnet50_fpn":
        anchors = AnchorGenerator(((8,),), ((1.0,),))
        return FCOS(Maps(3, 32, 8, stride=8), num_classes, anchor_generator=anchors)
    if name == "resnet50":
        return models.ResNet(models.resnet.Bottleneck, [1, 1, 1, 1], num_classes=num_classes)
    return real(name, num_classes=num_classes, **options)


def shrunk(size: InputSize) -> InputSize:
    """Of the same kind, but small, so that networks answer quickly. Inception-v3 needs 75 pixels."""
    return InputSize(64, 96) if size.fit == "whole" else fixed_square(80, size.fit)


def make_published(name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    one = next(one for one in PUBLISHED if one.name == name)
    publish(one, request.getfixturevalue("served"), monkeypatch)
    entry = registry.ENTRIES[name]
    monkeypatch.setitem(registry.ENTRIES, name, replace(entry, input_size=shrunk(entry.input_size)))
    monkeypatch.setenv("TKML_ANNOTATORS", name)


def make_papers(name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    path = request.getfixturevalue("tmp_path") / "random.safetensors"
    torch.manual_seed(0)
    save_file(NETWORKS[name].build_network().state_dict(), path)
    entry = registry.ENTRIES[name]
    here = replace(
        entry, files=(path,), build=partial(NETWORKS[name].build, weights=path), input_size=shrunk(entry.input_size)
    )
    monkeypatch.setitem(registry.ENTRIES, name, here)


def of_torchvision(folder: Path) -> str:
    save_file(models.squeezenet1_1(num_classes=len(VOC20)).state_dict(), folder / "net.safetensors")
    return 'architecture = "torchvision:squeezenet1_1"\nweights = "net.safetensors"'


def of_timm(folder: Path) -> str:
    timm = pytest.importorskip("timm")
    network = timm.create_model("vit_tiny_patch16_224", num_classes=len(VOC20), img_size=SIDE)
    save_file(network.state_dict(), folder / "net.safetensors")
    return 'architecture = "timm:vit_tiny_patch16_224"\nweights = "net.safetensors"'


def of_transformers(folder: Path) -> str:
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=SIDE, patch_size=16,
        id2label=dict(enumerate(VOC20)),
    )  # fmt: skip
    transformers.ViTForImageClassification(config).save_pretrained(folder / "net")
    return 'architecture = "hf:net"'


DESCRIBED = {"mine": of_torchvision, "mine-of-timm": of_timm, "mine-of-transformers": of_transformers}


def make_described(name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    file = request.getfixturevalue("tmp_path") / f"{name}.toml"
    torch.manual_seed(0)
    file.write_text(
        f"""{DESCRIBED[name](file.parent)}
        labels = {list(VOC20)}
        data_set = "voc"
        input_size = {SIDE}
        mean = [0.5, 0.5, 0.5]
        std = [0.5, 0.5, 0.5]
        """
    )
    monkeypatch.setenv("TKML_ANNOTATORS", str(file))


MAKE = (
    {one.name: make_published for one in PUBLISHED}
    | dict.fromkeys(NETWORKS, make_papers)
    | dict.fromkeys(DESCRIBED, make_described)
)


def data_set(annotator: tk.Annotator, name: str, root: Path) -> Path:
    """One measuring photo, whose true label is the annotator's best."""
    if registry.data_set(name) == "voc":
        write_voc(root / "VOCdevkit", 2007, "test", {"000001": {}})
        photo = root / "VOCdevkit" / "VOC2007" / "JPEGImages" / "000001.jpg"
    else:
        write_coco(root / "coco", "val", {1: []})
        photo = root / "coco" / "val2017" / "000000000001.jpg"
    with torch.no_grad():
        best = annotator.labels[int(annotator(annotator.prepare(tk.open_photo(photo), square=True)).argmax())]
    if registry.data_set(name) == "voc":
        write_voc(root / "VOCdevkit", 2007, "test", {"000001": {best: 1}})
    else:
        write_coco(root / "coco", "val", {1: [best]})
    return root


@pytest.mark.parametrize("name", MAKE)
def test_one_that_is_not_bundled_goes_everywhere(
    name: str, server: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "get_model", partial(small, models.get_model))
    monkeypatch.setattr(annotators, "_loaded", Loaded(annotators._load))  # the page keeps none of these
    MAKE[name](name, request, monkeypatch)
    assert name in [value for _, value in annotator_choices(tk.available())]
    photo = tmp_path / "photo.png"
    Image.radial_gradient("L").resize((160, 120)).convert("RGB").save(photo)

    best = annotate_photo(photo, name, 1)[0][0]  # what the page shows, and runs
    plan = plan_for(photo, AttackRequest(name, 1, "MinNorm", [best], max_steps=STEPS))
    _, outcome = to_the_end(run_here(plan))
    assert outcome.report["annotator"] == name and outcome.report["true_labels"] == [best]
    assert outcome.report["l2"] > 0
    weights = outcome.report["weights_sha256"]
    assert weights

    client = Client(server, verbose=False, download_files=str(tmp_path))
    png, report = client.predict(
        handle_file(photo), name, 1, "MinNorm", [best], "", [], STEPS, 0, "", api_name="/attack"
    )
    assert report["annotator"] == name and report["l2"] == pytest.approx(outcome.report["l2"], rel=0.05)
    assert client.predict(handle_file(png), name, 1, api_name="/annotate") == report["after"]

    out = tmp_path / "out.png"
    asked = [str(photo), "--annotator", name, "--attack", "MinNorm", "--k", "1", "--true", best]
    assert main([*asked, "--max-steps", str(STEPS), "--out", str(out)]) == (0 if report["achieved"] else 1)

    measured = ["--tables", "2", "--cases", "untargeted", "--k", "3", "--images", "1"]
    method = ["--methods", f"TkML-AP-U(max_steps={STEPS})"]
    root = data_set(load_annotator(name), name, tmp_path / "data")
    where = ["--data", str(root), "--annotator", name, "--device", "cpu", "--out", str(tmp_path / "tables")]
    tables.main([*where, *measured, *method])
    (line,) = read(tmp_path / "tables")
    assert line["annotator"] == name and line["steps"] > 0
    assert json.loads((tmp_path / "tables" / "run.json").read_text())["weights"][name] == weights
