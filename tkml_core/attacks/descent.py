"""The loop of the paper's gradient attacks, Algorithms 1 and 2: subgradient steps for z and λ inside the box [0,1]."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.attacks.base import LARGEST, Attack, check_beta_and_momentum, check_whole
from tkml_core.attacks.batch import BatchState
from tkml_core.attacks.rows import add, replace, take
from tkml_core.goals import Goal, Targeted
from tkml_core.images import each
from tkml_core.losses import Objective
from tkml_core.metrics import length
from tkml_core.step import Steps

STALL = 10  # steps without a margin 2 % better before the first success: then plain steps zigzag between hinges
FINER, FINEST = 0.5, 0.1  # an image that stalls takes so much shorter steps each time, down to this share of `step`
BEYOND = 0.1  # of the first gap: aim a little past the goal, or Polyak's steps would only creep up to it
SHORTER = 0.05  # share of z that one step's β term takes away at most: where no hinge is active it is all there is
LONGEST = 0.005  # root mean square of one step in [0,1] pixel units: linearisation says nothing beyond about one level


@dataclass(frozen=True)
class Descent(Attack):
    """Settings and loop of TkML-AP-U, TkML-AP-T and ML-AP: z ← z − η (βz + ∂L/∂z), λ ← λ − η ∂L/∂λ, box [0,1].

    The paper leaves η_l open. Here it is Polyak's (1969), η_l = step · gap_l / ‖βz_l + ∂L/∂z‖², so that it adapts to each
    annotator, image and iterate: `gap` is what is missing to the goal, in score units, and `step` the share of the way,
    by linearisation, that one update goes. An image that stalls before its first success (STALL) takes finer steps, each
    along a running mean of its directions: where many labels must pass each other, single steps undo each other.

    step: in (0, 2). beta: β of Eq. 8 and 12. momentum: share of the last direction in that
    running mean; 0 keeps to the paper's letter throughout. score_space: "logits", or "probability", the paper's letter:
    f and λ in [0,1], where saturated scores lose their gradient.
    """

    step: float = 0.5
    beta: float = 0.01
    momentum: float = 0.9
    score_space: str = "logits"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.step < 2:
            raise ValueError(
                f"step = {self.step!r}: the share of the way to the goal of one update is above 0 and below 2."
            )
        check_beta_and_momentum(self.beta, self.momentum)
        if self.score_space not in ("logits", "probability"):
            raise ValueError(f'score_space = {self.score_space!r}: it is "logits" or "probability".')

    def first_lambda(self, scores: Tensor, goal: Goal) -> Tensor:
        """λ₀ (B,) at the image's own scores (B,m); 0, and never moved, where a loss has no λ."""
        return torch.zeros_like(scores[:, 0])

    def objective(self, scores: Tensor, goal: Goal, lam: Tensor) -> Objective:
        """The loss without its β term, and its subgradients."""
        raise NotImplementedError

    def handicap(self, goal: Goal) -> Tensor:
        """±1 or 0 for each label (B,m): which way its score moves where the goal is to be met by more than a hair."""
        raise NotImplementedError

    def gap(self, loss: Tensor, margin: Tensor) -> Tensor:
        """What is missing to the goal (B,), from the loss without its β term and the goal's margin on the scores."""
        raise NotImplementedError

    def clamp_lambda(self, lam: Tensor) -> Tensor:
        """λ brought back into the valid range of the score space."""
        return lam

    def threshold(self, scores: Tensor, goal: Goal, lam: Tensor) -> Tensor:
        """What to draw among the scores (B,)."""
        raise NotImplementedError

    @property
    def waits(self) -> int:
        """Steps without a smaller success after which an image is done; 0: the first success ends it."""
        return 0

    def _loop(self, state: BatchState) -> Steps:
        lam = self.clamp_lambda(self.first_lambda(self._scores(state.logits), state.goal))
        finer = torch.ones_like(lam)
        kept, course = torch.zeros_like(lam), torch.zeros_like(state.x)  # momentum in force, running mean of directions
        least, stalled, waited = torch.full_like(lam, torch.inf), torch.zeros_like(lam), torch.zeros_like(lam)
        beyond = torch.zeros_like(lam)
        longest = LONGEST * state.x[0].numel() ** 0.5
        most = SHORTER / self.beta if self.beta else torch.inf

        for index in range(self.max_steps + 1):
            evaluation = state.evaluate()
            rows, goal, leaf, logits, z, _, norm = evaluation
            with torch.enable_grad():
                scores = self._scores(logits)
            seen = scores.detach()
            # Scores with which the goal is met once it is met by more than `required_margin` on the true ones.
            aimed = seen + take(state.required_margin, rows)[:, None] * self.handicap(goal)
            loss, by_scores, by_lambda = self.objective(aimed, goal, take(lam, rows))
            ridge = self.beta / 2 * (norm / 255).square()
            better = state.record(evaluation, loss + ridge, self.threshold(seen, goal, take(lam, rows)))
            idle = torch.where(better, 0.0, take(waited, rows) + 1)
            waited = replace(waited, rows, idle)
            state.settle(rows, idle >= self.waits)
            if (yield state.step(index)) or not len(state.active) or index == self.max_steps:
                break

            (by_x,) = torch.autograd.grad(scores, leaf, by_scores)  # Σ_j ∂L/∂f_j ∂f_j/∂x of Eq. 9 and 13
            state.backwards = add(state.backwards, rows)
            direction = by_x.add(z, alpha=self.beta)
            margin = goal.margin(aimed)
            gap = self.gap(loss, margin).clamp(min=0)
            if index == 0:
                beyond = replace(beyond, rows, BEYOND * gap)
            since = torch.where(margin < 0.98 * take(least, rows), 0.0, take(stalled, rows) + 1)
            least = replace(least, rows, torch.minimum(take(least, rows), margin))
            stuck = since >= STALL
            stalled = replace(stalled, rows, torch.where(stuck, 0.0, since))
            fine = torch.where(stuck, (FINER * take(finer, rows)).clamp(min=FINEST), take(finer, rows))
            finer = replace(finer, rows, fine)
            share = torch.where(stuck, self.momentum, take(kept, rows))
            share = torch.where(take(state.best_norm, rows) < torch.inf, 0.0, share)
            kept = replace(kept, rows, share)
            size = length(direction).clamp(min=1e-12)
            eta = (fine * self.step * (gap + take(beyond, rows)) / size.square()).clamp(max=most)
            far = (eta * size).clamp(max=longest)  # ‖z_{l+1} − z_l‖₂, but for the box
            heading = direction.lerp(take(course, rows), each(share))
            course = replace(course, rows, heading)
            way = length(heading).clamp(min=1e-12)

            lam = replace(lam, rows, self.clamp_lambda(take(lam, rows) - far / size * by_lambda))
            state.move(rows, leaf.detach().addcmul(each(far / way), heading, value=-1))
        return state.result()

    def _scores(self, logits: Tensor) -> Tensor:
        return logits if self.score_space == "logits" else logits.sigmoid()


@dataclass(frozen=True)
class LambdaDescent(Descent):
    """A descent whose loss has a threshold λ. lambda_0: the first one; None takes the one that minimises the loss."""

    lambda_0: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lambda_0 is not None and not abs(self.lambda_0) <= LARGEST:
            raise ValueError(
                f"lambda_0 = {self.lambda_0!r}: the first λ is from -{LARGEST} to {LARGEST}; without a number it is Lemma 1's."
            )

    def first_lambda(self, scores: Tensor, goal: Goal) -> Tensor:
        if self.lambda_0 is None:
            return self.least_lambda(scores, goal)
        return torch.full_like(scores[:, 0], self.lambda_0)

    def least_lambda(self, scores: Tensor, goal: Goal) -> Tensor:
        """The λ (B,) that minimises the loss at scores (B,m), by Lemma 1."""
        raise NotImplementedError


@dataclass(frozen=True)
class TargetedDescent(Descent):
    """A descent to `Targeted` that goes on after a success, for a smaller one, until `patience` steps brought none."""

    goals = (Targeted,)

    patience: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("patience", self.patience, 1)

    @property
    def waits(self) -> int:
        return self.patience

    def handicap(self, goal: Goal) -> Tensor:
        assert isinstance(goal, Targeted)
        return torch.where(goal.targets, -1.0, 1.0)

    def gap(self, loss: Tensor, margin: Tensor) -> Tensor:
        """The loss itself: Eq. 12 is zero where the goal holds, Rank I is the margin until then."""
        return loss
