"""PDPGD (Matyasko & Chau, 2021, arXiv 2106.01538): primal-dual proximal gradient descent, L2."""

import math

import torch

from tkml_core.experiments.peers.problem import Problem, length
from tkml_core.images import each

DUAL_RATIO, DUAL_RATE, DUAL_RATE_LAST = 0.01, 0.1, 0.1  # λ₀/λ₁ at first; the dual's rate, and the last one's share
AVERAGE = 0.9  # of the dual variables
MOST = math.log(1e6)
DECAYS = (0.9, 0.999)  # Adam's
LAST = 0.01  # share of the first primal rate at the end


def pdpgd(problem: Problem, steps: int, rate: float = 0.1) -> None:
    """Adam on λ₁ softplus(margin), then the proximal map of λ₀ ‖z‖₂, which shortens z; λ = softmax of ascending logits.

    rate: of the primal steps, in [0,1] units a pixel; the paper's is 0.1.
    """
    z, mean, square = (torch.zeros_like(problem.x) for _ in range(3))
    dual = torch.full_like(problem.gap, -math.log(DUAL_RATIO))  # log λ₁/λ₀
    weight = dual.sigmoid()  # λ₁; λ₀ is the rest
    for t in range(steps):
        seen = problem.see(z)
        gradient = each(weight * torch.sigmoid(seen.margin)) * seen.gradient
        mean = mean.lerp(gradient, 1 - DECAYS[0])
        square = square * DECAYS[1] + (1 - DECAYS[1]) * gradient.square()
        scaled = (square / (1 - DECAYS[1] ** (t + 1))).sqrt() + 1e-8
        now = rate * LAST ** (t / steps)
        z = z - now * mean / (1 - DECAYS[0] ** (t + 1)) / scaled
        # In Adam's metric each pixel has its own step, so the proximal map's is their mean.
        step = now * (1 - weight) / scaled.flatten(1).mean(1)
        z = problem.box(z * each((1 - step / length(z)).clamp(min=0)))
        pace = DUAL_RATE * (DUAL_RATE_LAST + (1 - DUAL_RATE_LAST) * (1 - t / steps))
        dual = (dual + pace * seen.margin.sign()).clamp(-MOST, MOST)
        weight = AVERAGE * weight + (1 - AVERAGE) * dual.sigmoid()
