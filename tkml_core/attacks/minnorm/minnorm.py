"""The smallest perturbation: a primal-dual solver of the exact programme that the paper's losses relax.

    min ½ ‖z‖²   subject to   f_i(x+z) ≥ λ ≥ f_j(x+z)   for every label i above and j below (`Goal.sides`)

With multipliers w ≥ 0, λ (that of Eq. 12) drops out where Σ_above w = Σ_below w, and the optimum is a fixed point,
z = −∇_x (Σ_below w f − Σ_above w f): one gradient, however many labels. `minnorm.md` has what else was tried.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from tkml_core.annotator import Annotator
from tkml_core.attacks.common.base import Attack, check_whole
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.rows import add, replace, take
from tkml_core.attacks.minnorm.multipliers import (
    BISECTIONS,
    FINEST,
    FIRST,
    LAST,
    OVERSHOOT,
    SLACK,
    Dual,
    evaluate_and_record,
    falling,
)
from tkml_core.attacks.minnorm.outside import DISTANCES, begin_at, start_outside
from tkml_core.attacks.minnorm.rounded import on_levels
from tkml_core.goals import Cleared, Goal, Hide, Inconsistent, Targeted
from tkml_core.images import check_pixels, each, quantize
from tkml_core.metrics import NORMS, length
from tkml_core.pixel_grid import bisect, holds, overdue
from tkml_core.step import Steps

STEPS, MOST_RATE = 100, 4.0  # steps that the gains of w are for; in fewer, w must learn faster, up to so many times
PATIENCE = 20  # steps after the schedule's in which the best norm must fall by a per cent, or the image ends
STRETCH = (1.05, 1.1, 1.2, 1.35, 1.6, 2.0)  # of z, tried where the steps are over and no success was seen


@dataclass(frozen=True)
class MinNorm(Attack):
    """z ← (1 − a) z − a ∇_x (Σ_below w f − Σ_above w f), w ← [w + c/κ · violation]_+ with both sides in balance.

    Arrow and Hurwicz's iteration: a proportional term damps w, and κ, a running mean of the gradient's squared length
    over ‖w‖² (a Rayleigh quotient of ∇f ∇fᵀ), makes its gain free of the network's scale. No ε, no β, no constant to search for.

    norm: "l2" or "linf", what is to be small. In L∞ the optimum is z = −‖g‖₁ sign(g), g that gradient: the point where
    ½‖z‖_∞² + ⟨g, z⟩ is least, as −g is for L2. Its length is the dual norm's, ‖g‖₁.

    schedule: the steps in which a falls. After them an image goes on, more slowly, as long as its best norm falls or it has no
    success yet: where dozens of labels crowd around λ it needs to. Goals: all that have `sides`.

    trust: from the photo no step is longer than so many times the first, which is what the gradient there asks for (more, where
    there are few steps), until half of the schedule has brought no success; inf: any length. On hard targets that
    gradient says little of what is far off: without a bound z is thrown out and wanders.

    starts: for goals with several ways (`Goal.several_ways`) in L2, from how many places beyond the boundary at most the run
    comes back to find the way (`outside.py`), before the schedule goes on from the shortest success: two thirds of the steps
    or more are theirs. 0: from the photo, as with other goals.

    rounded: the last steps, taken on the 8-bit image that x + z rounds to. Among whole levels q, the Lagrangian
    ½‖q‖² + ⟨∇_x w·f, q⟩ is least at round(z) with the z above, so nothing else changes, and w learns what rounding does.
    All steps are at most max_steps; `schedule` has the first claim on them, then `rounded`. L2 alone: a small L∞
    perturbation rounds to nothing, and the grid search ends within a level of the optimum.
    """

    name = "MinNorm"
    goals = (Cleared, Inconsistent, Targeted, Hide)

    max_steps: int = 290
    schedule: int = 100
    rounded: int = 20
    starts: int = len(DISTANCES)
    trust: float = 1.0
    norm: str = "l2"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("schedule", self.schedule, 1)
        check_whole("rounded", self.rounded, 0)
        check_whole("starts", self.starts, 0)
        if self.starts > len(DISTANCES):
            raise ValueError(
                f"starts = {self.starts}: there are {len(DISTANCES)} places outside to start from at most."
            )
        if not self.trust > 0:
            raise ValueError(f"trust = {self.trust}: a number above 0 is expected, inf for no bound.")
        if self.norm not in NORMS:
            raise ValueError(f"norm = {self.norm!r}: it is {' or '.join(map(repr, NORMS))}.")

    @classmethod
    def preview(cls) -> Self:
        """The least effort, for a first look: 30 gradients."""
        return cls(max_steps=30)

    @classmethod
    def thorough(cls) -> Self:
        """The most effort, what others are measured by: up to 1000 gradients, in a slower schedule."""
        return cls(max_steps=1000, schedule=300)

    def _state(self, annotator: Annotator, x: Tensor, goal: Goal) -> BatchState:
        return BatchState(annotator, x, goal, self.norm, self.confidence)

    def steps(self, annotator: Annotator, x: Tensor, goal: Goal, start: Tensor | None = None) -> Steps:
        """As of every attack. start (B,3,H,W): images to go on from in place of x, such as what another attack found.

        Step 0 is then `start`, and where its 8-bit image meets the goal the result's change is no larger than that one's.
        """
        self.check(goal)
        state = self._state(annotator, x, goal)
        if start is not None:
            check_pixels(start)
            if start.shape != x.shape:
                raise ValueError(f"start has shape {tuple(start.shape)}; as the images, it must have {tuple(x.shape)}.")
            state.start = start.detach().to(state.x)
        return self._begin(state)

    def _loop(self, state: BatchState) -> Steps:
        most = max(self.max_steps - self.rounded, min(self.max_steps, self.schedule))
        faster = min(max(1.0, STEPS / max(1, min(self.schedule, most))), MOST_RATE)
        dual = Dual(state, rate_multiplier=faster)
        begin, stopped = 0, None
        if state.start is not None:
            begin_at(state, dual, state.start)
        elif self.norm == "l2" and state.goal.several_ways:
            steps = most - min(self.schedule, most // 3)
            begin, stopped = yield from start_outside(state, dual, steps, self.starts)
        index = begin
        longest = torch.full_like(state.norm, torch.inf)
        least, idle = state.best_norm, torch.zeros_like(state.best_norm)
        for index in range(begin, most + 1):
            if stopped:
                break
            evaluation = evaluate_and_record(state)
            idle, least = torch.where(state.best_norm < least, 0, idle + 1), state.best_norm
            if index - begin >= self.schedule and state.succeeded:
                self._finish(state, evaluation.rows[idle[evaluation.rows] >= PATIENCE])
            stopped = yield state.step(index)
            if stopped or not len(state.active) or index == most:
                break
            share, overshoot = self._schedule(index - begin, most - begin)
            rows, w = evaluation.rows, dual.w
            toward = dual.descend(evaluation, overshoot)
            move = share * (evaluation.z + toward)
            size = length(move)
            if index == 0 and state.start is None and self.trust < torch.inf:
                longest = replace(longest, rows, faster * self.trust * size)
            elif index == min(self.schedule, most) // 2:
                longest = torch.where(state.best_norm < torch.inf, longest, torch.inf)
            within = (take(longest, rows) / size.clamp(min=1e-12)).clamp(max=1)
            if index:  # w must not go on growing for what z was kept from doing
                dual.w = replace(dual.w, rows, take(w, rows).lerp(take(dual.w, rows), within[:, None]))
            state.move(rows, evaluation.leaf.detach() - each(within) * move)
        state.read_pending()
        _stretch(state, state.active)
        self._finish(state, state.active)
        if state.start is not None:
            _keep_start(state, state.start)
        if not stopped and self.norm == "l2":
            yield from on_levels(state, dual, index, min(self.rounded, self.max_steps - index))
        return state.result()

    def _schedule(self, index: int, most: int) -> tuple[float, float]:
        """Share of the newest gradient in z, falling as a cosine, and by how much of the first gap the goal is to be met."""
        length = min(self.schedule, most)
        if index < length:
            over, first, last = index / length, FIRST, LAST
        else:
            over, first, last = (index - length) / (most - length), LAST, FINEST
        return falling(over, first, last), OVERSHOOT + (SLACK - OVERSHOOT) * over

    def _finish(self, state: BatchState, rows: Tensor) -> None:
        """Shorten the best z of those rows that have one, by bisection of its length, and bring it onto the grid."""
        rows = rows[state.best_norm[rows] < torch.inf]
        if not len(rows):
            return
        z = state.best[rows] - state.x[rows]
        one = torch.ones_like(state.norm[rows])
        scale = bisect(lambda scale: _succeeds(state, rows, each(scale) * z), 0.9 * one, one, BISECTIONS)
        state.keep(rows, state.x[rows] + each(scale) * z, state.best_norm[rows] * scale)
        state.settle(rows)


def _succeeds(state: BatchState, rows: Tensor, z: Tensor) -> Tensor:
    """Whether z (n,3,H,W) is a success for `rows`; (n,) bool."""
    state.forwards = add(state.forwards, rows)
    with torch.no_grad():
        logits = state.annotator((state.x[rows] + z).clamp(0, 1))
    return state.goal.select(rows).margin(logits) < -state.required_margin[rows]


def _keep_start(state: BatchState, start: Tensor) -> None:
    """End images on the 8-bit image that they began at where it meets the goal and nothing shorter was found."""
    image = quantize(start)
    size = NORMS[state.measure](image - state.x)
    found = torch.where(state.done, NORMS[state.measure](state.x_adv - state.x), torch.inf)
    rows = (size < found).nonzero()[:, 0]
    rows = rows[holds(state.annotator, state.goal.select(rows), image[rows], state.confidence)] if len(rows) else rows
    if len(rows):
        state.keep(rows, image[rows], size[rows])
        state.end(rows, image[rows])


def _stretch(state: BatchState, rows: Tensor) -> None:
    """Rows whose steps are over without a success: their z may only be too short."""
    late = overdue.get()
    for scale in STRETCH:
        rows = rows[state.best_norm[rows] == torch.inf]
        if not len(rows):
            break
        if scale < STRETCH[-1] and late():
            continue
        z = scale * (state.x_adv[rows] - state.x[rows])
        good = _succeeds(state, rows, z)
        longer = (state.x[rows] + z).clamp(0, 1)[good]
        state.keep(rows[good], longer, NORMS[state.measure](longer - state.x[rows[good]]))
