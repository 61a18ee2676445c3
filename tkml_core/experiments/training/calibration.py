"""Probabilities that mean what they say: Platt scaling of each label, and how far off they are."""

import torch
from torch import Tensor


def platt(logits: Tensor, target: Tensor, weight: Tensor, prior: float = 10.0) -> tuple[Tensor, Tensor]:
    """Scale and shift (m,) of logits (n,m) that minimise the weighted cross-entropy to target (n,m) in [0,1].

    Platt 1999, one pair a label. A label with few positives is held near the pair that is best for all labels together:
    `prior` weighs that in photos.
    """
    common = _fit(logits.reshape(-1, 1), target.reshape(-1, 1), weight.reshape(-1, 1), None, 0.0)
    scale, shift = (value.expand(logits.shape[1]).clone() for value in common)
    return _fit(logits, target, weight, (scale, shift), prior)


def _fit(
    logits: Tensor, target: Tensor, weight: Tensor, near: tuple[Tensor, Tensor] | None, prior: float
) -> tuple[Tensor, Tensor]:
    """Newton's method on both numbers of every label at once."""
    logits, target, weight = logits.double(), target.double(), weight.double()
    spread = logits.std(0).clamp(min=1e-3)
    x = logits / spread
    a, b = torch.ones_like(spread), torch.zeros_like(spread)
    a0, b0 = (a, b) if near is None else (near[0].double() * spread, near[1].double())
    a, b = a0.clone(), b0.clone()
    for _ in range(50):
        p = (a * x + b).sigmoid()
        slope, bend = (p - target) * weight, p * (1 - p) * weight
        ga, gb = (slope * x).sum(0) + prior * (a - a0), slope.sum(0) + prior * (b - b0)
        haa, hab, hbb = (bend * x * x).sum(0) + prior + 1e-6, (bend * x).sum(0), bend.sum(0) + prior + 1e-6
        determinant = haa * hbb - hab * hab
        da, db = (hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant
        a, b = a - da.clamp(-1, 1), b - db.clamp(-1, 1)
    return (a / spread).float(), b.float()


def expected_calibration_error(probabilities: Tensor, truth: Tensor, bins: int = 15) -> float:
    """Mean distance between what is said and what is so, over bins of equal width (Guo et al., ICML 2017); both (n,)."""
    place = (probabilities * bins).long().clamp(max=bins - 1)
    total = 0.0
    for b in range(bins):
        inside = place == b
        if inside.any():
            gap = probabilities[inside].mean() - truth[inside].float().mean()
            total += float(gap.abs()) * float(inside.float().mean())
    return total
