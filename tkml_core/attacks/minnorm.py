"""The smallest perturbation: a primal-dual solver of the exact programme that the paper's losses relax.

    min ½ ‖z‖²   subject to   f_i(x+z) ≥ λ ≥ f_j(x+z)   for every label i above and j below (`Goal.sides`)

With multipliers w ≥ 0, λ (that of Eq. 12) drops out where Σ_above w = Σ_below w, and the optimum is a fixed point,
z = −∇_x (Σ_below w f − Σ_above w f): one gradient, however many labels. `minnorm.md` has what else was tried.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.annotator import Annotator
from tkml_core.attacks.attack import Attack, check_whole
from tkml_core.attacks.dual import AHEAD, BISECTIONS, FINEST, FIRST, LAST, NEAR, Dual, look_at
from tkml_core.attacks.levels import on_levels
from tkml_core.attacks.run import Run, plus
from tkml_core.goals import Cleared, Goal, Hide, Inconsistent, Targeted
from tkml_core.grid import bisect
from tkml_core.images import each
from tkml_core.metrics import NORMS
from tkml_core.step import Steps

STEPS, HASTE = 100, 4.0  # steps that the gains of w are for; in fewer, w must learn faster, up to so many times
STRETCH = (1.05, 1.1, 1.2, 1.35, 1.6, 2.0)  # of z, tried where the steps are over and no success was seen


@dataclass(frozen=True)
class MinNorm(Attack):
    """z ← (1 − a) z − a ∇_x (Σ_below w f − Σ_above w f), w ← [w + c/κ · violation]_+ with both sides in balance.

    Arrow and Hurwicz's iteration: a proportional term damps w, and κ, a running mean of the gradient's squared length
    over ‖w‖² (a Rayleigh quotient of ∇f ∇fᵀ), makes its gain free of the network's scale. No ε, no β, no constant to search for.

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
        dual = Dual(run, hurry=min(max(1.0, STEPS / max(1, min(self.schedule, most))), HASTE))
        index, stopped = 0, None
        for index in range(most + 1):
            look = look_at(run)
            if index >= self.schedule and run.succeeded:
                self._finish(run, look.rows)
            stopped = yield run.step(index)
            if stopped or not len(run.live) or index == most:
                break
            share, beyond = self._schedule(index, most)
            toward = dual.descend(look, beyond)
            run.move(look.rows, look.leaf.detach().sub(look.z + toward, alpha=share))
        run.catch_up()
        _stretch(run, run.live)
        self._finish(run, run.live)
        if not stopped and self.norm == "l2":
            yield from on_levels(run, dual, index, min(self.rounded, self.max_steps - index))
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
        scale = bisect(lambda scale: _succeeds(run, rows, each(scale) * z), 0.9 * one, one, BISECTIONS)
        run.keep(rows, run.x[rows] + each(scale) * z, run.best_norm[rows] * scale)
        run.settle(rows)


def _succeeds(run: Run, rows: Tensor, z: Tensor) -> Tensor:
    """Whether z (n,3,H,W) is a success for `rows`; (n,) bool."""
    run.forwards = plus(run.forwards, rows)
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
        run.keep(rows[good], longer, NORMS[run.measure](longer - run.x[rows[good]]))
