"""YOLOX-nano as an annotator: the pieces that were written differently from the paper are the same functions."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tkml_core.zoo.mobilenet import fold
from tkml_core.zoo.yolox import PAD, Detector, PyramidPool, YOLOXAnnotator


def small() -> YOLOXAnnotator:
    """Random weights and statistics; three labels, one of them twice the same class."""
    torch.manual_seed(0)
    network = YOLOXAnnotator([3, 7, 3])
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    nn.init.normal_(network.context.weight, std=0.01)
    return network.eval()


def test_three_pools_of_five_are_pools_of_five_nine_and_thirteen() -> None:
    torch.manual_seed(0)
    pool = PyramidPool(8).eval()
    pool.join = nn.Identity()
    x = torch.randn(2, 8, 20, 17)
    narrow = pool.narrow(x)
    expected = [narrow] + [nn.functional.max_pool2d(narrow, size, 1, size // 2) for size in (5, 9, 13)]
    assert torch.equal(pool(x), torch.cat(expected, 1))


@torch.no_grad()
def test_a_place_has_the_logit_of_object_times_class() -> None:
    detector = Detector(classes=5).eval().double()
    x = torch.rand(1, 3, 64, 96).double() * 255
    places, means = detector(x)
    maps = detector.trunk(x)
    for level, features, at in zip(detector.levels, maps, places.split([8 * 12, 4 * 6, 2 * 3], 2), strict=True):
        classes, objectness = level(features)
        both = (classes.sigmoid() * objectness.sigmoid()).flatten(2)
        assert torch.allclose(at, torch.log(both / (1 - both)), atol=1e-9)
    assert torch.allclose(means, torch.cat([m.mean((2, 3)) for m in maps], 1))


@settings(max_examples=8, deadline=None)
@given(st.integers(33, 96), st.integers(33, 96))
@torch.no_grad()
def test_any_size_is_padded_with_grey_at_the_right_and_below(height: int, width: int) -> None:
    network = small()
    x = torch.rand(1, 3, height, width)
    padded = torch.full((1, 3, height + -height % 32, width + -width % 32), PAD)
    padded[..., :height, :width] = x
    assert torch.equal(network(x), network(padded))


@torch.no_grad()
def test_folding_the_norms_away_changes_nothing() -> None:
    network, x = small(), torch.rand(2, 3, 64, 64)
    before = network(x)
    fold(network)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in network.modules())
    assert torch.allclose(network(x), before, atol=1e-4)


def test_labels_of_one_class_differ_by_scale_and_context_alone() -> None:
    network, x = small(), torch.rand(1, 3, 64, 64, requires_grad=True)
    nn.init.zeros_(network.context.weight)
    network.scale.data = torch.tensor([1.0, 1.0, 2.0])
    network.context.bias.data = torch.tensor([0.0, 0.0, 1.0])
    logits = network(x)
    assert torch.allclose(logits[0, 2], 2 * logits[0, 0] + 1)
    (gradient,) = torch.autograd.grad(logits[0, 1], x)
    assert bool(gradient.isfinite().all()) and float(gradient.abs().sum()) > 0
