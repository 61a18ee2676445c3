"""A universal perturbation put on one photo, as an attack of no steps, so that it runs where every attack runs."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core import pixel_grid
from tkml_core.annotator import Annotator
from tkml_core.goals import Goal
from tkml_core.images import quantize
from tkml_core.metrics import l2_norm
from tkml_core.ranking import consistent
from tkml_core.step import Result, Step, Steps


@dataclass(frozen=True, eq=False)
class Precomputed:
    """z (1,3,S,S) in [0,1] units: x + z, clamped, on 8-bit levels. A goal that the photo meets already needs none."""

    z: Tensor

    def steps(self, annotator: Annotator, x: Tensor, goal: Goal) -> Steps:
        """The photo, and the photo with z on it; `send` changes nothing, as there is nothing to wait for."""
        if x.shape[-2:] != self.z.shape[-2:]:
            raise ValueError(
                f"The perturbation is {tuple(self.z.shape[-2:])} pixels, the photo {tuple(x.shape[-2:])}; "
                "prepare it with square=True."
            )
        goal = goal.fit(len(x), annotator.device)
        first, x_adv = self._look(annotator, x, x, goal, 0), x
        yield first
        last, passes = first, 1
        if not bool(first.certified.all()):
            x_adv = quantize((x + self.z.to(x)).clamp(0, 1))
            last, passes = self._look(annotator, x, x_adv, goal, 1), 2
            yield last
        nothing = torch.zeros(len(x), dtype=torch.long, device=x.device)
        return Result(
            x_adv=x_adv,
            achieved=last.certified,
            consistent=consistent(last.logits, goal.true, goal.k),
            norm=last.norm,
            norm_float=last.norm,
            steps=nothing,
            forwards=nothing + passes,
            backwards=nothing,
        )

    def _look(self, annotator: Annotator, x: Tensor, x_adv: Tensor, goal: Goal, index: int) -> Step:
        with torch.no_grad():
            logits = annotator(x_adv)
        margin = goal.margin(logits)
        norm, threshold = l2_norm(x_adv - x), logits.topk(goal.k, dim=1).values[:, -1]
        return Step(index, x_adv, logits, margin, norm, threshold, margin < 0, margin <= -pixel_grid.TOLERANCE)
