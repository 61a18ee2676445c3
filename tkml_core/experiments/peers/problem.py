"""What a peer is given: photos, the goal's margin with its gradient, and the best success that was seen."""

from typing import NamedTuple

import torch
from torch import Tensor

import tkml_core as tk
from tkml_core.images import each
from tkml_core.metrics import PIXELS

SOFTNESS = 0.2  # of the first gap: the temperature at which each side's labels share the smoothed margin's gradient


def length(z: Tensor) -> Tensor:
    """‖z‖₂ (B,) of (B,3,H,W), in [0,1] units; never 0, as it is what one divides by."""
    return z.square().sum(PIXELS).sqrt().clamp(min=1e-12)


class Seen(NamedTuple):
    """An evaluation at x + z; no graphs."""

    margin: Tensor  # (B,) the goal's exact one, < 0 a success
    gradient: Tensor  # (B,3,H,W) of the exact margin, or of the smoothed one
    won: Tensor  # (B,) bool
    ratio: Tensor  # (B,) margin over the spread of the scores, f_[1] − f_[k+2]: no longer in score units
    ratio_gradient: Tensor  # (B,3,H,W) with the spread held fixed


class Problem:
    """Minimise ‖z‖₂ subject to margin(x + z) < 0 and x + z in [0,1]: `see` costs one gradient.

    x (B,3,H,W) in [0,1]; a goal with one row an image. smooth: gradients are those of the margin with a softmax over each
    side's labels in place of the worst label; what counts as a success stays exact.
    """

    def __init__(self, annotator: tk.Annotator, x: Tensor, goal: tk.Goal, smooth: bool = False) -> None:
        self.annotator, self.x, self.goal, self.smooth = annotator, x, goal, smooth
        with torch.no_grad():
            self.gap = goal.margin(annotator(x)).abs().clamp(min=0.02)  # (B,) score units
        self.best = x.clone()
        self.best_length = torch.full_like(self.gap, torch.inf)
        self.farthest = length(torch.maximum(x, 1 - x))  # (B,) no z in the box is longer
        self.gradients = 0

    def see(self, z: Tensor) -> Seen:
        """Evaluate x + z, which is in the box, and keep it where it is the shortest success so far."""
        leaf = (self.x + z).detach().requires_grad_()
        with torch.enable_grad():
            aimed, spread = self.judge(leaf)
            (gradient,) = torch.autograd.grad(aimed.sum(), leaf)
        margin = aimed.detach()
        return Seen(margin, gradient, margin < 0, margin / spread, gradient / each(spread))

    def judge(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The exact margin (B,) at x (B,3,H,W), whose gradient is the smoothed one's if so, and the spread of the scores (B,).

        A success is kept where it is the shortest so far. Counts as a gradient.
        """
        logits = self.annotator(x)
        exact = self.goal.margin(logits)
        self.gradients += 1
        shown, scores = x.detach(), logits.detach()
        size = length(shown - self.x)
        shorter = (exact.detach() < 0) & (size < self.best_length)
        self.best = torch.where(each(shorter), shown, self.best)
        self.best_length = torch.where(shorter, size, self.best_length)
        ordered = scores.sort(dim=1, descending=True).values
        spread = (ordered[:, 0] - ordered[:, min(self.goal.k + 1, scores.shape[1] - 1)]).clamp(min=1e-6)
        if not self.smooth:
            return exact, spread
        smoothed = self._smoothed(logits)
        return exact.detach() + (smoothed - smoothed.detach()), spread

    def box(self, z: Tensor) -> Tensor:
        """z (B,3,H,W) after x + z is clamped to [0,1]."""
        return (self.x + z).clamp(0, 1) - self.x

    def _smoothed(self, logits: Tensor) -> Tensor:
        above, below = self.goal.sides(logits.detach())
        sharp = 1 / (SOFTNESS * self.gap)[:, None]
        high = (logits * sharp).masked_fill(~below, -torch.inf).logsumexp(1)
        low = (-logits * sharp).masked_fill(~above, -torch.inf).logsumexp(1)
        return (high + low) / sharp[:, 0]
