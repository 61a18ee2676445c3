"""Top-k sets, ranks, consistency and the average of the k largest (Eq. 1–4 of T_kML-AP, Hu et al., ICCV 2021)."""

import torch
from torch import Tensor


def topk(scores: Tensor, k: int) -> Tensor:
    """Ŷ_k: indices (B,k) of the k largest scores (B,m), best first; ties go to the lower index."""
    return scores.sort(dim=1, descending=True, stable=True).indices[:, :k]


def topk_mask(scores: Tensor, k: int) -> Tensor:
    """Ŷ_k as a bool mask (B,m)."""
    return torch.zeros_like(scores, dtype=torch.bool).scatter_(1, topk(scores, k), True)


def ranks(scores: Tensor) -> Tensor:
    """Rank of every label, (B,m) long, 1 = best; ties go to the lower index."""
    order = topk(scores, scores.shape[1])
    places = torch.arange(1, scores.shape[1] + 1, device=scores.device).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places)


def consistent(scores: Tensor, true: Tensor, k: int) -> Tensor:
    """E(Y, Ŷ_k) of Eq. 1 as a bool (B,): whether one of the two sets contains the other.

    An indicator: where both contain each other the paper's sum would give 3; this gives 1.
    """
    top = topk_mask(scores, k)
    both = (top & true).sum(1)
    return (both == top.sum(1)) | (both == true.expand_as(top).sum(1))


def average_topk(scores: Tensor, k: int) -> Tensor:
    """φ_k of Eq. 2, (B,): the mean of the k largest scores."""
    return scores.topk(k, dim=1).values.mean(1)


def average_topk_bound(scores: Tensor, k: int, lam: Tensor) -> Tensor:
    """The right-hand side of Eq. 3, (B,), at λ (B,): λ + (1/k) Σ_j [f_j − λ]_+. Its minimum over λ is φ_k (Lemma 1)."""
    return lam + (scores - lam[:, None]).clamp(min=0).sum(1) / k
