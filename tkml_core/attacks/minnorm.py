"""The smallest perturbation: a primal-dual solver of the exact programme that the paper's losses relax.

    min ½ ‖z‖²   subject to   f_i(x+z) ≥ λ ≥ f_j(x+z)   for every label i above and j below (`Goal.sides`)

With multipliers w ≥ 0, λ (that of Eq. 12) drops out where Σ_above w = Σ_below w, and the optimum is a fixed point,
z = −∇_x (Σ_below w f − Σ_above w f): one gradient, however many labels. `minnorm.md` has what else was tried.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.attacks.attack import Attack, check_whole
from tkml_core.attacks.run import Run
from tkml_core.goals import Cleared, Goal, Hide, Inconsistent, Targeted
from tkml_core.goals.goal import largest, smallest
from tkml_core.step import Steps

INTEGRAL, PROPORTIONAL = 0.4, 0.4  # gains of w, in units of what would close a violation if f were linear
FIRST, LAST, FINEST = 0.3, 0.02, 0.005  # share of the newest gradient in z: early it must learn, late it must average
AHEAD, NEAR = 0.03, 0.005  # of the first gap, over the run: by how much the goal is to be met
CLOSE = 0.02  # score units: an image at the goal's edge has no gap to measure by
SLOW = 0.2  # share of the newest estimate in κ
BISECTIONS = 6  # forward passes that shorten the best z at the end


@dataclass(frozen=True)
class MinNorm(Attack):
    """z ← (1 − a) z − a ∇_x (Σ_below w f − Σ_above w f), w ← [w + c/κ · violation]_+ with both sides in balance.

    Arrow and Hurwicz's iteration: a proportional term damps w, and κ, the squared length of the last gradient over ‖w‖²
    (a Rayleigh quotient of ∇f ∇fᵀ), makes its gain free of the network's scale. No ε, no β, no constant to search for.

    schedule: the steps in which a falls; 100 is the default, `MinNorm(max_steps=30)` a preview. An image without a success
    by then goes on, more slowly, up to max_steps: where dozens of labels crowd around λ it needs to. Goals: all that have
    `sides`.
    """

    name = "MinNorm"
    goals = (Cleared, Inconsistent, Targeted, Hide)

    max_steps: int = 290
    schedule: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("schedule", self.schedule, 1)

    def _loop(self, run: Run) -> Steps:
        held = torch.zeros_like(run.logits)  # w's integral part, (B,m)
        kappa, first_gap = torch.zeros_like(run.norm), run.goal.margin(run.logits).abs().clamp(min=CLOSE)
        for index in range(self.max_steps + 1):
            rows, goal, leaf, logits, z, f = run.look()
            margin = goal.margin(f)
            run.record(rows, f, margin, f.topk(goal.k, dim=1).values[:, -1])
            if index >= self.schedule:
                self._finish(run, rows)
            if (yield run.step(index)) or bool(run.done.all()) or index == self.max_steps:
                break

            share, beyond = self._schedule(index)
            ahead = beyond * first_gap[rows] + 2 * run.wanted[rows]
            violation, above, below = _violation(f, goal, ahead)
            gain = 1 / kappa[rows] if index else torch.ones_like(margin)
            held_now = _balanced(held[rows] + (INTEGRAL * gain)[:, None] * violation, above, below)
            w = _balanced(held_now + (PROPORTIONAL * gain)[:, None] * violation, above, below)
            (by_x,) = torch.autograd.grad(logits, leaf, torch.where(above, -w, w))
            run.backwards[rows] += 1
            seen = by_x.flatten(1).square().sum(1) / w.square().sum(1).clamp(min=1e-30)
            if index == 0:  # everything so far was with κ = 1
                kappa[rows] = seen.clamp(min=1e-30)
                held_now, by_x = held_now / kappa[rows, None], by_x / kappa[rows, None, None, None]
            else:
                kappa[rows] = torch.where(seen > 0, (1 - SLOW) * kappa[rows] + SLOW * seen, kappa[rows])
            held[rows] = held_now
            run.move(rows, run.x[rows] + (1 - share) * z - share * by_x)
        self._finish(run, run.live)
        return run.result()

    def _schedule(self, index: int) -> tuple[float, float]:
        """Share of the newest gradient in z, falling as a cosine, and by how much of the first gap the goal is to be met."""
        length = min(self.schedule, self.max_steps)
        if index < length:
            over, first, last = index / length, FIRST, LAST
        else:
            over, first, last = (index - length) / (self.max_steps - length), LAST, FINEST
        return last + (first - last) * (1 + math.cos(math.pi * over)) / 2, AHEAD + (NEAR - AHEAD) * over

    def _finish(self, run: Run, rows: Tensor) -> None:
        """Shorten the best z of those rows that have one, by bisection of its length, and bring it onto the grid."""
        rows = rows[run.best_norm[rows] < torch.inf]
        if not len(rows):
            return
        goal, x, z = run.goal.select(rows), run.x[rows], run.best[rows] - run.x[rows]
        low, high = torch.full_like(run.norm[rows], 0.9), torch.ones_like(run.norm[rows])
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            with torch.no_grad():
                good = goal.margin(run.annotator(x + middle[:, None, None, None] * z)) < -run.wanted[rows]
            low, high = torch.where(good, low, middle), torch.where(good, middle, high)
            run.forwards[rows] += 1
        run.best[rows] = x + high[:, None, None, None] * z
        run.best_norm[rows] *= high
        run.settle(rows)


def _violation(f: Tensor, goal: Goal, ahead: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """By how much each label (B,m) is on the wrong side of the middle between the sides, moved `ahead`/2 (B,) outwards."""
    above, below = goal.sides(f)
    middle = ((smallest(f, above) + largest(f, below)) / 2)[:, None]
    violation = torch.where(above, middle - f, f - middle) + ahead[:, None] / 2
    return violation.masked_fill(~(above | below), 0), above, below


def _balanced(u: Tensor, above: Tensor, below: Tensor) -> Tensor:
    """[u ± λ]_+ (B,m) with the λ that makes the sum over `above` ([u + λ]_+) that over `below` ([u − λ]_+).

    The projection of u onto {w ≥ 0, Σ_above w = Σ_below w}; exact, as the difference is linear between its m bends.
    """
    bends = torch.where(above, -u, u).masked_fill(~(above | below), torch.inf)  # (B,m) values of λ
    at = bends[:, :, None] - bends[:, None, :]  # at the i-th bend, how far past the j-th
    rest = (at.clamp(min=0).masked_fill(~above[:, None], 0) + at.clamp(max=0).masked_fill(~below[:, None], 0)).sum(2)
    low, which = bends.masked_fill(~(rest <= 0), -torch.inf).max(1)
    rest = rest.gather(1, which[:, None])[:, 0]
    slope = ((above & (bends <= low[:, None])) | (below & (bends > low[:, None]))).sum(1)
    level = (low - rest / slope.clamp(min=1))[:, None]
    return torch.where(above, u + level, u - level).clamp(min=0).masked_fill(~(above | below), 0)
