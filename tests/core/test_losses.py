"""Eq. 8 and Eq. 12 written out as printed: values, subgradients of Eq. 9 and 13, and the λ that minimise them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import repeatable
from torch import Tensor

from tkml_core import losses

# ---- the paper's formulas, one image at a time, for automatic differentiation ---------------------------------------


def eq_8(f: Tensor, true: list[int], k: int, lam: Tensor) -> Tensor:
    best = torch.stack([f[j] for j in true]).max()
    terms = [torch.relu(best - f[j] - lam) for j in range(len(f))]
    return lam + torch.stack(terms).sum() / (len(f) - k)


def eq_12(f: Tensor, targets: list[int], lam: Tensor) -> Tensor:
    terms = [torch.relu(lam - f[j]) if j in targets else torch.relu(f[j] - lam) for j in range(len(f))]
    return torch.stack(terms).sum()


def eq_11(f: Tensor, targets: list[int]) -> Tensor:
    """Sum of the k largest minus the sum of the targets, without its β term."""
    return f.sort(descending=True).values[: len(targets)].sum() - f[targets].sum()


def draw(seed: int, m: int, images: int = 4) -> tuple[Tensor, Tensor, torch.Generator]:
    """Scores without ties, and masks with a number of labels of their own a row."""
    generator = torch.Generator().manual_seed(seed)
    scores = 3 * torch.randn(images, m, generator=generator, dtype=torch.float64)
    counts = torch.randint(1, m, (images, 1), generator=generator)
    order = torch.rand(images, m, generator=generator).argsort(1).argsort(1)
    return scores, order < counts, generator


def labels(mask: Tensor) -> list[int]:
    return mask.nonzero()[:, 0].tolist()


shapes = st.tuples(st.integers(0, 10**6), st.integers(2, 9))


@repeatable(100)
@given(shapes, st.data())
def test_eq_8_and_the_subgradients_of_eq_9(shape: tuple[int, int], data: st.DataObject) -> None:
    scores, true, generator = draw(*shape)
    k = data.draw(st.integers(1, shape[1] - 1))
    lam = 4 * torch.rand(4, generator=generator, dtype=torch.float64)
    got = losses.untargeted(scores, true, k, lam)
    assert got.loss.shape == got.by_lambda.shape == (4,) and got.by_scores.shape == scores.shape
    for i in range(4):
        f, here = scores[i].clone().requires_grad_(), lam[i].clone().requires_grad_()
        value = eq_8(f, labels(true[i]), k, here)
        by_scores, by_lambda = torch.autograd.grad(value, (f, here))
        torch.testing.assert_close(got.loss[i], value.detach())
        torch.testing.assert_close(got.by_scores[i], by_scores)
        torch.testing.assert_close(got.by_lambda[i], by_lambda)


@repeatable(100)
@given(shapes)
def test_eq_12_and_the_subgradients_of_eq_13(shape: tuple[int, int]) -> None:
    scores, targets, generator = draw(*shape)
    lam = 4 * torch.randn(4, generator=generator, dtype=torch.float64)
    got = losses.targeted(scores, targets, lam)
    assert got.loss.shape == got.by_lambda.shape == (4,) and got.by_scores.shape == scores.shape
    for i in range(4):
        f, here = scores[i].clone().requires_grad_(), lam[i].clone().requires_grad_()
        value = eq_12(f, labels(targets[i]), here)
        by_scores, by_lambda = torch.autograd.grad(value, (f, here))
        torch.testing.assert_close(got.loss[i], value.detach())
        torch.testing.assert_close(got.by_scores[i], by_scores)
        torch.testing.assert_close(got.by_lambda[i], by_lambda)


def test_eq_8_and_eq_12_by_hand() -> None:
    """f = (5, 3, 2, 0); Y = {1}, k = 2, λ = 1: differences −2, 0, 1, 3, of which 3 exceeds λ, by 2."""
    f, lam = torch.tensor([[5.0, 3.0, 2.0, 0.0]]), torch.tensor([1.0])
    untargeted = losses.untargeted(f, torch.tensor([[False, True, False, False]]), 2, lam)
    assert untargeted.loss.item() == 1 + 2 / 2
    assert untargeted.by_scores.tolist() == [[0, 0.5, 0, -0.5]] and untargeted.by_lambda.item() == 1 - 1 / 2
    at_0 = losses.untargeted(f, torch.tensor([[False, True, False, False]]), 2, torch.tensor([0.0]))
    assert at_0.loss.item() == (1 + 3) / 2 and at_0.by_lambda.item() == 1 - 2 / 2  # a difference of λ is not above it
    targeted = losses.targeted(f, torch.tensor([[False, False, True, True]]), torch.tensor([2.5]))
    assert targeted.loss.item() == (5 - 2.5) + (3 - 2.5) + (2.5 - 2) + (2.5 - 0)
    assert targeted.by_scores.tolist() == [[1, 1, -1, -1]] and targeted.by_lambda.item() == 0
    on_it = losses.targeted(f, torch.tensor([[False, False, True, True]]), torch.tensor([2.0]))
    assert on_it.by_scores.tolist() == [[1, 1, 0, -1]] and on_it.by_lambda.item() == 1 - 2  # f_j = λ is no hinge's work


@repeatable(100)
@given(shapes)
def test_lemma_2_lets_eq_8_do_with_one_hinge(shape: tuple[int, int]) -> None:
    scores, true, generator = draw(*shape)
    m = shape[1]
    lam = torch.rand(4, generator=generator, dtype=torch.float64)
    best = scores.masked_fill(~true, -torch.inf).amax(1, keepdim=True)
    t = torch.relu(best - scores)  # t_j of §3.1
    for k in range(1, m):
        expected = lam + torch.relu(t - lam[:, None]).sum(1) / (m - k)
        torch.testing.assert_close(losses.untargeted(scores, true, k, lam).loss, expected)


@repeatable(30)
@given(shapes)
def test_the_untargeted_lambda_minimises_eq_8_over_lambda_at_0_or_above(shape: tuple[int, int]) -> None:
    scores, true, _ = draw(*shape)
    m = shape[1]
    grid = torch.linspace(0, 20, 401, dtype=torch.float64)
    t = torch.relu(scores.masked_fill(~true, -torch.inf).amax(1, keepdim=True) - scores)
    for k in range(1, m):
        lam = losses.untargeted_lambda(scores, true, k)
        least = losses.untargeted(scores, true, k, lam).loss
        assert bool((lam >= 0).all())
        torch.testing.assert_close(least, t.sort(dim=1).values[:, k:].mean(1))  # the mean of the m − k largest t_j
        wide = [x.repeat_interleave(len(grid), 0) for x in (scores, true)]
        along = losses.untargeted(*wide, k, grid.repeat(4)).loss.view(4, -1)
        assert bool((along >= least[:, None] - 1e-9).all())


@repeatable(30)
@given(shapes)
def test_eq_11_is_the_minimum_of_eq_12_over_lambda(shape: tuple[int, int]) -> None:
    scores, targets, _ = draw(*shape)
    grid = torch.linspace(-20, 20, 801, dtype=torch.float64)
    for i in range(4):
        f, chosen = scores[i : i + 1], labels(targets[i])
        lam = losses.targeted_lambda(f, len(chosen))
        least = losses.targeted(f, targets[i : i + 1], lam).loss[0]
        torch.testing.assert_close(least, eq_11(f[0], chosen))
        along = losses.targeted(f.expand(len(grid), -1), targets[i : i + 1].expand(len(grid), -1), grid).loss
        assert bool((along >= least - 1e-9).all())


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_losses_vanish_or_bound_the_goal(k: int) -> None:
    """Eq. 12 is 0 exactly where the targets are on top; Eq. 8 at its λ is at least the loss of Eq. 7."""
    scores, true, _ = draw(k, 5, images=50)
    ordered = scores.sort(dim=1, descending=True).values
    top = scores >= ordered[:, k - 1 : k]
    lam = losses.targeted_lambda(scores, k)
    assert bool((losses.targeted(scores, top, lam).loss == 0).all())
    assert bool((losses.targeted(scores, top.roll(1, 1), lam).loss > 0)[(top != top.roll(1, 1)).any(1)].all())
    eq_7 = torch.relu(scores.masked_fill(~true, -torch.inf).amax(1) - ordered[:, k])
    assert bool(
        (losses.untargeted(scores, true, k, losses.untargeted_lambda(scores, true, k)).loss >= eq_7 - 1e-9).all()
    )
