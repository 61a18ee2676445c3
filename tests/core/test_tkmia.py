"""TKMIA: its loss against sorted scores and automatic differentiation, and the attack on linear annotators."""

import pytest
import torch
from oracles import linear, mask_of

import tkml_core as tk
from tkml_core import losses


def two_averages(scores: torch.Tensor, hide: set[int], keep: set[int], k: int) -> torch.Tensor:
    """The loss by its definition, for one image: scores (m,)."""
    m = len(scores)
    away = (scores[sorted(hide)].max() - scores).clamp(min=0).sort(descending=True).values[: m - k].mean()
    if not keep:
        return away
    return away + (scores - scores[sorted(keep)].min()).clamp(min=0).sort(descending=True).values[:k].mean()


@pytest.mark.parametrize("k", [1, 2, 3, 6])
@pytest.mark.parametrize(("hide", "keep"), [({0}, set()), ({1}, {2}), ({1, 4}, {2, 5}), ({3}, {0, 1, 2})])
def test_the_loss_is_two_averages_with_their_gradient(hide: set[int], keep: set[int], k: int) -> None:
    """k = m − 1 = 6 among them, where one difference alone is averaged: it must have a gradient, too."""
    torch.manual_seed(len(hide) + 7 * k)
    scores = torch.randn(5, 7, dtype=torch.float64, requires_grad=True)
    found = losses.hide_and_keep(scores.detach(), mask_of(tuple(hide), 7), mask_of(tuple(keep), 7), k)
    expected = torch.stack([two_averages(row, hide, keep, k) for row in scores])
    torch.testing.assert_close(found.loss, expected.detach())
    (gradient,) = torch.autograd.grad(expected.sum(), scores)
    torch.testing.assert_close(found.by_scores, gradient)
    assert not found.by_lambda.any()


@pytest.mark.parametrize(("true", "hidden", "k"), [(2, 1, 1), (3, 1, 2), (4, 2, 2), (4, 1, 2)])
def test_the_hidden_leave_and_the_others_stay(true: int, hidden: int, k: int) -> None:
    found, x = linear(5, 9)
    order = tk.topk(found(x), 9)
    truth, named = mask_of(tuple(order[0, :true].tolist()), 9), order[:, :hidden]
    result = tk.TKMIA()(found, x, tk.Hide.of(truth, k, named))
    after = tk.topk(found(result.x_adv), k)[0].tolist()
    assert result.achieved.item() and not set(named[0].tolist()) & set(after)
    assert set(after) <= set(order[0, hidden:true].tolist())  # so P@k, AP@k and NDCG@k are 1 as before
    floor = tk.MinNorm()(found, x, tk.Hide.of(truth, k, named))
    assert floor.norm_float.item() * 0.999 <= result.norm_float.item()


def test_only_hiding_can_be_asked_of_it() -> None:
    found, x = linear(5, 9)
    with pytest.raises(ValueError, match="The goal of TKMIA is Hide, not Cleared"):
        tk.TKMIA()(found, x, tk.Cleared(true=mask_of((0,), 9), k=2))
