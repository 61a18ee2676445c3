"""Input defences: they stop an attack that does not know of them, and not one that does."""

from functools import cache
from pathlib import Path

import pytest
import skimage
import torch
from PIL import Image
from torch import Tensor, nn

import tkml_core as tk
from tkml_core.zoo import registry
from tkml_core.zoo.defences import DEFENCES, GREY, Blur, Defended, RandomResize, jpeg

SMALL = (96, 192)  # few pixels, for speed


@cache
def annotator(defence: str = "") -> tk.Annotator:
    name = registry.DEFAULT + (f"+{defence}" if defence else "")
    return tk.Annotator(registry.build_of(name), registry.entry_of(name).labels, input_size=SMALL)


@cache
def cat() -> Tensor:
    with Image.open(Path(skimage.__file__).parent / "data" / "chelsea.png") as file:
        return annotator().prepare(file.crop((60, 0, 360, 300)))


@cache
def plain() -> tk.Result:
    """An attack on the annotator without a defence."""
    return tk.TkMLAPU(max_steps=100)(annotator(), cat(), tk.Cleared(true=annotator().mask(["cat"]), k=1))


@pytest.mark.parametrize("defence", list(DEFENCES))
def test_a_defence_stops_the_attack_that_does_not_know_it_and_no_other(defence: str) -> None:
    guarded = annotator(defence)
    goal = tk.Cleared(true=guarded.mask(["cat"]), k=1)
    assert bool(plain().achieved) and guarded.labels[int(guarded(cat()).argmax())] == "cat"
    assert float(goal.margin(guarded(plain().x_adv))) > 0  # it seems to hold …
    result = tk.TkMLAPU(max_steps=100)(guarded, cat(), goal)
    assert bool(result.achieved)  # … until the attack knows of it
    assert float(goal.margin(guarded(guarded.prepare(tk.to_pil(result.x_adv))))) < 0


def test_draws_that_the_attack_has_not_seen_are_fooled_too() -> None:
    """With some confidence, the expectation over three draws is enough for others."""
    module = registry.build_of(f"{registry.DEFAULT}+random_resize")
    assert isinstance(module, Defended)
    expected = tk.Annotator(module.with_seed(0, draws=3), annotator().labels)
    goal = tk.Cleared(true=expected.mask(["cat"]), k=1)
    result = tk.TkMLAPU(max_steps=100, confidence=8.0)(expected, cat(), goal)
    with torch.no_grad():
        others = [float(goal.margin(module.eval().with_seed(1000 + i)(result.x_adv))) < 0 for i in range(10)]
        unaware = [float(goal.margin(module.with_seed(1000 + i)(plain().x_adv))) < 0 for i in range(10)]
    assert bool(result.achieved) and sum(others) >= 9 and sum(unaware) <= sum(others) - 3


class Sum(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sum((2, 3))


def test_jpeg_is_pillows_and_its_gradient_passes_straight_through() -> None:
    x = cat().clone().requires_grad_()
    opened = jpeg(x, 50)
    assert not opened.requires_grad and torch.equal(opened, tk.quantize(opened)) and not torch.equal(opened, x)
    assert torch.equal(jpeg(torch.cat((x, x)), 50)[1:], opened)
    module = annotator("jpeg").module
    assert isinstance(module, Defended)
    Defended(Sum(), module.change)(x).sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))
    torch.testing.assert_close(module.change(x, 0), opened)


def test_blur_keeps_the_mean_and_spreads_a_point() -> None:
    x = torch.zeros(1, 3, 31, 31, dtype=torch.float64)
    x[:, :, 15, 15] = 1
    y = Blur(1.5)(x, 0)[0, 0]
    places = torch.arange(31, dtype=torch.float64) - 15
    assert float(y.sum()) == pytest.approx(1, abs=1e-5)
    assert float((y.sum(0) * places.square()).sum()) ** 0.5 == pytest.approx(1.5, abs=0.03)
    torch.testing.assert_close(Blur(1.5)(torch.full((1, 3, 20, 16), 0.3), 0), torch.full((1, 3, 20, 16), 0.3))


def test_a_random_resize_depends_on_its_seed_alone() -> None:
    change, x = RandomResize(0.8), torch.ones(2, 3, 50, 40)
    first, again, other = change(x, 3), change(x[:1], 3), change(x, 4)
    assert first.shape == x.shape and torch.equal(first[:1], again) and not torch.equal(first, other)
    shares = [float((change(x, seed) != GREY).float().mean()) for seed in range(50)]
    assert 0.63 < min(shares) < 0.75 and 0.88 < max(shares) <= 1  # from 0.8² to 1 of the area


def test_the_gradient_is_the_mean_over_the_draws() -> None:
    network, x = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Tanh(), Sum()), torch.rand(1, 3, 16, 16).requires_grad_()
    change = RandomResize(0.8)
    (together,) = torch.autograd.grad(Defended(network, change, draws=3, seed=5)(x).sum(), x)
    alone = [torch.autograd.grad(network(change(x, seed)).sum(), x)[0] for seed in (5, 6, 7)]
    torch.testing.assert_close(together, sum(alone) / 3)


def test_a_defended_annotator_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{registry.DEFAULT}+jpeg"
    entry = registry.entry_of(name)
    assert entry.name == name and "JPEG" in entry.sentence and name not in tk.available()
    monkeypatch.setenv("TKML_ANNOTATORS", name)
    assert tk.available()[-1] == name
    with pytest.raises(ValueError, match=r"called 'voc20\+magic'.*each also with \+jpeg, \+blur"):
        tk.load("voc20+magic")
    monkeypatch.setenv("TKML_ANNOTATORS", "nobody")
    with pytest.raises(ValueError, match="TKML_ANNOTATORS: No annotator is called 'nobody'"):
        tk.available()
