"""The losses of ML-AP and CW^k written out term by term: values, subgradients, and where they vanish."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import repeatable
from torch import Tensor

import tkml_core as tk
from tkml_core import losses

# ---- one image at a time, for automatic differentiation -------------------------------------------------------------


def rank_one(f: Tensor, targets: list[int]) -> Tensor:
    outside = [f[j] for j in range(len(f)) if j not in targets]
    return torch.relu(torch.stack(outside).max() - f[targets].min())


def ordered(f: Tensor, order: list[int], kappa: Tensor) -> Tensor:
    total = f.new_zeros(())
    for i, t in enumerate(order):
        rest = torch.stack([f[j] for j in range(len(f)) if j not in order[: i + 1]])
        total = total + torch.relu(rest.max() - f[t] + kappa)
    return total


def unordered(f: Tensor, targets: list[int], kappa: Tensor) -> Tensor:
    first = torch.stack([f[j] for j in range(len(f)) if j not in targets]).max()
    return torch.stack([torch.relu(first - f[t] + kappa) for t in targets]).sum()


def draw(seed: int, m: int, k: int, images: int = 4) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scores (4,m) without ties, ranked targets (4,k), their mask, κ (4,); the first image has its targets on top."""
    generator = torch.Generator().manual_seed(seed)
    scores = 3 * torch.randn(images, m, generator=generator, dtype=torch.float64)
    order = torch.rand(images, m, generator=generator).argsort(1)[:, :k]
    order[0] = tk.topk(scores[:1], k)[0]
    kappa = torch.rand(images, generator=generator, dtype=torch.float64) * torch.tensor([0, 1, 0, 1])
    return scores, order, torch.zeros(images, m, dtype=torch.bool).scatter(1, order, True), kappa


def same(got: losses.Objective, i: int, value: Tensor, f: Tensor) -> None:
    (by_scores,) = torch.autograd.grad(value, f)
    torch.testing.assert_close(got.loss[i], value.detach())
    torch.testing.assert_close(got.by_scores[i], by_scores)
    assert got.by_lambda[i] == 0


shapes = st.integers(2, 9).flatmap(lambda m: st.tuples(st.integers(0, 10**6), st.just(m), st.integers(1, m - 1)))


@repeatable(100)
@given(shapes)
def test_values_and_subgradients_against_automatic_differentiation(shape: tuple[int, int, int]) -> None:
    scores, order, targets, kappa = draw(*shape)
    rank, hinges = losses.rank_one(scores, targets), losses.target_hinges(scores, targets, kappa)
    in_order = losses.ordered_hinges(scores, order, kappa)
    for i in range(4):
        labels = order[i].tolist()
        f = scores[i].clone().requires_grad_()
        same(rank, i, rank_one(f, labels), f)
        same(hinges, i, unordered(f, labels, kappa[i]), f)
        same(in_order, i, ordered(f, labels, kappa[i]), f)


@repeatable(60)
@given(shapes)
def test_cwk_as_published_term_by_term(shape: tuple[int, int, int]) -> None:
    """Σ_i [max_{j∉{t_1..t_i}} f_j − min f_{t_1..t_i} + κ]_+; without κ zero exactly where the order holds."""
    scores, order, targets, kappa = draw(*shape)
    got = losses.ordered_hinges(scores, order, kappa, weakest=True)
    for i in range(4):
        f, t = scores[i].clone().requires_grad_(), order[i].tolist()
        terms = [
            torch.relu(
                max(f[j] for j in range(len(f)) if j not in t[: n + 1]) - min(f[j] for j in t[: n + 1]) + kappa[i]
            )
            for n in range(len(t))
        ]
        (last,) = torch.autograd.grad(terms[-1], f, retain_graph=True)
        same(got, i, sum(terms), f)  # type: ignore[arg-type]
        free = tk.CWk(published=True).objective(
            scores[i : i + 1], tk.Targeted(targets=targets[i : i + 1], true=scores[i : i + 1] == scores[i][~targets[i]][0]),
            kappa[i : i + 1],
        )  # fmt: skip
        torch.testing.assert_close(free.by_scores[0], last)
    plain = losses.ordered_hinges(scores, order, 0 * kappa, weakest=True).loss
    assert torch.equal(plain == 0, losses.ordered_hinges(scores, order, 0 * kappa).loss == 0)


@repeatable(60)
@given(shapes)
def test_they_vanish_exactly_where_their_goals_hold(shape: tuple[int, int, int]) -> None:
    """Without ties and at κ = 0; ML-AP's is the margin of Targeted itself wherever that is positive."""
    scores, order, targets, _ = draw(*shape)
    nothing = torch.zeros(4, dtype=torch.float64)
    margin = tk.Targeted(targets=targets, true=tk.ranks(scores.masked_fill(targets, -torch.inf)) == 1).margin(scores)
    assert torch.equal(losses.rank_one(scores, targets).loss, margin.clamp(min=0))
    assert torch.equal(losses.target_hinges(scores, targets, nothing).loss == 0, margin < 0)
    goal = tk.Ordered(targets=order, true=tk.ranks(scores.masked_fill(targets, -torch.inf)) == 1)
    in_order = losses.ordered_hinges(scores, order, nothing).loss
    assert torch.equal(in_order == 0, goal.margin(scores) < 0) and in_order[0] == 0
    assert torch.equal(in_order == 0, (tk.topk(scores, shape[2]) == order).all(1))


def test_by_hand() -> None:
    """f = (5, 3, 2, 0), targets 3 then 1: only the last of 5, 3, 2 is to stay above 0, and 5 above 3 is in the way."""
    f, order, kappa = torch.tensor([[5.0, 3.0, 2.0, 0.0]]), torch.tensor([[3, 1]]), torch.tensor([0.5])
    targets = torch.tensor([[False, True, False, True]])
    assert losses.rank_one(f, targets).loss.item() == 5 - 0
    assert losses.rank_one(f, targets).by_scores.tolist() == [[1, 0, 0, -1]]
    assert losses.ordered_hinges(f, order, kappa).loss.item() == (5 - 0 + 0.5) + (5 - 3 + 0.5)
    assert losses.ordered_hinges(f, order, kappa).by_scores.tolist() == [[2, -1, 0, -1]]
    back = losses.ordered_hinges(f, order.flip(1), kappa)
    assert back.loss.item() == (5 - 3 + 0.5) + (5 - 0 + 0.5)
    assert losses.target_hinges(f, targets, kappa).loss.item() == (5 - 0 + 0.5) + (5 - 3 + 0.5)
    met = torch.tensor([[1.0, 3.0, 2.0, 4.0]])
    assert losses.ordered_hinges(met, order, kappa).loss.item() == 0
    assert losses.ordered_hinges(met, order, torch.tensor([1.5])).loss.item() == (3 - 4 + 1.5) + (2 - 3 + 1.5)
    assert losses.target_hinges(met, targets, torch.tensor([1.5])).loss.item() == 2 - 3 + 1.5


@pytest.mark.parametrize("loss", ["rank_one", "target_hinges", "ordered_hinges"])
def test_a_tie_pulls_nothing(loss: str) -> None:
    """At the kink the closed form takes the subgradient 0, as Eq. 13's hinges do."""
    f, targets, nothing = torch.zeros(1, 3), torch.tensor([[True, False, False]]), torch.zeros(1)
    given_ = {
        "rank_one": (targets,),
        "target_hinges": (targets, nothing),
        "ordered_hinges": (torch.tensor([[0]]), nothing),
    }
    got = getattr(losses, loss)(f, *given_[loss])
    assert got.loss.item() == 0 and got.by_scores.tolist() == [[0, 0, 0]]
