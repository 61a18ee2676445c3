"""The multipliers of MinNorm's programme, and what its steps before and after rounding share."""

import math

import torch
from torch import Tensor

from tkml_core.attacks.run import Look, Run, part, plus, put
from tkml_core.goals import Goal
from tkml_core.goals.goal import largest, smallest
from tkml_core.images import each
from tkml_core.metrics import PIXELS

INTEGRAL, PROPORTIONAL = 0.4, 0.4  # gains of w, in units of what would close a violation if f were linear
CLOSE = 0.02  # score units: an image at the goal's edge has no gap to measure by
SLOW = 0.2  # share of the newest estimate in κ
FIRST, LAST, FINEST = 0.3, 0.02, 0.005  # share of the newest gradient in z: early it must learn, late it must average
AHEAD, NEAR = 0.03, 0.005  # of the first gap, over the run: by how much the goal is to be met
BISECTIONS = 6  # forward passes for the best length of a z


def look_at(run: Run, rows: Tensor | None = None) -> Look:
    """Evaluate and record the live images, or those of `rows`. The margin stands for the loss, f_[k] for the threshold."""
    look = run.look(rows)
    run.record(look, look.goal.margin(look.f), look.f.topk(look.goal.k, dim=1).values[:, -1])
    return look


class Dual:
    """The multipliers w (B,m) ≥ 0, one a label, and how strongly they pull; `hurry` ≥ 1: how much faster than usual."""

    def __init__(self, run: Run, hurry: float) -> None:
        self.run = run
        self.integral, self.proportional = INTEGRAL * hurry, PROPORTIONAL * math.sqrt(hurry)
        self.w = torch.zeros_like(run.logits)  # the integral part
        self.kappa = torch.zeros_like(run.norm)  # 0 until there was a gradient
        self.first_gap = run.goal.margin(run.logits).abs().clamp(min=CLOSE)

    def descend(self, look: Look, beyond: float) -> Tensor:
        """Move w by the violations that were seen; returns −z (n,3,H,W) for the z that is best for this w.

        In L2 that is the gradient of Σ_below w f − Σ_above w f.
        """
        rows, run = look.rows, self.run
        kappa, ahead = part(self.kappa, rows), beyond * part(self.first_gap, rows) + 2 * part(run.wanted, rows)
        side, violation = _violation(look.f, look.goal, ahead)
        new = kappa == 0
        gain = torch.where(new, 1, 1 / kappa)[:, None]
        held = balanced(part(self.w, rows) + self.integral * gain * violation, side)
        w = balanced(held + self.proportional * gain * violation, side)
        (by_x,) = torch.autograd.grad(look.logits, look.leaf, -side * w)
        run.backwards = plus(run.backwards, rows)
        toward = by_x
        if run.measure == "linf":
            toward = each(by_x.abs().sum(PIXELS)) * by_x.sign()
        seen = (by_x * toward).sum(PIXELS) / w.square().sum(1).clamp(min=1e-30)
        first = torch.where(new, seen.clamp(min=1e-30), 1)  # everything before the first gradient was with κ = 1
        self.w = put(self.w, rows, held / first[:, None])
        slow = torch.where(seen > 0, (1 - SLOW) * kappa + SLOW * seen, kappa)
        self.kappa = put(self.kappa, rows, torch.where(new, first, slow))
        return toward / each(first)


def _violation(f: Tensor, goal: Goal, ahead: Tensor) -> tuple[Tensor, Tensor]:
    """Each label's side (B,m), 1 above, −1 below and 0 neither, and by how much it is on the wrong one.

    That is, of the middle between the sides, moved `ahead`/2 (B,) outwards.
    """
    above, below = goal.sides(f)
    side = above.to(f.dtype) - below.to(f.dtype)
    middle = (smallest(f, above) + largest(f, below)) / 2
    return side, side * (middle[:, None] - f) + (ahead / 2)[:, None] * side.abs()


def balanced(u: Tensor, side: Tensor) -> Tensor:
    """[u + side·λ]_+ (B,m), 0 where side is 0, with the λ that makes the sums of both sides equal; side as above.

    The projection of u onto {w ≥ 0, Σ_above w = Σ_below w}; exact, as the difference is linear between its m bends.
    """
    bends = -side * u  # (B,m) values of λ
    past = (side[:, None] * (bends[:, :, None] - bends[:, None])).clamp(min=0)  # at the i-th bend: [u_j + side_j λ]_+
    rest = (side[:, None] * past).sum(2)  # the difference of the sums there; it grows with λ
    low, which = bends.masked_fill(rest > 0, -torch.inf).max(1, keepdim=True)
    slope = (((bends <= low) == (side > 0)) & (side != 0)).sum(1, keepdim=True)
    level = low - rest.gather(1, which) / slope.clamp(min=1)
    return (u + side * level).clamp(min=0) * side.abs()
