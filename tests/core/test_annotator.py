"""Annotators: what becomes of the module that is given, labels in either spelling, and the two that are bundled."""

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import tkml_core as tk
from tkml_core.labels import COCO80, VOC20
from tkml_core.zoo import registry


def small(outputs: int = 4) -> nn.Module:
    """With everything that evaluation mode turns off, and gradients from a training step."""
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.LazyLinear(outputs)
    )
    module(torch.rand(4, 3, 8, 8)).sum().backward()
    return module


NAMES = ("cat", "motorbike", "dining table", "kite")


def test_the_module_is_copied_frozen_and_the_callers_is_left_as_it_was() -> None:
    torch.manual_seed(0)
    module = small().train()
    next(iter(module.parameters())).requires_grad_(False)
    state = copy.deepcopy(module.state_dict())
    grads = [None if p.grad is None else p.grad.clone() for p in module.parameters()]
    annotator = tk.Annotator(module, NAMES)
    x = torch.rand(2, 3, 8, 8, requires_grad=True)
    assert torch.equal(annotator(x), annotator(x))  # no dropout, no batch statistics
    annotator(x).sum().backward()
    tk.TkMLAPU(max_steps=2)(annotator, torch.rand(1, 3, 8, 8), tk.Inconsistent(true=annotator.mask(["cat"]), k=1))

    assert module.training and all(part.training for part in module.modules())
    assert [p.requires_grad for p in module.parameters()] == [False] + [True] * 5
    for name, value in module.state_dict().items():
        assert torch.equal(value, state[name])
    for parameter, grad in zip(module.parameters(), grads, strict=True):
        assert (grad is None and parameter.grad is None) or torch.equal(parameter.grad, grad)
    assert not annotator.module.training and not any(p.requires_grad for p in annotator.module.parameters())

    before = annotator(x).detach()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(1)
    assert torch.equal(annotator(x).detach(), before)


def test_any_module_will_do_even_without_parameters() -> None:
    class Means(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.mean((2, 3))

    annotator = tk.Annotator(Means(), ["red", "green", "blue"])
    assert annotator.device == torch.device("cpu")
    torch.testing.assert_close(annotator(torch.full((2, 3, 4, 4), 0.25)), torch.full((2, 3), 0.25))


class Viewed(nn.Module):
    """Flattens its feature maps with `view`, which needs them to lie as a plain convolution leaves them."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.head = nn.Conv2d(3, 5, 3), nn.Linear(5 * 6 * 6, len(NAMES))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x).view(len(x), -1))


class Deep(nn.Module):
    """Has a parameter that no image layout fits."""

    def __init__(self) -> None:
        super().__init__()
        self.grid, self.head = nn.Parameter(torch.ones(1, 2, 3, 4, 5)), nn.Linear(3 * 64, len(NAMES))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(x.flatten(1)) * self.grid.mean()


@pytest.mark.parametrize(
    "attack", [tk.TkMLAPU(max_steps=2), tk.TkMLAPUv(epochs=1), tk.KUAP(epochs=1)], ids=lambda a: a.name
)
@pytest.mark.parametrize("module", [Viewed(), Deep()], ids=lambda m: type(m).__name__)
def test_a_module_that_works_alone_works_under_attack(module: nn.Module, attack: tk.TkMLAPU) -> None:
    annotator, x = tk.Annotator(module, NAMES), torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(annotator(x), module(x).detach())
    attack(annotator, x, tk.Cleared(true=tk.topk_mask(annotator(x), 1), k=1))


def test_what_cannot_be_an_annotator_is_named() -> None:
    with pytest.raises(ValueError, match=r"nn\.Module.*function"):
        tk.Annotator(lambda x: x.mean((2, 3)), NAMES)  # type: ignore[arg-type]
    kept = small()
    kept.seen = kept(torch.rand(1, 3, 8, 8))  # type: ignore[assignment]
    with pytest.raises(ValueError, match="cannot be copied"):
        tk.Annotator(kept, NAMES)


@pytest.mark.parametrize(
    ("module", "got"),
    [
        (small(5), r"\(2, 4\).*\(2, 5\)"),
        (nn.Conv2d(3, 4, 1), r"\(2, 4\).*\(2, 4, 8, 8\)"),
        (nn.Flatten(0, 2), r"\(2, 4\)"),
        (nn.LSTM(8, 4), "tuple"),
    ],
)
def test_a_wrong_output_shape_is_named(module: nn.Module, got: str) -> None:
    x = torch.rand(2, 3, 8, 8) if not isinstance(module, nn.LSTM) else torch.rand(2, 3, 8)
    with pytest.raises(ValueError, match=got):
        tk.Annotator(module, NAMES)(x)


@pytest.mark.parametrize("labels", [(), ("cat",), ("cat", "dog", "cat")])
def test_labels_are_at_least_two_and_all_different(labels: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="at least two labels, all different"):
        tk.Annotator(small(), labels)


def test_labels_are_found_in_either_spelling() -> None:
    annotator = tk.Annotator(small(), NAMES)
    assert annotator.labels == NAMES
    assert [annotator.index(name) for name in ("cat", "motorbike", "motorcycle", "dining table", "diningtable")] == [
        0, 1, 1, 2, 2,
    ]  # fmt: skip
    mask = annotator.mask(["motorcycle", "kite"])
    assert mask.dtype == torch.bool and mask.tolist() == [[False, True, False, True]]
    assert annotator.mask(()).tolist() == [[False] * 4]


@pytest.mark.parametrize("ask", ["index", "mask"])
def test_an_unknown_label_is_named_beside_those_there_are(ask: str) -> None:
    annotator = tk.Annotator(small(), NAMES)
    with pytest.raises(ValueError, match=r"'unicorn'.*cat, motorbike, dining table, kite"):
        annotator.index("unicorn") if ask == "index" else annotator.mask(["cat", "unicorn"])


def test_the_vocabularies() -> None:
    assert len(VOC20) == len(set(VOC20)) == 20 and list(VOC20) == sorted(VOC20)
    assert len(COCO80) == len(set(COCO80)) == 80
    assert (COCO80[0], COCO80[10], COCO80[-1]) == ("person", "fire hydrant", "toothbrush")  # category-id order
    assert {tk.coco_name(name) for name in VOC20} <= set(COCO80)
    assert len({tk.coco_name(name) for name in VOC20}) == 20
    renamed = {tk.coco_name(name): name for name in VOC20 if tk.coco_name(name) != name}
    assert renamed == {
        "airplane": "aeroplane", "dining table": "diningtable", "motorcycle": "motorbike",
        "potted plant": "pottedplant", "couch": "sofa", "tv": "tvmonitor",
    }  # fmt: skip


# ---- the bundled ones -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bundled() -> dict[str, tk.Annotator]:
    return {name: tk.load(name, device="cpu") for name in tk.available()}


@pytest.fixture(scope="module")
def x() -> Tensor:
    return tk.quantize(torch.rand(5, 3, 224, 160, generator=torch.Generator().manual_seed(0)))


def test_what_is_bundled(bundled: dict[str, tk.Annotator]) -> None:
    assert set(bundled) >= {"voc20", "coco80", "mobilenet-voc20", "mobilenet-coco80"} and registry.DEFAULT in bundled
    for name, annotator in bundled.items():
        assert annotator.labels == {"voc": VOC20, "coco": COCO80}[registry.data_set(name)]
        assert not annotator.module.training
        for parameter in annotator.module.parameters():
            assert parameter.dtype == torch.float32 and not parameter.requires_grad
        assert not any(isinstance(part, nn.BatchNorm2d) for part in annotator.module.modules())  # folded
    with pytest.raises(ValueError, match=r"'imagenet'.*voc20, coco80"):
        tk.load("imagenet")


def test_each_label_is_found_under_the_other_data_sets_name(bundled: dict[str, tk.Annotator]) -> None:
    for voc, name in enumerate(VOC20):
        coco = bundled["coco80"].index(name)
        assert COCO80[coco] == tk.coco_name(name) and bundled["voc20"].index(COCO80[coco]) == voc


def test_vocs_twenty_labels_are_twenty_of_cocos_eighty(bundled: dict[str, tk.Annotator], x: Tensor) -> None:
    """One network: the logits are the same numbers, or rise with them along a line where each is calibrated on its own."""
    columns = [COCO80.index(tk.coco_name(name)) for name in VOC20]
    mobile = [bundled[f"mobilenet-{name}"](x[:2]) for name in ("voc20", "coco80")]
    torch.testing.assert_close(mobile[0], mobile[1][:, columns], rtol=1e-4, atol=1e-5)
    voc, coco = (bundled[name](x).detach() for name in ("voc20", "coco80"))
    for j, column in enumerate(columns):
        far, near = coco[:, column].argmax(), coco[:, column].argmin()
        slope = (voc[far, j] - voc[near, j]) / (coco[far, column] - coco[near, column])
        assert slope > 0
        line = voc[near, j] + slope * (coco[:, column] - coco[near, column])
        torch.testing.assert_close(voc[:, j], line, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["voc20", "mobilenet-coco80"])
def test_logits_do_not_depend_on_the_batch(bundled: dict[str, tk.Annotator], x: Tensor, name: str) -> None:
    together = bundled[name](x)
    assert together.shape == (5, len(bundled[name].labels)) and torch.isfinite(together).all()
    assert together.std() > 0.1  # random images, but a trained network: not all the same
    for i in range(5):
        assert (bundled[name](x[i : i + 1])[0] - together[i]).abs().max() < 1e-4


def test_each_load_is_an_annotator_of_its_own() -> None:
    first, second = tk.load("voc20", device="cpu"), tk.load("voc20", device="cpu")
    with torch.no_grad():
        next(first.module.parameters()).zero_()
    assert next(second.module.parameters()).abs().sum() > 0


def test_prepare_is_the_images_preparation(bundled: dict[str, tk.Annotator]) -> None:
    from PIL import Image

    image = Image.radial_gradient("L").resize((400, 300))
    for name in ("voc20", "mobilenet-voc20"):
        size = bundled[name].input_size
        for square in (False, True):
            assert torch.equal(bundled[name].prepare(image, square), tk.prepare(image, square, size))
    with pytest.raises(ValueError, match=r"Pillow image.*ndarray"):
        bundled["voc20"].prepare(np.asarray(image))


def test_an_annotator_looks_at_photos_at_its_own_size() -> None:
    annotator = tk.Annotator(torch.nn.Flatten(), ["a", "b"], input_size=(64, 96))
    photo = Image.new("RGB", (300, 200))
    assert annotator.prepare(photo).shape == (1, 3, 64, 96)
    for name in ("voc20", "mobilenet-voc20"):
        short = registry.entry_of(name).input_size.short
        assert tk.load(name).prepare(photo).shape == (1, 3, short, short * 3 // 2)
    assert annotator.prepare(photo, square=True).shape == (1, 3, 64, 64)
    assert torch.equal(annotator.prepare(tk.to_pil(annotator.prepare(photo))), annotator.prepare(photo))
    for wrong in ((31, 96), (96, 64)):
        with pytest.raises(ValueError, match="input_size"):
            tk.Annotator(torch.nn.Flatten(), ["a", "b"], input_size=wrong)


def test_every_annotator_says_what_it_is_and_one_without_its_weights_is_not_offered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, entry in registry.ENTRIES.items():
        assert entry.name == name and entry.sentence.endswith(".") and entry.source and entry.licence
    lost = dataclasses.replace(registry.ENTRIES["voc20"], name="lost", files=(tmp_path / "lost.safetensors",))
    monkeypatch.setitem(registry.ENTRIES, "lost", lost)
    assert "lost" not in tk.available() and registry.DEFAULT in tk.available()
    with pytest.raises(FileNotFoundError, match=r"weights of lost should be at .*lost\.safetensors"):
        tk.load("lost")
