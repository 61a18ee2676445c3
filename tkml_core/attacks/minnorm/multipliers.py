"""The multipliers of MinNorm's programme, and what its steps before and after rounding share."""

import math

import torch
from torch import Tensor

from tkml_core.attacks.common.batch import BatchState, Evaluation
from tkml_core.attacks.common.rows import add, replace, take
from tkml_core.goals import Goal
from tkml_core.goals.goal import largest, smallest
from tkml_core.images import each
from tkml_core.metrics import PIXELS

INTEGRAL, PROPORTIONAL = 0.4, 0.4  # gains of w, in units of what would close a violation if f were linear
MIN_GAP = 0.02  # score units: an image at the goal's edge has no gap to measure by
KAPPA_RATE = 0.2  # share of the newest estimate in κ
FIRST, LAST, FINEST = 0.3, 0.02, 0.005  # share of the newest gradient in z: early it must learn, late it must average
OVERSHOOT, SLACK = 0.03, 0.005  # of the first gap: by how much the goal is to be met, at first and at the end
NEWTON = 2  # steps that make λ exact
BISECTIONS = 6  # forward passes for the best length of a z


def evaluate_and_record(state: BatchState, rows: Tensor | None = None) -> Evaluation:
    """Evaluate and record the active images, or those of `rows`. The margin stands for the loss, f_[k] for the threshold."""
    evaluation = state.evaluate(rows)
    f, goal = evaluation.f, evaluation.goal
    state.record(evaluation, goal.margin(f), f.topk(goal.k, dim=1).values[:, -1])
    return evaluation


def falling(over: float, first: float, last: float) -> float:
    """From `first` to `last` along a half cosine, as `over` goes from 0 to 1."""
    return last + (first - last) * (1 + math.cos(math.pi * over)) / 2


class Dual:
    """The multipliers w (B,m) ≥ 0, one a label, and how strongly they pull; `rate_multiplier` ≥ 1: of their gains."""

    def __init__(self, state: BatchState, rate_multiplier: float) -> None:
        self.state = state
        self.integral, self.proportional = INTEGRAL * rate_multiplier, PROPORTIONAL * math.sqrt(rate_multiplier)
        self.w = torch.zeros_like(state.logits)  # the integral part
        self.kappa = torch.zeros_like(state.norm)  # 0 until there was a gradient
        self.first_gap = (state.goal.margin(state.logits) + state.confidence).abs().clamp(min=MIN_GAP)

    def descend(self, evaluation: Evaluation, overshoot: float) -> Tensor:
        """Move w by the violations that were seen; returns −z (n,3,H,W) for the z that is best for this w.

        In L2 that is the gradient of Σ_below w f − Σ_above w f.
        """
        rows, state = evaluation.rows, self.state
        kappa = take(self.kappa, rows)
        # Twice what rounding asks for besides the confidence: the multipliers take a while to follow.
        required = overshoot * take(self.first_gap, rows) + 2 * take(state.required_margin, rows) - state.confidence
        side, violation = _violation(evaluation.f, evaluation.goal, required)
        new = kappa == 0
        gain = torch.where(new, 1, 1 / kappa)[:, None]
        held = balanced(take(self.w, rows) + self.integral * gain * violation, side)
        w = balanced(held + self.proportional * gain * violation, side)
        (by_x,) = torch.autograd.grad(evaluation.logits, evaluation.leaf, -side * w)
        state.backwards = add(state.backwards, rows)
        toward = by_x
        if state.measure == "linf":
            toward = each(by_x.abs().sum(PIXELS)) * by_x.sign()
        seen = (by_x * toward).sum(PIXELS) / w.square().sum(1).clamp(min=1e-30)
        first = torch.where(new, seen.clamp(min=1e-30), 1)  # everything before the first gradient was with κ = 1
        self.w = replace(self.w, rows, held / first[:, None])
        averaged = torch.where(seen > 0, (1 - KAPPA_RATE) * kappa + KAPPA_RATE * seen, kappa)
        self.kappa = replace(self.kappa, rows, torch.where(new, first, averaged))
        return toward / each(first)


def _violation(f: Tensor, goal: Goal, required: Tensor) -> tuple[Tensor, Tensor]:
    """Each label's side (B,m), 1 above, −1 below and 0 neither, and by how much it is on the wrong one.

    That is, of the middle between the sides, moved `required`/2 (B,) outwards.
    """
    above, below = goal.sides(f)
    side = above.to(f.dtype) - below.to(f.dtype)
    middle = (smallest(f, above) + largest(f, below)) / 2
    return side, side * (middle[:, None] - f) + (required / 2)[:, None] * side.abs()


def balanced(u: Tensor, side: Tensor) -> Tensor:
    """[u + side·λ]_+ (B,m), 0 where side is 0, with the λ that makes the sums of both sides equal; side as above.

    The projection of u onto {w ≥ 0, Σ_above w = Σ_below w}. The difference of the sums grows with λ and is linear between its
    m bends, so that sorting them finds the piece on which it is zero. Its values there are sums of up to m terms one after
    the other, whose float32 errors matter among thousands of labels; Newton's steps, from the labels that are above zero at
    the λ found, take them out.
    """
    bends, order = (-side * u).sort(
        1
    )  # (B,m) values of λ, each where the difference changes its slope by one or not at all
    slope = (side < 0).sum(1, keepdim=True) + side.gather(1, order).cumsum(1)  # beyond each bend
    first = (side.clamp(max=0) * (u - bends[:, :1]).clamp(min=0)).sum(
        1, keepdim=True
    )  # below the first bend no label above is
    rest = torch.cat([first, first + (slope[:, :-1] * bends.diff(dim=1)).cumsum(1)], 1)  # the difference at each bend
    last = ((rest <= 0).sum(1, keepdim=True) - 1).clamp(min=0)  # the last bend at which it is not above zero
    level = bends.gather(1, last) - rest.gather(1, last) / slope.gather(1, last).clamp(min=1)
    for _ in range(NEWTON):
        w = (u + side * level).clamp(min=0) * side.abs()
        level = level - (side * w).sum(1, keepdim=True) / (w > 0).sum(1, keepdim=True).clamp(min=1)
    return (u + side * level).clamp(min=0) * side.abs()
