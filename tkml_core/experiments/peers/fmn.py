"""Fast minimum norm, FMN (Pintor et al., NeurIPS 2021, arXiv 2102.12827), L2, after the paper's Algorithm 1."""

import math

import torch

from tkml_core.experiments.peers.problem import Problem, length
from tkml_core.images import each

ALPHA, GAMMA = (1.0, 0.01), (0.05, 0.001)  # first and last: length of a step, in [0,1] units, and change of ε


def fmn(problem: Problem, steps: int) -> None:
    """Steps of length α, projected into a ball of radius ε.

    Until an image's first success ε is the linearised distance to the boundary; then it shrinks by γ after a success,
    from the best norm at most, and grows by γ otherwise. Both fall along a cosine.
    """
    z = torch.zeros_like(problem.x)
    epsilon = torch.full_like(problem.gap, torch.inf)
    for t in range(steps):
        seen = problem.see(z)
        fall = (1 + math.cos(math.pi * t / steps)) / 2
        alpha, gamma = (last + (first - last) * fall for first, last in (ALPHA, GAMMA))
        size = length(seen.gradient)
        ever = problem.best_length < torch.inf
        ahead = length(z) + seen.margin.abs() / size
        smaller = (epsilon * (1 - gamma)).minimum(problem.best_length)
        epsilon = torch.where(seen.won, smaller, torch.where(ever, epsilon * (1 + gamma), ahead))
        z = z - alpha * seen.gradient / each(size)
        z = problem.box(each((epsilon / length(z)).clamp(max=1)) * z)
