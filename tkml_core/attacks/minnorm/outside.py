"""MinNorm's later starts: from beyond the boundary, where a goal has several ways to it and another may be shorter.

A run from the photo comes to the way that is nearest by linearisation. A run that comes back from outside settles where the
network, as it is out there, is crossed first: often the same way, sometimes a clearly shorter one. The smaller counts.
"""

import copy
from collections.abc import Generator

import torch
from torch import Tensor

from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.rows import add, replace, take
from tkml_core.attacks.minnorm.multipliers import FIRST, LAST, OVERSHOOT, SLACK, Dual, evaluate_and_record, falling
from tkml_core.goals import Goal
from tkml_core.images import each
from tkml_core.metrics import length
from tkml_core.step import Step

OUTSIDE, INSIDE = 20, 80  # steps of the way back to the boundary, and of the primal-dual solver from there
BEYOND = (
    1.5  # of the distance to the boundary by linearisation: how far out the first such start is, each next twice that
)
SOFTNESS = 0.2  # of the first gap: the softmax's temperature, in score units
SHRINK, FINEST_SHRINK = 0.25, 0.05  # by which the norm falls after a success, and grows otherwise: first and last
FINEST_MOVE = 0.1  # of the norm, the last step's length; the first one's is all of it
HALFWAY, FAR = 50, 1.25  # a start whose best is so many times the best of all, after so many steps, ends


def softmax_weights(f: Tensor, goal: Goal, temperature: Tensor) -> tuple[Tensor, Tensor]:
    """Each label's side (B,m), ±1 or 0, and its weight (B,m) in the smoothed margin's gradient; a side's weights add to 1."""
    above, below = goal.sides(f)
    sharp = f / temperature[:, None]
    low, high = (-sharp).masked_fill(~above, -torch.inf), sharp.masked_fill(~below, -torch.inf)
    return above.to(f.dtype) - below.to(f.dtype), low.softmax(1) + high.softmax(1)


class _Best:
    """Of each row (n,), the shortest success of one start: its z, its norm (0–255 units), and what w and κ are there."""

    def __init__(self, state: BatchState, rows: Tensor) -> None:
        self.norm = torch.full_like(state.norm[rows], torch.inf)
        self.z = torch.zeros_like(state.x[rows])
        self.w, self.kappa = torch.zeros_like(state.logits[rows]), torch.ones_like(self.norm)

    def see(self, won: Tensor, z: Tensor, norm: Tensor, weights: Tensor, size: Tensor) -> None:
        """size (n,): the length of the gradient with these weights. z = −∇ Σ w f fixes how large w is."""
        shorter = won & (norm < self.norm)
        self.norm, self.z = torch.where(shorter, norm, self.norm), torch.where(each(shorter), z, self.z)
        w, kappa = multipliers_of(weights, norm, size)
        self.w, self.kappa = torch.where(shorter[:, None], w, self.w), torch.where(shorter, kappa, self.kappa)


def multipliers_of(weights: Tensor, norm: Tensor, size: Tensor) -> tuple[Tensor, Tensor]:
    """w (n,m) and κ (n,) where ‖z‖ is `norm` (n,), 0–255 units, and the gradient with `weights` (n,m) is `size` (n,) long."""
    return weights * (norm / 255 / size)[:, None], size.square() / weights.square().sum(1).clamp(min=1e-30)


def begin_at(state: BatchState, dual: Dual, start: Tensor) -> None:
    """Put the active images at `start` (B,3,H,W), with the w and κ that another attack's success there speaks for."""
    rows = state.active
    state.x_adv = replace(state.x_adv, rows, take(start, rows))
    evaluation = state.evaluate(rows)
    side, weights = softmax_weights(evaluation.f, evaluation.goal, SOFTNESS * take(dual.first_gap, rows))
    (gradient,) = torch.autograd.grad(evaluation.logits, evaluation.leaf, -side * weights)
    state.backwards = add(state.backwards, rows)
    w, kappa = multipliers_of(weights, evaluation.norm, length(gradient).clamp(min=1e-12))
    dual.w, dual.kappa = replace(dual.w, rows, w), replace(dual.kappa, rows, kappa)


def start_outside(
    state: BatchState, dual: Dual, rows: Tensor, index: int, count: int, number: int
) -> Generator[Step, bool | None, tuple[int, bool | None]]:
    """Run `rows` (n,), that are not done, from outside for `count` steps at most; returns the last index, and whether stopped.

    index: of the Step before. number: 1 for the first such start. Successes are the state's to keep, where they are
    shorter than what it has; w and κ of those rows become this start's.
    """
    own = copy.copy(dual)
    first_gap, taken = take(dual.first_gap, rows), 0
    best, before = _Best(state, rows), state.best_norm[rows]
    state.x_adv = replace(state.x_adv, rows, state.x[rows])
    epsilon = torch.zeros_like(first_gap)
    while True:
        evaluation = evaluate_and_record(state, rows)
        if taken and (yield state.step(index + taken)):
            return index + taken, True
        if taken == OUTSIDE:
            break
        won = evaluation.goal.margin(evaluation.f) < -state.required_margin[rows]
        side, weights = softmax_weights(evaluation.f, evaluation.goal, SOFTNESS * first_gap)
        (gradient,) = torch.autograd.grad(evaluation.logits, evaluation.leaf, -side * weights)
        state.backwards = add(state.backwards, rows)
        size, norm = length(gradient).clamp(min=1e-12), evaluation.norm / 255
        if taken == 0:
            epsilon = BEYOND * 2 ** (number - 1) * first_gap / size
            z = -each(epsilon / size) * gradient
        else:
            best.see(won, evaluation.z, evaluation.norm, weights, size)
            move = falling(taken / OUTSIDE, 1, FINEST_MOVE) * torch.minimum(epsilon, norm)
            shrink = falling(taken / OUTSIDE, SHRINK, FINEST_SHRINK)
            z = evaluation.z - each(move / size) * gradient
            epsilon = torch.where(won, (1 - shrink) * epsilon.minimum(best.norm / 255), (1 + shrink) * epsilon)
            z = each(epsilon / length(z).clamp(min=1e-12)) * z
        state.move(rows, state.x[rows] + z)
        taken += 1

    found = (best.norm < torch.inf).nonzero()[:, 0]
    rows, before, nearest = rows[found], before[found], best.norm[found]
    own.w, own.kappa = replace(own.w, rows, best.w[found]), replace(own.kappa, rows, best.kappa[found])
    state.x_adv = replace(state.x_adv, rows, state.x[rows] + best.z[found])
    steps = min(INSIDE, count - taken)
    for step in range(steps + 1):
        if taken == HALFWAY:
            near = nearest < FAR * before
            rows, before, nearest = rows[near], before[near], nearest[near]
        if not len(rows):
            break
        evaluation = evaluate_and_record(state, rows)
        won = evaluation.goal.margin(evaluation.f) < -state.required_margin[rows]
        nearest = torch.where(won, nearest.minimum(evaluation.norm), nearest)
        if step and (yield state.step(index + taken)):
            return index + taken, True
        if step == steps:
            break
        share, overshoot = falling(step / steps, FIRST, LAST), OVERSHOOT + (SLACK - OVERSHOOT) * step / steps
        toward = own.descend(evaluation, overshoot)
        state.move(rows, evaluation.leaf.detach().sub(evaluation.z + toward, alpha=share))
        taken += 1
    state.read_pending()
    better = rows[state.best_norm[rows] < before]
    dual.w, dual.kappa = (replace(of, better, now[better]) for of, now in ((dual.w, own.w), (dual.kappa, own.kappa)))
    return index + taken, None
