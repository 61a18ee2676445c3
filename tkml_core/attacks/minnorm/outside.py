"""How MinNorm begins where a goal has several ways to it, or where another attack's image is given: from beyond the boundary.

From the photo the first gradients decide which negatives rise, and a way that is short but shows only from its other side is
never found. So a run goes out, past the boundary, and comes back by steps of DDN's kind along a smoothed margin, from one
distance after another: they often end in different ways. The primal-dual solver goes on from the shortest success of all.
"""

from collections.abc import Generator

import torch
from torch import Tensor

from tkml_core.attacks.common.batch import BatchState, Evaluation
from tkml_core.attacks.common.rows import add, replace, take
from tkml_core.attacks.minnorm.multipliers import Dual, evaluate_and_record, falling
from tkml_core.goals import Goal
from tkml_core.images import each
from tkml_core.metrics import length
from tkml_core.step import Step

# How far out each start is, in distances to the boundary by linearisation. The first is the best one where there is but one.
DISTANCES = (3.0, 9.0, 1.0, 27.0)
LEAST = 30  # steps of a start: in fewer it does not come back
SOFTNESS = 0.2  # of the first gap: the softmax's temperature, in score units
SHRINK, FINEST_SHRINK = 0.25, 0.05  # by which the norm falls after a success, and grows otherwise: first and last
FINEST_MOVE = 0.1  # of the norm, the last step's length; the first one's is all of it


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
        self.w, self.kappa = torch.zeros_like(state.logits[rows]), torch.zeros_like(self.norm)

    def see(self, won: Tensor, z: Tensor, norm: Tensor, weights: Tensor, size: Tensor) -> None:
        """size (n,): the length of the gradient with these weights. z = −∇ Σ w f fixes how large w is."""
        shorter = won & (norm < self.norm)
        self.norm, self.z = torch.where(shorter, norm, self.norm), torch.where(each(shorter), z, self.z)
        w, kappa = multipliers_of(weights, norm, size)
        self.w, self.kappa = torch.where(shorter[:, None], w, self.w), torch.where(shorter, kappa, self.kappa)


def multipliers_of(weights: Tensor, norm: Tensor, size: Tensor) -> tuple[Tensor, Tensor]:
    """w (n,m) and κ (n,) where ‖z‖ is `norm` (n,), 0–255 units, and the gradient with `weights` (n,m) is `size` (n,) long."""
    return weights * (norm / 255 / size)[:, None], size.square() / weights.square().sum(1).clamp(min=1e-30)


def _smoothed(state: BatchState, evaluation: Evaluation, first_gap: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The smoothed margin's gradient (n,3,H,W), its length (n,), never 0, and the labels' weights (n,m) in it."""
    side, weights = softmax_weights(evaluation.f, evaluation.goal, SOFTNESS * first_gap)
    (gradient,) = torch.autograd.grad(evaluation.logits, evaluation.leaf, -side * weights)
    state.backwards = add(state.backwards, evaluation.rows)
    return gradient, length(gradient).clamp(min=1e-12), weights


def begin_at(state: BatchState, dual: Dual, start: Tensor) -> None:
    """Put the active images at `start` (B,3,H,W), with the w and κ that another attack's success there speaks for."""
    rows = state.active
    state.x_adv = replace(state.x_adv, rows, take(start, rows))
    evaluation = state.evaluate(rows)
    _, size, weights = _smoothed(state, evaluation, take(dual.first_gap, rows))
    w, kappa = multipliers_of(weights, evaluation.norm, size)
    dual.w, dual.kappa = replace(dual.w, rows, w), replace(dual.kappa, rows, kappa)


def start_outside(
    state: BatchState, dual: Dual, steps: int, starts: int
) -> Generator[Step, bool | None, tuple[int, bool | None]]:
    """Leave the active images, after `steps` steps, where the shortest success of so many starts was, with its w and κ.

    Without a success they are at the photo. Fewer starts where each would have fewer than LEAST steps. Returns at which
    step they are, and whether the run was stopped; its last one is the caller's to evaluate.
    """
    starts = min(starts, steps // LEAST)
    if not starts:
        return 0, None
    rows, first_gap = state.active, take(dual.first_gap, state.active)
    x, best = take(state.x, rows), _Best(state, rows)
    at_photo, size, _ = _smoothed(state, evaluate_and_record(state, rows), first_gap)
    if (yield state.step(0)):
        return 0, True
    index = 0
    for number, distance in enumerate(DISTANCES[:starts]):
        epsilon, shortest = distance * first_gap / size, torch.full_like(best.norm, torch.inf)
        z = -each(epsilon / size) * at_photo
        count = (steps - 1) * (number + 1) // starts - index
        for taken in range(1, count + 1):
            state.move(rows, x + z)
            evaluation, index = evaluate_and_record(state, rows), index + 1
            if (yield state.step(index)):
                return index, True
            gradient, steepness, weights = _smoothed(state, evaluation, first_gap)
            won, norm = evaluation.goal.margin(evaluation.f) < -state.required_margin[rows], evaluation.norm / 255
            best.see(won, evaluation.z, evaluation.norm, weights, steepness)
            shortest = torch.where(won, shortest.minimum(norm), shortest)
            move = falling(taken / count, 1, FINEST_MOVE) * torch.minimum(epsilon, norm)
            shrink = falling(taken / count, SHRINK, FINEST_SHRINK)
            epsilon = torch.where(won, (1 - shrink) * epsilon.minimum(shortest), (1 + shrink) * epsilon)
            z = evaluation.z - each(move / steepness) * gradient
            z = each(epsilon / length(z).clamp(min=1e-12)) * z
    dual.w, dual.kappa = replace(dual.w, rows, best.w), replace(dual.kappa, rows, best.kappa)
    state.move(rows, x + best.z)
    return index + 1, None
