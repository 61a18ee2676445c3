"""Decoupled direction and norm, DDN (Rony et al., CVPR 2019, arXiv 1811.09600), after the paper's Algorithm 1."""

import math

import torch

from tkml_core.experiments.peers.problem import Problem, length
from tkml_core.images import each

GAMMA = 0.05  # by which the norm shrinks after a success and grows otherwise
FIRST_NORM = 1.0  # in [0,1] units


def ddn(problem: Problem, steps: int) -> None:
    """A step of length α along the gradient, then z rescaled to the norm ε that each image is at; α falls from 1 to 0.01.

    The paper rounds every iterate to 8 bits; left out, as every method is rounded alike here.
    """
    z = torch.zeros_like(problem.x)
    epsilon = torch.full_like(problem.gap, FIRST_NORM)
    for t in range(steps):
        seen = problem.see(z)
        alpha = 0.01 + 0.99 * (1 + math.cos(math.pi * t / steps)) / 2
        z = z - alpha * seen.gradient / each(length(seen.gradient))
        epsilon = torch.where(seen.won, 1 - GAMMA, 1 + GAMMA) * epsilon
        z = problem.box(each(epsilon.minimum(problem.farthest) / length(z)) * z)
