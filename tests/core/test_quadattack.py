"""QuadAttacK: its quadratic programme against exact answers, the head that it works with, and what it reaches."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import linear, mask_of, ordered_optimum, repeatable, weights_of
from test_attacks_photos import annotator, small
from torch import Tensor, nn

import tkml_core as tk
from tkml_core.head import head_weight
from tkml_core.quadratic import nearest_features


@st.composite
def programmes(draw: st.DrawFn) -> tuple[Tensor | None, Tensor, Tensor, Tensor]:
    """W (m,d) with more features than labels, or None; scores (B,m), orders (B,k), κ (B,)."""
    m, images = draw(st.integers(2, 12)), draw(st.integers(1, 3))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    k = draw(st.integers(1, m - 1))

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    order = torch.stack([torch.randperm(m, generator=generator)[:k] for _ in range(images)])
    weight = normal(m, m + draw(st.integers(0, 9))) if draw(st.booleans()) else None
    return weight, 3 * normal(images, m), order, torch.rand(images, generator=generator, dtype=torch.float64)


@repeatable(60)
@given(programmes())
def test_the_nearest_features_are_the_nearest(programme: tuple[Tensor | None, Tensor, Tensor, Tensor]) -> None:
    """As long as the exact answer of another solver, and by the conditions of Karush, Kuhn and Tucker."""
    weight, scores, order, kappa = programme
    found = nearest_features(weight, scores, order, kappa)
    rows = torch.eye(scores.shape[1], dtype=torch.float64) if weight is None else weight
    change = found.multipliers @ rows  # f' − f
    torch.testing.assert_close(found.distance, change.square().sum(1), rtol=1e-9, atol=1e-12)
    now = scores + change @ rows.T
    for i, labels in enumerate(order.tolist()):
        others = [j for j in range(scores.shape[1]) if j not in labels]
        pairs = [*pairwise(labels), *((labels[-1], j) for j in others)]
        slack = torch.stack([now[i, a] - now[i, b] - kappa[i] for a, b in pairs])
        # ν is what a pair's multiplier gives to its first label and takes from its second.
        along = found.multipliers[i, labels].cumsum(0)[:-1]
        multipliers = torch.cat([along, -found.multipliers[i, others]])
        assert slack.min() > -1e-6 and multipliers.min() > -1e-6 and (slack * multipliers).abs().max() < 1e-6
        lowered = scores[i].clone()  # κ, as lower scores of the targets: the first one's counts k times
        lowered[labels] -= kappa[i] * torch.arange(len(labels), 0, -1)
        optimum = ordered_optimum(rows.numpy(), lowered.numpy(), labels)
        assert found.distance[i].sqrt().item() == pytest.approx(optimum, rel=1e-6, abs=1e-9)


def test_the_gradient_of_the_distance_is_that_of_the_multipliers() -> None:
    generator = torch.Generator().manual_seed(5)
    weight = torch.randn(6, 9, generator=generator, dtype=torch.float64)
    scores, order = torch.randn(1, 6, generator=generator, dtype=torch.float64), torch.tensor([[4, 2]])
    kappa = torch.tensor([0.2], dtype=torch.float64)
    found = nearest_features(weight, scores, order, kappa)
    assert (found.multipliers != 0).sum() >= 3
    for j in range(6):
        step = torch.zeros_like(scores)
        step[0, j] = 1e-6
        up, down = (nearest_features(weight, scores + side * step, order, kappa).distance for side in (1, -1))
        slope = float((up - down) / 2e-6)
        assert slope == pytest.approx(-2 * float(found.multipliers[0, j]), rel=1e-5, abs=1e-7)


def test_labels_that_cannot_part_are_left_as_they_are() -> None:
    """Two labels of one row of W: what can be had beside is had."""
    weight = torch.tensor([[1.0, 0], [1, 0], [0, 1]], dtype=torch.float64)
    order, kappa = torch.tensor([[1, 0]]), torch.tensor([0.5], dtype=torch.float64)
    found = nearest_features(weight, torch.zeros(1, 3, dtype=torch.float64), order, kappa)
    torch.testing.assert_close(found.multipliers, torch.tensor([[0.25, 0, -0.25]], dtype=torch.float64))
    blind = nearest_features(0 * weight, torch.zeros(1, 3, dtype=torch.float64), order, kappa)
    assert not blind.multipliers.any() and not blind.distance.any()


def test_a_ranking_that_no_features_have_ends_too() -> None:
    """One feature for three labels: the middle one can never lead."""
    weight = torch.tensor([[-1.0], [0], [1]], dtype=torch.float64)
    order, kappa = torch.tensor([[1]]), torch.tensor([0.5], dtype=torch.float64)
    found = nearest_features(weight, torch.zeros(1, 3, dtype=torch.float64), order, kappa)
    assert bool(found.multipliers.isfinite().all()) and bool(found.distance.isfinite().all())


# ---- the head -------------------------------------------------------------------------------------------------------


class After(nn.Module):
    """A linear layer whose result something is done to, or nothing."""

    def __init__(self, factor: float | None) -> None:
        super().__init__()
        self.last, self.factor = nn.Linear(12, 4), factor

    def forward(self, x: Tensor) -> Tensor:
        logits = self.last(x.flatten(1))
        return logits if self.factor is None else self.factor * logits


def test_a_head_is_the_layer_whose_very_result_is_returned() -> None:
    x = torch.rand(1, 3, 2, 2)
    plain = After(None)
    found = head_weight(plain, x)
    assert found is plain.last.weight
    assert head_weight(After(2.0), x) is None
    assert head_weight(torch.jit.trace(plain, x), x) is None  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("name", "features"), [("mobilenet-voc20", 1280), ("voc20", 20 + 448), ("voc20+jpeg", 20 + 448)]
)
def test_the_bundled_annotators_have_one(name: str, features: int) -> None:
    module = annotator(name).module
    weight = head_weight(module, torch.rand(1, 3, 64, 64))
    assert weight is not None and weight.shape == (20, features)


def test_yolox_is_linear_in_its_maxima_and_mean_features() -> None:
    module: Any = annotator("voc20").module
    x = torch.rand(1, 3, 64, 96)
    places, means = module.detector(x.flip(1) * 255)
    features = torch.cat([places.logsumexp(2)[:, module.class_of], means], 1)
    made = nn.functional.linear(features, module.head_weight(x), module.context.bias)
    torch.testing.assert_close(made, module(x), rtol=1e-4, atol=1e-4)


# ---- the attack -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_in_order_on_a_linear_annotator(seed: int) -> None:
    """Its logits are no `nn.Linear`'s: the programme is solved among the logits themselves."""
    found, x = linear(seed, 6)
    order = tk.topk(found(x), 6)[0].tolist()
    goal = tk.Ordered(targets=torch.tensor([[order[3], order[1]]]), true=mask_of({order[0]}, 6))
    optimum = 255 * ordered_optimum(weights_of(found), found(x)[0].detach().numpy(), [order[3], order[1]])
    result = tk.QuadAttacK(max_steps=200)(found, x, goal)
    assert result.achieved.item() and tk.topk(found(result.x_adv), 2)[0].tolist() == [order[3], order[1]]
    assert optimum * (1 - 1e-6) <= result.norm_float.item() < 1.25 * optimum


def test_where_the_features_are_the_pixels_the_programme_is_the_attack() -> None:
    """Its answer is then the smallest z itself, and the first step points along it."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 5)).double()
    found = tk.Annotator(network, list("abcde"))
    x = torch.full((1, 3, 8, 8), 0.5, dtype=torch.float64)
    order = tk.topk(found(x), 5)[0].tolist()
    goal = tk.Ordered(targets=torch.tensor([[order[2], order[1]]]), true=mask_of({order[0]}, 5))
    attack = tk.QuadAttacK(max_steps=1)
    first = next(attack.steps(found, x, goal))
    optimum = ordered_optimum(
        network[1].weight.detach().numpy(),
        _lowered(found(x)[0].detach(), goal, attack.kappa).numpy(), [order[2], order[1]],
    )  # fmt: skip
    assert first.loss.item() == pytest.approx(attack.constant * optimum**2, rel=1e-9)


def _lowered(scores: Tensor, goal: tk.Ordered, kappa: float) -> Tensor:
    labels = goal.targets[0]
    return scores.index_add(0, labels, -kappa * torch.arange(len(labels), 0, -1, dtype=scores.dtype))


@pytest.mark.parametrize("name", ["mobilenet-voc20", "voc20"])
def test_three_labels_in_order_on_a_photo(name: str) -> None:
    x = small()[1:2]
    with torch.no_grad():
        logits = annotator(name)(x)
    true = tk.ranks(logits) == 1
    goal = tk.Ordered(targets=tk.target_order("best", logits, true, 3, seed=1), true=true)
    result = tk.QuadAttacK(max_steps=80, searches=2, confidence=0.2)(annotator(name), x, goal)
    assert result.achieved.all()
    after = annotator(name)(result.x_adv)
    assert torch.equal(tk.topk(after, 3), goal.targets) and goal.margin(after).item() <= -0.2


def test_without_features_it_is_another_attack() -> None:
    """On labels whose rows of W are alike the two part."""
    torch.manual_seed(2)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 5))
    network[1].weight.data[1] = network[1].weight.data[0] + 0.1 * network[1].weight.data[1]
    found, x = tk.Annotator(network, list("abcde")), torch.full((1, 3, 8, 8), 0.5)
    order = tk.topk(found(x), 5)[0].tolist()
    goal = tk.Ordered(targets=torch.tensor([[order[2], order[1]]]), true=mask_of({order[0]}, 5))
    runs = [tk.QuadAttacK(max_steps=3, features=features).steps(found, x, goal) for features in (True, False)]
    assert next(runs[0]).loss != next(runs[1]).loss
