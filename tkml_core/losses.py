"""The relaxed losses of the paper and of the methods it compares with, as pure functions of scores, with subgradients.

Each returns the loss without its ‖z‖² term (B,), its derivative by the scores (B,m) and by λ (B,), in closed form. The
chain rule through the network is one backward pass with the second as weights: that is Eq. 9 and Eq. 13 as printed.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Objective(NamedTuple):
    loss: Tensor  # (B,)
    by_scores: Tensor  # (B,m)
    by_lambda: Tensor  # (B,); zeros where the loss has no λ


def untargeted(scores: Tensor, true: Tensor, k: int, lam: Tensor) -> Objective:
    """Eq. 8: λ + 1/(m−k) Σ_j [max_Y f − f_j − λ]_+, and the subgradients of Eq. 9.

    scores (B,m); true bool (B,m); lam (B,) ≥ 0 thresholds the differences max_Y f − f_j.
    """
    m = scores.shape[1]
    best, y = scores.masked_fill(~true, -torch.inf).max(1, keepdim=True)  # y' of Eq. 9: one of the maximisers
    excess = best - scores - lam[:, None]
    active = (excess > 0).to(scores.dtype)
    count = active.sum(1)
    by_scores = -active
    by_scores = by_scores.scatter_add(1, y, count[:, None])
    loss = lam + excess.clamp(min=0).sum(1) / (m - k)
    return Objective(loss, by_scores / (m - k), 1 - count / (m - k))


def untargeted_lambda(scores: Tensor, true: Tensor, k: int) -> Tensor:
    """The λ ≥ 0 that minimises Eq. 8 at these scores (Lemma 1): the (m−k)-th largest of [max_Y f − f_j]_+, (B,)."""
    best = scores.masked_fill(~true, -torch.inf).amax(1, keepdim=True)
    return (best - scores).clamp(min=0).sort(dim=1, descending=True).values[:, scores.shape[1] - k - 1]


def middle_lambda(scores: Tensor, true: Tensor, k: int) -> Tensor:
    """A λ that minimises Eq. 8, midway between the least and the largest of them, (B,).

    With it the loss's subgradient by z is that of the average itself: all m − k largest differences are active. At the
    largest one m − k − 1 are, which at k = m − 1 is none, so that z would never move.
    """
    differences = (scores.masked_fill(~true, -torch.inf).amax(1, keepdim=True) - scores).clamp(min=0)
    ordered, place = differences.sort(dim=1, descending=True).values, scores.shape[1] - k
    return (ordered[:, place - 1] + ordered[:, place]) / 2


def hide_and_keep(scores: Tensor, hide: Tensor, keep: Tensor, k: int) -> Objective:
    """TKMIA: the average of the m−k largest [max_S f − f_j]_+ and that of the k largest [f_j − min_{Y∖S} f]_+, summed.

    scores (B,m); hide, keep bool (B,m): S and Y∖S. Where nothing is to be kept the second is 0. The second is the first
    upside down: of −f, with the labels to keep in place of S and m − k in place of k.
    """
    rest = scores.shape[1] - k
    away = untargeted(scores, hide, k, middle_lambda(scores, hide, k))
    stay = untargeted(-scores, keep, rest, middle_lambda(-scores, keep, rest))
    return Objective(away.loss + stay.loss, away.by_scores - stay.by_scores, torch.zeros_like(away.loss))


def targeted(scores: Tensor, targets: Tensor, lam: Tensor) -> Objective:
    """Eq. 12: Σ_j [s_j (λ − f_j)]_+ with s_j = +1 on targets and −1 elsewhere, and the subgradients of Eq. 13.

    scores (B,m); targets bool (B,m); lam (B,), itself a score.
    """
    s = torch.where(targets, 1.0, -1.0).to(scores.dtype)
    short = s * (lam[:, None] - scores)
    active = s * (short > 0)
    return Objective(short.clamp(min=0).sum(1), -active, active.sum(1))


def targeted_lambda(scores: Tensor, k: int) -> Tensor:
    """A λ that minimises Eq. 12 at these scores: midway between f_[k] and f_[k+1], (B,) (Lemma 1)."""
    best = scores.topk(k + 1, dim=1).values
    return (best[:, k - 1] + best[:, k]) / 2


def rank_one(scores: Tensor, targets: Tensor) -> Objective:
    """ML-AP's Rank I with targets (§4.1): [max_{j∉P} f_j − min_{j∈P} f_j]_+. One label falls and one rises a step.

    scores (B,m); targets bool (B,m), P.
    """
    above, first = scores.masked_fill(targets, -torch.inf).max(1, keepdim=True)
    below, last = scores.masked_fill(~targets, torch.inf).min(1, keepdim=True)
    active = (above > below).to(scores.dtype)
    by_scores = torch.zeros_like(scores).scatter(1, first, active).scatter(1, last, -active)
    return Objective((above - below).clamp(min=0)[:, 0], by_scores, torch.zeros_like(scores[:, 0]))


def ordered_hinges(scores: Tensor, order: Tensor, kappa: Tensor, weakest: bool = False) -> Objective:
    """CW^k: Σ_i [max_{j∉{t_1..t_i}} f_j − f_{t_i} + κ]_+, zero where the top-k is t_1, …, t_k in order.

    scores (B,m); order long (B,k), t_1 first; kappa (B,) in score units. weakest: min f_{t_1..t_i} in place of f_{t_i}, as
    Zhang & Wu (2020) publish it; without κ it is zero at the same scores.
    """
    if weakest:
        own, place = scores.gather(1, order).cummin(1)
        order_of_weakest = order.gather(1, place)
    else:
        own, order_of_weakest = scores.gather(1, order), order
    taken, rest = torch.zeros_like(scores, dtype=torch.bool), []
    for i in range(order.shape[1]):
        taken = taken.scatter(1, order[:, i : i + 1], True)
        rest.append(scores.masked_fill(taken, -torch.inf))
    above, first = torch.stack(rest, 1).max(2)  # (B,k)
    excess = above - own + kappa[:, None]
    active = (excess > 0).to(scores.dtype)
    by_scores = torch.zeros_like(scores).scatter_add(1, first, active).scatter_add(1, order_of_weakest, -active)
    return Objective(excess.clamp(min=0).sum(1), by_scores, torch.zeros_like(kappa))


def target_hinges(scores: Tensor, targets: Tensor, kappa: Tensor) -> Objective:
    """CW^k without an order: Σ_{t∈T} [max_{j∉T} f_j − f_t + κ]_+. scores (B,m); targets bool (B,m), T; kappa (B,)."""
    above, first = scores.masked_fill(targets, -torch.inf).max(1, keepdim=True)
    excess = (above - scores + kappa[:, None]).clamp(min=0) * targets
    active = (excess > 0).to(scores.dtype)
    by_scores = (-active).scatter_add(1, first, active.sum(1, keepdim=True))
    return Objective(excess.sum(1), by_scores, torch.zeros_like(kappa))
