"""A minimum search with APGD (Croce & Hein, ICML 2020, arXiv 2003.01690), L2: one radius after another."""

import torch
from torch import Tensor

from tkml_core.experiments.peers.problem import Problem, length
from tkml_core.images import each

MOMENTUM = 0.75  # α: share of the newest step
CHECKS = (0.22, 0.03, 0.06)  # of a search: the first wait for a check, by how much the next is shorter, the shortest
FALLING = 0.75  # ρ: share of the steps since the last check that must have lowered the margin
SEARCHES = 5


def apgd(problem: Problem, steps: int) -> None:
    """`SEARCHES` runs with equal shares of the steps; the radius doubles until a success, then it is bisected."""
    low = torch.zeros_like(problem.gap)
    seen = problem.see(torch.zeros_like(problem.x))
    radius = 2 * problem.gap / length(seen.gradient)  # twice the linearised distance
    for share in range(SEARCHES):
        before = problem.best_length
        count = (steps - 1) * (share + 1) // SEARCHES - (steps - 1) * share // SEARCHES
        _descend(problem, radius, count, seen.gradient)
        won = problem.best_length < before
        low = torch.where(won, low, radius)
        radius = torch.where(problem.best_length < torch.inf, (low + problem.best_length) / 2, 2 * radius)


def _descend(problem: Problem, radius: Tensor, steps: int, gradient: Tensor) -> None:
    """APGD in the ball of a radius (B,), from its surface along −`gradient` (B,3,H,W)."""

    def ball(z: Tensor) -> Tensor:
        return problem.box(each((radius / length(z)).clamp(max=1)) * z)

    z = ball(-each(radius / length(gradient)) * gradient)
    previous, eta = z, 2 * radius
    least, best, kept_eta, kept_least = torch.full_like(radius, torch.inf), z, eta, torch.full_like(radius, torch.inf)
    last, fell, wait, since = (
        torch.full_like(radius, torch.inf),
        torch.zeros_like(radius),
        max(1, int(CHECKS[0] * steps)),
        0,
    )
    best_gradient = gradient
    for t in range(steps):
        seen = problem.see(z)
        fell = fell + (seen.margin < last)
        last = seen.margin
        lower = seen.margin < least
        least, best = torch.where(lower, seen.margin, least), torch.where(each(lower), z, best)
        best_gradient = torch.where(each(lower), seen.gradient, best_gradient)
        gradient, since = seen.gradient, since + 1
        if since == wait:
            halve = (fell < FALLING * wait) | ((kept_eta == eta) & (kept_least == least))
            kept_eta, kept_least = eta, least
            eta = torch.where(halve, eta / 2, eta)
            z, gradient = torch.where(each(halve), best, z), torch.where(each(halve), best_gradient, gradient)
            previous = torch.where(each(halve), best, previous)
            wait = max(int(CHECKS[2] * steps), wait - int(CHECKS[1] * steps), 1)
            fell, since = torch.zeros_like(fell), 0
        step = ball(z - each(eta / length(gradient)) * gradient)
        moved = step if t == 0 else ball(z + MOMENTUM * (step - z) + (1 - MOMENTUM) * (z - previous))
        previous, z = z, moved
