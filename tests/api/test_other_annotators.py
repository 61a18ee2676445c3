"""Annotators that are not bundled (the paper's, a file's), with random weights: page, endpoints, shell, tables."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from conftest import to_the_end
from datasets import write_coco, write_voc
from gradio_client import Client, handle_file
from PIL import Image
from safetensors.torch import save_file
from torchvision import models

import tkml_core as tk
from demo.engine.annotators import annotate_photo
from demo.engine.loop import run_here
from demo.engine.plan import AttackRequest, plan_for
from tkml_core.__main__ import main
from tkml_core.experiments import tables
from tkml_core.images import InputSize, fixed_square
from tkml_core.labels import VOC20
from tkml_core.measured.lines import read
from tkml_core.zoo import registry
from tkml_core.zoo.paper_networks import NETWORKS

STEPS = 2


def shrunk(size: InputSize) -> InputSize:
    """Of the same kind, but small, so that large networks answer quickly. Inception-v3 needs 75 pixels."""
    return InputSize(96, 128) if size.fit == "whole" else fixed_square(96, size.fit)


def make_papers(name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    path = request.getfixturevalue("tmp_path") / "random.safetensors"
    torch.manual_seed(0)
    save_file(NETWORKS[name].build_network().state_dict(), path)
    entry = registry.ENTRIES[name]
    here = replace(
        entry, files=(path,), build=partial(NETWORKS[name].build, weights=path), input_size=shrunk(entry.input_size)
    )
    monkeypatch.setitem(registry.ENTRIES, name, here)


def make_described(name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = request.getfixturevalue("tmp_path")
    torch.manual_seed(0)
    save_file(models.squeezenet1_1(num_classes=len(VOC20)).state_dict(), folder / "net.safetensors")
    (folder / f"{name}.toml").write_text(
        f"""
        architecture = "torchvision:squeezenet1_1"
        weights = "net.safetensors"
        labels = {list(VOC20)}
        data_set = "voc"
        input_size = 64
        mean = [0.5, 0.5, 0.5]
        std = [0.5, 0.5, 0.5]
        """
    )
    monkeypatch.setenv("TKML_ANNOTATORS", str(folder / f"{name}.toml"))


MAKE = {"resnet50-coco": make_papers, "mine": make_described}


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
    MAKE[name](name, request, monkeypatch)
    assert name in tk.available()
    photo = tmp_path / "photo.png"
    Image.radial_gradient("L").resize((160, 120)).convert("RGB").save(photo)

    best = annotate_photo(photo, name, 1)[0][0]  # what the page shows, and runs
    _, outcome = to_the_end(
        run_here(plan_for(photo, AttackRequest(name, 1, "TkML-AP-U", [best], max_steps=STEPS)))
    )  # fmt: skip
    assert outcome.report["annotator"] == name and outcome.report["true_labels"] == [best]
    assert outcome.report["steps"] > 0 and outcome.report["l2"] > 0

    client = Client(server, verbose=False, download_files=str(tmp_path))
    png, report = client.predict(
        handle_file(photo), name, 1, "TkML-AP-U", [best], "", [], STEPS, 0, "", api_name="/attack"
    )
    assert report["annotator"] == name and report["l2"] == pytest.approx(outcome.report["l2"], rel=0.05)
    assert client.predict(handle_file(png), name, 1, api_name="/annotate") == report["after"]

    out = tmp_path / "out.png"
    asked = [str(photo), "--annotator", name, "--k", "1", "--true", best, "--max-steps", str(STEPS), "--out", str(out)]
    assert main(asked) == (0 if report["achieved"] else 1)

    annotator = tk.load(name, device="cpu")
    measured = ["--tables", "2", "--cases", "untargeted", "--k", "3", "--images", "1"]
    method = ["--methods", f"TkML-AP-U(max_steps={STEPS})"]
    root = data_set(annotator, name, tmp_path / "data")
    where = ["--data", str(root), "--annotator", name, "--device", "cpu", "--out", str(tmp_path / "tables")]
    tables.main([*where, *measured, *method])
    (line,) = read(tmp_path / "tables")
    assert line["annotator"] == name and line["steps"] > 0
