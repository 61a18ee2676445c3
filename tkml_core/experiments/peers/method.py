"""A peer as something that is run like an attack: the same finish, the same 8-bit search, the same Result."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.common.batch import BatchState
from tkml_core.experiments.peers.alma import alma
from tkml_core.experiments.peers.apgd import apgd
from tkml_core.experiments.peers.ddn import ddn
from tkml_core.experiments.peers.fmn import fmn
from tkml_core.experiments.peers.packaged import PACKAGED
from tkml_core.experiments.peers.pdpgd import pdpgd
from tkml_core.experiments.peers.problem import Problem
from tkml_core.images import each
from tkml_core.metrics import l2_norm
from tkml_core.pixel_grid import bisect

PEERS: dict[str, Callable[[Problem, int], None]] = {
    "DDN": ddn, "FMN": fmn, "ALMA": alma, "PDPGD": pdpgd, "APGD": apgd
}  # fmt: skip
BISECTIONS = 6  # forward passes for the best length of a z, as MinNorm has them


@dataclass(frozen=True)
class Peer:
    """name: one of PEERS or PACKAGED. steps: gradients. smooth: of the smoothed margin in place of the exact one."""

    name: str
    steps: int
    smooth: bool = False

    def __call__(self, annotator: tk.Annotator, x: Tensor, goal: tk.Goal) -> tk.Result:
        """Attack x (B,3,H,W). The shortest success is bisected along its ray and brought onto the 8-bit grid."""
        state = BatchState(annotator, x, goal)
        state.begin()
        if not len(state.active):
            return state.result()
        rows = state.active
        goal = state.goal.select(rows)
        problem = Problem(annotator, state.x[rows], goal, self.smooth)
        (PEERS | PACKAGED)[self.name](problem, self.steps)
        state.steps[rows] += self.steps
        state.forwards[rows] += problem.gradients + 1
        state.backwards[rows] += problem.gradients
        won = (problem.best_length < torch.inf).nonzero()[:, 0]
        if len(won):
            z, of_won = (problem.best - problem.x)[won], goal.select(won)
            one = torch.ones_like(problem.gap[won])

            def good(scale: Tensor) -> Tensor:
                with torch.no_grad():
                    return of_won.margin(annotator(problem.x[won] + each(scale) * z)) < 0

            scale = bisect(good, 0.9 * one, one, BISECTIONS)
            state.forwards[rows[won]] += BISECTIONS
            best = problem.x[won] + each(scale) * z
            state.keep(rows[won], best, l2_norm(best - problem.x[won]))
        return state.result()
