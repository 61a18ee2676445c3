"""The smallest perturbation: a primal-dual solver of the exact programme that the paper's losses relax.

    min ½ ‖z‖²   subject to   f_i(x+z) ≥ λ ≥ f_j(x+z)   for every label i above and j below (`Goal.sides`)

With multipliers w ≥ 0, λ (that of Eq. 12) drops out where Σ_above w = Σ_below w, and the optimum is a fixed point,
z = −∇_x (Σ_below w f − Σ_above w f): one gradient, however many labels. `minnorm.md` has what else was tried.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.annotator import Annotator
from tkml_core.attacks.attack import Attack, check_whole
from tkml_core.attacks.run import Look, Run, part
from tkml_core.goals import Cleared, Goal, Hide, Inconsistent, Targeted
from tkml_core.goals.goal import largest, smallest
from tkml_core.grid import HAIRLINE, bisect
from tkml_core.images import quantize
from tkml_core.metrics import NORMS, l2_norm
from tkml_core.step import Step, Steps

INTEGRAL, PROPORTIONAL = 0.4, 0.4  # gains of w, in units of what would close a violation if f were linear
STEPS, HASTE = 100, 4.0  # what these are for; in fewer steps w must learn faster, up to so many times
FIRST, LAST, FINEST = 0.3, 0.02, 0.005  # share of the newest gradient in z: early it must learn, late it must average
AHEAD, NEAR = 0.03, 0.005  # of the first gap, over the run: by how much the goal is to be met
CLOSE = 0.02  # score units: an image at the goal's edge has no gap to measure by
SLOW = 0.2  # share of the newest estimate in κ
BISECTIONS = 6  # forward passes for the best length of a z
STRETCH = (1.05, 1.1, 1.2, 1.35, 1.6, 2.0)  # of z, tried where the steps are over and no success was seen
ROUGH = 0.97  # of the length that the grid search found: where the steps on whole levels begin


@dataclass(frozen=True)
class MinNorm(Attack):
    """z ← (1 − a) z − a ∇_x (Σ_below w f − Σ_above w f), w ← [w + c/κ · violation]_+ with both sides in balance.

    Arrow and Hurwicz's iteration: a proportional term damps w, and κ, the squared length of the last gradient over ‖w‖²
    (a Rayleigh quotient of ∇f ∇fᵀ), makes its gain free of the network's scale. No ε, no β, no constant to search for.

    norm: "l2" or "linf", what is to be small. In L∞ the optimum is z = −‖g‖₁ sign(g), g that gradient: the point where
    ½‖z‖_∞² + ⟨g, z⟩ is least, as −g is for L2. Its length is the dual norm's, ‖g‖₁.

    schedule: the steps in which a falls; 100 is the default, `MinNorm(max_steps=30)` a preview. An image without a success
    by then goes on, more slowly: where dozens of labels crowd around λ it needs to. Goals: all that have `sides`.

    rounded: the last steps, taken on the 8-bit image that x + z rounds to. Among whole levels q, the Lagrangian
    ½‖q‖² + ⟨∇_x w·f, q⟩ is least at round(z) with the z above, so nothing else changes, and w learns what rounding does.
    All steps are at most max_steps; `schedule` has the first claim on them. L2 alone: a small L∞ perturbation rounds to
    nothing, and the grid search ends within a level of the optimum.
    """

    name = "MinNorm"
    goals = (Cleared, Inconsistent, Targeted, Hide)

    max_steps: int = 290
    schedule: int = 100
    rounded: int = 20
    norm: str = "l2"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("schedule", self.schedule, 1)
        check_whole("rounded", self.rounded, 0)
        if self.norm not in NORMS:
            raise ValueError(f"norm = {self.norm!r}: it is {' or '.join(map(repr, NORMS))}.")

    def _run(self, annotator: Annotator, x: Tensor, goal: Goal) -> Run:
        return Run(annotator, x, goal, self.norm)

    def _loop(self, run: Run) -> Steps:
        most = max(self.max_steps - self.rounded, min(self.max_steps, self.schedule))
        dual = _Dual(run, hurry=min(max(1.0, STEPS / max(1, min(self.schedule, most))), HASTE))
        index, stopped = 0, None
        for index in range(most + 1):
            look = _record(run, run.look())
            if index >= self.schedule:
                self._finish(run, look.rows)
            stopped = yield run.step(index)
            if stopped or bool(run.done.all()) or index == most:
                break
            share, beyond = self._schedule(index, most)
            toward = dual.descend(look, beyond)
            run.move(look.rows, part(run.x, look.rows) + (1 - share) * look.z - share * toward)
        _stretch(run, run.live)
        self._finish(run, run.live)
        if not stopped and self.norm == "l2":
            yield from self._on_levels(run, dual, index)
        return run.result()

    def _schedule(self, index: int, most: int) -> tuple[float, float]:
        """Share of the newest gradient in z, falling as a cosine, and by how much of the first gap the goal is to be met."""
        length = min(self.schedule, most)
        if index < length:
            over, first, last = index / length, FIRST, LAST
        else:
            over, first, last = (index - length) / (most - length), LAST, FINEST
        return last + (first - last) * (1 + math.cos(math.pi * over)) / 2, AHEAD + (NEAR - AHEAD) * over

    def _finish(self, run: Run, rows: Tensor) -> None:
        """Shorten the best z of those rows that have one, by bisection of its length, and bring it onto the grid."""
        rows = rows[run.best_norm[rows] < torch.inf]
        if not len(rows):
            return
        z = run.best[rows] - run.x[rows]
        one = torch.ones_like(run.norm[rows])
        scale = bisect(lambda scale: _succeeds(run, rows, _each(scale) * z), 0.9 * one, one, BISECTIONS)
        run.best[rows] = run.x[rows] + _each(scale) * z
        run.best_norm[rows] *= scale
        run.settle(rows)

    def _on_levels(self, run: Run, dual: "_Dual", index: int) -> Generator[Step, bool | None, None]:
        """Go on from the 8-bit successes, on 8-bit images alone, to the shortest of them."""
        rows = (run.done & (run.steps > 0)).nonzero()[:, 0]
        count = min(self.rounded, self.max_steps - index)
        if not len(rows) or count < 1:
            return
        x, goal = run.x[rows], run.goal.select(rows)
        shortest, length = run.x_adv[rows], run.norm[rows]

        def keep(images: Tensor, logits: Tensor) -> Tensor:
            """Keep those that hold and are shorter; returns which hold."""
            norm, holds = l2_norm(images - x), goal.margin(logits) <= -2 * HAIRLINE
            shorter = holds & (norm < length)
            shortest[shorter], length[shorter] = images[shorter], norm[shorter]
            return holds

        def good(scale: Tensor) -> Tensor:
            images = quantize(x + _each(scale) * z)
            run.forwards[rows] += 1
            with torch.no_grad():
                return keep(images, run.annotator(images))

        z = run.best[rows] - x
        scale = _scale_to(ROUGH * length, z)
        z, dual.w[rows] = _each(scale) * z, scale[:, None] * dual.w[rows]
        run.done[rows] = False
        stopped = None
        for taken in range(count + 1):
            run.x_adv[rows] = quantize(x + z)
            look = _record(run, run.look(rows))
            run.certified[rows] = keep(run.x_adv[rows], look.f)
            if taken:
                stopped = yield run.step(index + taken)
            if stopped or taken == count:
                break
            share = LAST + (FIRST - LAST) * (1 - taken / count)
            z = (x + (1 - share) * z - share * dual.descend(look, NEAR)).clamp(0, 1) - x
            run.steps[rows] += 1
        if not stopped:
            bisect(good, torch.full_like(length, 0.97), torch.full_like(length, 1.2), BISECTIONS)
        run.end(rows, shortest)


class _Dual:
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
        kappa, ahead = self.kappa[rows], beyond * self.first_gap[rows] + 2 * run.wanted[rows]
        violation, above, below = _violation(look.f, look.goal, ahead)
        new = kappa == 0
        gain = torch.where(new, 1, 1 / kappa)[:, None]
        held = _balanced(self.w[rows] + self.integral * gain * violation, above, below)
        w = _balanced(held + self.proportional * gain * violation, above, below)
        (by_x,) = torch.autograd.grad(look.logits, look.leaf, torch.where(above, -w, w))
        run.backwards[rows] += 1
        toward = by_x
        if run.measure == "linf":
            toward = _each(by_x.flatten(1).abs().sum(1)) * by_x.sign()
        seen = (by_x * toward).flatten(1).sum(1) / w.square().sum(1).clamp(min=1e-30)
        first = torch.where(new, seen.clamp(min=1e-30), 1)  # everything before the first gradient was with κ = 1
        self.w[rows] = held / first[:, None]
        slow = torch.where(seen > 0, (1 - SLOW) * kappa + SLOW * seen, kappa)
        self.kappa[rows] = torch.where(new, first, slow)
        return toward / _each(first)


def _record(run: Run, look: Look) -> Look:
    """The margin stands for the loss, f_[k] for the threshold."""
    run.record(look, look.goal.margin(look.f), look.f.topk(look.goal.k, dim=1).values[:, -1])
    return look


def _succeeds(run: Run, rows: Tensor, z: Tensor) -> Tensor:
    """Whether z (n,3,H,W) is a success for `rows`; (n,) bool."""
    run.forwards[rows] += 1
    with torch.no_grad():
        logits = run.annotator((run.x[rows] + z).clamp(0, 1))
    return run.goal.select(rows).margin(logits) < -run.wanted[rows]


def _stretch(run: Run, rows: Tensor) -> None:
    """Rows whose steps are over without a success: their z may only be too short."""
    for scale in STRETCH:
        rows = rows[run.best_norm[rows] == torch.inf]
        if not len(rows):
            break
        z = scale * (run.x_adv[rows] - run.x[rows])
        good = _succeeds(run, rows, z)
        longer = (run.x[rows] + z).clamp(0, 1)[good]
        run.best[rows[good]], run.best_norm[rows[good]] = longer, NORMS[run.measure](longer - run.x[rows[good]])


def _each(values: Tensor) -> Tensor:
    """(B,) as (B,1,1,1)."""
    return values[:, None, None, None]


def _scale_to(length: Tensor, z: Tensor) -> Tensor:
    """The factors (B,) that make z (B,3,H,W), in [0,1] units, `length` (B,) long once rounded to whole levels."""

    def reached(scale: Tensor) -> Tensor:
        return l2_norm((255 * _each(scale) * z).round() / 255) >= length

    return bisect(reached, torch.ones_like(length), torch.full_like(length, 8.0), 12)


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
