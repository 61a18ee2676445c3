"""A norm budget: the nearest perturbation within it, and the whole levels that spend it best."""

import torch
from torch import Tensor

from tkml_core.attacks.common.batch import onto_ball
from tkml_core.metrics import l2_norm


def project(z: Tensor, xi: float, norm: str) -> Tensor:
    """The nearest z' (1,3,H,W) with ‖z'‖ ≤ ξ; z in [0,1] units, ξ in 0–255 units, norm "l2" or "linf"."""
    if norm == "linf":
        return z.clamp(-xi / 255, xi / 255)
    return onto_ball(z, xi)


def to_levels(z: Tensor, xi: float, norm: str) -> Tensor:
    """z (1,3,H,W) on whole levels k/255, about as long as it was and not beyond ξ.

    L2: `round(s·z)` for the largest scale s whose norm is not above that of z. Where z is a small part of a level,
    plain rounding would leave nothing of it; this spends whole levels on the pixels where z is largest.
    """
    levels = z.double() * 255
    if norm == "linf":
        return (levels.round().clamp(-(xi // 1), xi // 1) / 255).to(z)
    budget = min(xi, float(levels.norm())) * (1 + 1e-9)
    if budget < 1:
        return torch.zeros_like(z)
    low, high = 0.0, 1.0
    while float((high * levels).round().norm()) <= budget:
        low, high = high, 2 * high
    for _ in range(40):  # the norm of round(s·z) never falls with s
        middle = (low + high) / 2
        within = float((middle * levels).round().norm()) <= budget
        low, high = (middle, high) if within else (low, middle)
    return ((low * levels).round() / 255).to(z)


def noise_like(z: Tensor, seed: int) -> Tensor:
    """Gaussian noise on whole levels, as long as z (1,3,H,W)."""
    noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(seed))
    length = float(l2_norm(z))
    return to_levels(noise / noise.norm() * length / 255, length, "l2")
