"""The paper's relaxed losses as pure functions of scores, with their subgradients in closed form.

Each returns the loss without its β/2‖z‖² term (B,), its derivative by the scores (B,m) and by λ (B,). The chain rule
through the network is one backward pass with the second as weights: that is Eq. 9 and Eq. 13 as printed.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Objective(NamedTuple):
    loss: Tensor  # (B,)
    by_scores: Tensor  # (B,m)
    by_lambda: Tensor  # (B,)


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
