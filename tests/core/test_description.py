"""Annotators of your own from a TOML file or a function: what they compute, where they are offered, what is refused."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models

import tkml_core as tk
from tkml_core.__main__ import main
from tkml_core.experiments.datasets import columns, measuring
from tkml_core.labels import COCO80
from tkml_core.zoo import checkpoints, registry
from tkml_core.zoo.description import described
from tkml_core.zoo.entry import Entry

LABELS = ["cat", "motorbike", "dining table", "kite"]
GOOD = {
    "architecture": '"torchvision:squeezenet1_1"',
    "weights": '"net.safetensors"',
    "labels": '"labels.txt"',
    "input_size": "64",
    "mean": "[0.1, 0.2, 0.3]",
    "std": "[0.5, 0.6, 0.7]",
}


def write(folder: Path, file: str = "mine", **more: str | None) -> Path:
    """A description of a small network with random weights; `more` changes, adds or (None) removes lines."""
    torch.manual_seed(0)
    network = models.squeezenet1_1(weights=None, num_classes=len(LABELS))
    save_file(network.state_dict(), folder / "net.safetensors")
    (folder / "labels.txt").write_text("\n".join(LABELS) + "\n\n")
    lines = [f"{key} = {value}" for key, value in {**GOOD, **more}.items() if value is not None]
    path = folder / f"{file}.toml"
    path.write_text("# my own\n" + "\n".join(lines) + "\n")
    return path


def reference(folder: Path) -> nn.Module:
    network = models.squeezenet1_1(weights=None, num_classes=len(LABELS)).eval()
    network.load_state_dict(checkpoints.read(folder / "net.safetensors"))
    return network


def photo(width: int = 300, height: int = 200) -> Image.Image:
    return Image.radial_gradient("L").resize((width, height)).convert("RGB")


def test_a_file_describes_what_the_network_computes(tmp_path: Path) -> None:
    annotator = tk.load(str(write(tmp_path)), device="cpu")
    x = annotator.prepare(photo())
    assert annotator.labels == tuple(LABELS) and x.shape == (1, 3, 64, 64)
    mean, std = torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1), torch.tensor([0.5, 0.6, 0.7]).view(3, 1, 1)
    with torch.no_grad():
        torch.testing.assert_close(annotator(x), reference(tmp_path)((x - mean) / std))
    assert torch.equal(annotator.prepare(tk.to_pil(x)), x)


def test_probabilities_become_their_logits(tmp_path: Path) -> None:
    plain, sure = write(tmp_path), write(tmp_path, "sure", outputs='"probabilities"')
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    scores = tk.load(str(plain), device="cpu")(x).clamp(torch.finfo(torch.float32).tiny, 1 - 2**-24)
    torch.testing.assert_close(
        tk.load(str(sure), device="cpu")(x), torch.log(scores / (1 - scores)), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    ("size", "fit", "seen"),
    [("64", None, (64, 64)), ("64", '"squash"', (64, 64)), ("[64, 80]", None, (53, 80)), ("[64, 128]", None, (64, 96))],
)
def test_a_photo_gets_the_size_that_the_network_takes(tmp_path: Path, size: str, fit: str | None, seen: tuple) -> None:
    annotator = tk.load(str(write(tmp_path, input_size=size, fit=fit)), device="cpu")
    left_red = Image.new("RGB", (300, 200))
    left_red.paste((255, 0, 0), (0, 0, 50, 200))  # what a centre square cuts away
    x = annotator.prepare(left_red)
    assert tuple(x.shape[2:]) == seen
    assert bool((x[0, 0, :, 0] > 0.9).all()) == (fit is not None or size != "64")
    assert annotator.prepare(photo(200, 300)).shape[2:] == x.shape[2:] if seen == (64, 64) else True


def test_networks_with_a_place_for_each_patch_get_their_size(tmp_path: Path) -> None:
    entry = described(write(tmp_path, architecture='"torchvision:vit_b_32"'))
    assert entry.input_size == (64, 64, "crop")
    with pytest.raises(ValueError, match=r"mine\.toml, line 2, key architecture: vit_b_32 takes squares of one size"):
        described(write(tmp_path, architecture='"torchvision:vit_b_32"', input_size="[64, 128]"))
    from tkml_core.zoo.architectures import build

    assert build("torchvision", "vit_b_32", 4, entry.input_size)(torch.rand(1, 3, 64, 64)).shape == (1, 4)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"architecture": '"torchvision:resnet51"'}, r"line 2, key architecture: .*'resnet51'.*near are resnet50"),
        ({"architecture": '"torchvision:fcn_resnet50"'}, "line 2, key architecture"),
        ({"architecture": '"pickle:net.pkl"'}, "line 2, key architecture: 'pickle:net.pkl' should be one of torchvision:"),
        ({"architecture": '"hf:nowhere"'}, r"line 2, key architecture: there is no .*config\.json"),
        ({"architecture": "3"}, "line 2, key architecture: 3 should be a text in quotes"),
        ({"weights": '"lost.safetensors"'}, r"line 3, key weights: there is no .*lost\.safetensors"),
        ({"weights": None}, "the key weights is missing"),
        ({"labels": '"lost.txt"'}, "line 4, key labels: there is no"),
        ({"labels": '["cat"]'}, "line 4, key labels: from 2 to 2000 names"),
        ({"labels": '["cat", "dog", "cat"]'}, "line 4, key labels: 'cat' stands there twice"),
        ({"labels": '["cat", "a\\u0007b"]'}, "line 4, key labels: .*printable"),
        ({"labels": None}, "the key labels is missing"),
        ({"input_size": "8"}, "line 5, key input_size: 8 should be"),
        ({"input_size": "1000000"}, "line 5, key input_size"),
        ({"input_size": "[96, 64]"}, "line 5, key input_size"),
        ({"input_size": "true"}, "line 5, key input_size"),
        ({"input_size": None}, "the key input_size is missing"),
        ({"input_size": "[64, 96]", "fit": '"squash"'}, "line 8, key fit: only goes with"),
        ({"mean": "[1, 2]"}, "line 6, key mean: .*three numbers"),
        ({"std": "[0.5, 0.5, 0]"}, "line 7, key std: .*three numbers above 0"),
        ({"outputs": '"softmax"'}, "line 8, key outputs: 'softmax' should be 'logits' or 'probabilities'"),
        ({"meen": "[0, 0, 0]"}, "line 8, key meen: no such key; is mean meant"),
        ({"name": '"<b>"'}, "line 8, key name"),
        ({"data_set": '"imagenet"'}, "line 8, key data_set"),
        ({"weights": "net.safetensors"}, r"is not TOML: .*line 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line_and_key(tmp_path: Path, more: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        described(write(tmp_path, **more))
    assert str(tmp_path / "mine.toml") in str(error.value)


def test_a_label_too_many_is_told_when_the_weights_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, labels='["a", "b", "c", "d", "e"]')
    with pytest.raises(
        ValueError, match=r"net\.safetensors does not fit.*of another shape: classifier\.1\.weight \(4, 512"
    ):
        tk.load(str(path), device="cpu")


class Trap:
    def __reduce__(self) -> tuple:
        return (os.mkdir, (str(Path(self.__dict__.get("place", "trap"))),))


def test_no_code_in_weights_is_run(tmp_path: Path) -> None:
    trap = Trap()
    trap.place = str(tmp_path / "sprung")  # type: ignore[attr-defined]
    torch.save({"state_dict": trap}, tmp_path / "evil.pth")
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(trap))
    for file in ("evil.pth", "evil.pt"):
        with pytest.raises(ValueError, match="cannot be read as tensors alone"):
            tk.load(str(write(tmp_path, weights=f'"{file}"')), device="cpu")
    assert not (tmp_path / "sprung").exists()


# ---- where it is offered --------------------------------------------------------------------------------------------


def make() -> Entry:
    """What module:function names in the test below."""

    class Means(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.mean((2, 3))

    return Entry("means", ("red", "green", "blue"), Means, (), "", "The mean colour.", "a test", "MIT")


def test_the_environment_adds_to_what_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tk.available()
    named = [str(write(tmp_path, "first")), f"{__name__}:make", str(write(tmp_path, "second", name='"other"'))]
    monkeypatch.setenv("TKML_ANNOTATORS", os.pathsep.join(named))
    assert tk.available() == (*before, "first", "means", "other")
    x = torch.rand(1, 3, 4, 4)
    torch.testing.assert_close(tk.load("means", device="cpu")(x), x.mean((2, 3)))
    assert registry.place("other") > registry.place("first") > registry.place(before[0])
    assert tk.load("other", device="cpu").labels == tuple(LABELS)


def test_only_what_names_a_data_set_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = [write(tmp_path), write(tmp_path, "measured", labels='["cat", "motorbike", "dog", "tv"]', data_set='"voc"')]
    monkeypatch.setenv("TKML_ANNOTATORS", os.pathsep.join(map(str, named)))
    assert [COCO80[j] for j in columns("measured")] == ["cat", "motorcycle", "dog", "tv"]
    assert registry.data_set("measured") == "voc"
    with pytest.raises(ValueError, match="mine says of no data set"):
        measuring("mine", tmp_path, tmp_path)


def test_a_name_that_is_taken_and_a_wrong_file_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = tk.available()[0]
    monkeypatch.setenv("TKML_ANNOTATORS", str(write(tmp_path, name=f'"{taken}"')))
    with pytest.raises(ValueError, match=f"TKML_ANNOTATORS: .* called '{taken}' already"):
        tk.available()
    monkeypatch.setenv("TKML_ANNOTATORS", str(tmp_path / "lost.toml"))
    with pytest.raises(ValueError, match=r"TKML_ANNOTATORS: There is no file .*lost\.toml"):
        tk.available()
    monkeypatch.setenv("TKML_ANNOTATORS", "json:no_such_function")
    with pytest.raises(ValueError, match="TKML_ANNOTATORS: json:no_such_function"):
        tk.available()


def test_from_the_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo().save(tmp_path / "photo.png")
    asked = [str(tmp_path / "photo.png"), "--annotator", str(write(tmp_path)), "--true", "kite", "--k", "1"]
    assert main([*asked, "--max-steps", "20", "--out", str(tmp_path / "out.png")]) in (0, 1)
    assert "true:   kite" in capsys.readouterr().out
    with Image.open(tmp_path / "out.png") as out:
        assert out.size == (64, 64)
    assert main([asked[0], "--annotator", "nobody"]) == 2
    assert "No annotator is called 'nobody'" in capsys.readouterr().err


def test_a_device_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TKML_DEVICE", "cpu")
    assert registry.chosen_device() == torch.device("cpu")
    monkeypatch.setenv("TKML_DEVICE", "toaster")
    with pytest.raises(ValueError, match="TKML_DEVICE = 'toaster'"):
        tk.load(tk.available()[0])
    assert tk.load(tk.available()[0], device="cpu").device == torch.device("cpu")


# ---- the optional packages ------------------------------------------------------------------------------------------


def test_a_package_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ValueError, match=r"line 2, key architecture: timm: needs the package timm.*pip install timm"):
        described(write(tmp_path, architecture='"timm:vit_tiny_patch16_224"'))


def test_a_network_of_timm_gets_its_size(tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    network = timm.create_model("vit_tiny_patch16_224", num_classes=len(LABELS), img_size=64)
    path = write(tmp_path, architecture='"timm:vit_tiny_patch16_224"', weights='"vit.safetensors"')
    save_file(network.state_dict(), tmp_path / "vit.safetensors")
    annotator = tk.load(str(path), device="cpu")
    assert annotator(annotator.prepare(photo())).shape == (1, 4)
    with pytest.raises(ValueError, match="timm has no network 'hf-hub:x/y'"):
        described(write(tmp_path, architecture='"timm:hf-hub:x/y"'))


def test_a_folder_of_transformers_brings_its_labels(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=64, patch_size=16,
        id2label=dict(enumerate(LABELS)),
    )  # fmt: skip
    transformers.ViTForImageClassification(config).save_pretrained(tmp_path / "vit")
    annotator = tk.load(str(write(tmp_path, architecture='"hf:vit"', weights=None, labels=None)), device="cpu")
    assert annotator.labels == tuple(LABELS) and annotator(annotator.prepare(photo())).shape == (1, 4)


def test_nothing_is_imported_that_was_not_asked_for() -> None:
    code = "import sys, tkml_core; print([m for m in ('timm', 'transformers', 'gradio') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
