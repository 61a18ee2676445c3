"""ALMA (Rony et al., ICCV 2021, arXiv 2011.11857), L2, after the paper's Algorithm 1: an augmented Lagrangian."""

import torch
from torch import Tensor

from tkml_core.experiments.peers.problem import Problem, length
from tkml_core.images import each

MU_RANGE = (1e-6, 1e12)
TAU, GAMMA, EVERY = 0.95, 1.2, 10  # ρ grows by γ where, in EVERY steps, the constraint has not fallen below τ of itself
LAST = 0.01  # share of the first rate at the end


def penalty_slope(y: Tensor, rho: Tensor, mu: Tensor) -> Tensor:
    """d/dy of the penalty-Lagrangian function P₂ (Birgin et al. 2005): all (B,).

    P₂(y) = μy + μρy² + ρ²y³/6 for y ≥ 0, and μy / (1 − ρy) below (which keeps the slope above 0).
    """
    inside = mu + 2 * mu * rho * y + rho.square() * y.square() / 2
    return torch.where(y >= 0, inside, mu / (1 - rho * y.clamp(max=0)).square())


def alpha_of(steps: int) -> float:
    """The paper's α for budgets of 100 and of 1000 steps."""
    return 0.5 if steps <= 300 else 0.9


def alma(problem: Problem, steps: int, first_step: float = 1.0) -> None:
    """RMSProp with momentum on ‖z‖² + P₂(ratio, ρ, μ); μ is a running mean of P₂'s slope.

    first_step: the length of the first step in [0,1] units, the paper's ε. The constraint is the margin over the spread of
    the scores, as the paper uses the difference of logits ratio. The distance is ‖z‖², the paper's for L2.
    """
    alpha = alpha_of(steps)
    z, square, momentum = (torch.zeros_like(problem.x) for _ in range(3))
    mu, rho = torch.ones_like(problem.gap), torch.ones_like(problem.gap)
    last_ratio, ever = torch.full_like(mu, torch.inf), torch.zeros_like(mu, dtype=torch.bool)
    rate = torch.zeros_like(mu)
    for t in range(steps):
        seen = problem.see(z)
        ever = ever | seen.won
        slope = penalty_slope(seen.ratio, rho, mu)
        if t:
            mu = mu.lerp(slope, 1 - alpha).clamp(*MU_RANGE)
        if t and t % EVERY == 0:
            stuck = ~ever & (seen.ratio > TAU * last_ratio)
            rho, last_ratio, ever = torch.where(stuck, GAMMA * rho, rho), seen.ratio, torch.zeros_like(ever)
        gradient = 2 * z + each(penalty_slope(seen.ratio, rho, mu)) * seen.ratio_gradient
        square = square * alpha + (1 - alpha) * gradient.square()
        corrected = square / (1 - alpha ** (t + 1))
        direction = gradient / (corrected.sqrt() + 1e-8)
        if t == 0:
            rate = first_step / length(direction)
        momentum = momentum * alpha + direction
        z = problem.box(z - each(rate * LAST ** (t / steps)) * momentum)
