"""The loop of the paper's gradient attacks, Algorithms 1 and 2: subgradient steps for z and λ inside the box [0,1]."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.attacks.common.base import LARGEST, Attack, check_beta_and_momentum
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.polyak import Polyak
from tkml_core.attacks.common.rows import add, replace, take
from tkml_core.goals import Goal
from tkml_core.images import each
from tkml_core.losses import Objective
from tkml_core.step import Steps


@dataclass(frozen=True)
class Relaxation:
    """A loss that stands in for a goal, and what a descent must know of it. Scores are (B,m), λ and margins (B,)."""

    objective: Callable[[Tensor, Goal, Tensor], Objective]  # the loss at scores for a goal and λ, and its subgradients
    gap: Callable[[Tensor, Tensor], Tensor]  # what is missing to the goal (B,), from the loss and the goal's margin
    threshold: Callable[[Tensor, Goal, Tensor], Tensor]  # what to draw among the scores (B,), from scores, goal and λ
    # ±1 or 0 for each label (B,m): which way its score moves where the goal is to be met by more than it must be
    label_signs: Callable[[Goal], Tensor]
    best_lambda: Callable[[Tensor, Goal], Tensor] | None = None  # a λ that minimises it (Lemma 1); None: it has no λ
    # One in the middle of those that do, with which the subgradient by z is that of the average itself; None: `best_lambda`
    middle_lambda: Callable[[Tensor, Goal], Tensor] | None = None
    lambda_range: tuple[float, float] = (-torch.inf, torch.inf)  # on logits; on probabilities λ is in [0,1]

    def lemma_1(self, scores: Tensor, goal: Goal) -> Tensor:
        """The λ (B,) that Lemma 1 gives at scores (B,m)."""
        given = self.middle_lambda or self.best_lambda
        assert given is not None
        return given(scores, goal)


@dataclass(frozen=True)
class Descent(Attack):
    """Settings and loop of TkML-AP-U, TkML-AP-T and ML-AP: z ← z − η (βz + ∂L/∂z), λ ← λ − η ∂L/∂λ, box [0,1].

    The paper leaves η_l open. Here it is Polyak's, so that it adapts to each annotator, image and iterate: see `polyak.py`.

    step: in (0, 2), the share of the way to the goal that one update goes. beta: β of Eq. 8 and 12. momentum: share of the
    last direction in the running mean along which an image goes that has stalled; with 0 each step is one of Eq. 9 or 13.
    score_space: "logits", or "probability" as the paper has it: f and λ in [0,1], where saturated scores lose their gradient.
    For the printed algorithms, with one η throughout, see `as_printed.py`.
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
        check_score_space(self.score_space)

    def _descend(
        self, state: BatchState, relaxation: Relaxation, lambda_0: float | None = None, patience: int = 0,
        lemma_1: bool = False,
    ) -> Steps:  # fmt: skip
        """Descend on `relaxation` from lambda_0, or from the best λ where it is None.

        patience: steps without a smaller success after which an image is done; 0: the first success ends it.
        lemma_1: λ is Lemma 1's at every iterate, in place of λ's own steps, unless there is a lambda_0 to take them from.
        """
        lemma_1 = lemma_1 and lambda_0 is None
        low, high = (0.0, 1.0) if self.score_space == "probability" else relaxation.lambda_range
        lam = torch.zeros_like(state.norm)
        if relaxation.best_lambda is not None:
            lam = relaxation.best_lambda(self._scores(state.logits), state.goal)
        if lambda_0 is not None:
            lam = torch.full_like(lam, lambda_0)
        lam = lam.clamp(low, high)
        polyak = Polyak(state.x, self.step, self.beta, self.momentum)
        idle = torch.zeros_like(lam)  # steps since the last smaller success
        met = torch.zeros_like(state.done)  # by however little, at some step

        for index in range(self.max_steps + 1):
            evaluation = state.evaluate()
            rows, goal, leaf, logits, z, _, norm = evaluation
            with torch.enable_grad():
                scores = self._scores(logits)
            seen = scores.detach()
            if lemma_1:
                lam = replace(lam, rows, relaxation.lemma_1(seen, goal).clamp(low, high))
            # Scores with which the goal is met once it is met by more than `required_margin` on the true ones. Before it is
            # met at all, to ask for more would only lead the first steps, where linearisation is worst, farther astray.
            met = replace(met, rows, take(met, rows) | (goal.margin(seen) < 0))
            ahead = torch.where(take(met, rows), take(state.required_margin, rows), 0.0)
            aimed = seen + ahead[:, None] * relaxation.label_signs(goal)
            loss, by_scores, by_lambda = relaxation.objective(aimed, goal, take(lam, rows))
            ridge = self.beta / 2 * (norm / 255).square()
            better = state.record(evaluation, loss + ridge, relaxation.threshold(seen, goal, take(lam, rows)))
            waited = torch.where(better, 0.0, take(idle, rows) + 1)
            idle = replace(idle, rows, waited)
            state.settle(rows, waited >= patience)
            if (yield state.step(index)) or not len(state.active) or index == self.max_steps:
                break

            (by_x,) = torch.autograd.grad(scores, leaf, by_scores)  # Σ_j ∂L/∂f_j ∂f_j/∂x of Eq. 9 and 13
            state.backwards = add(state.backwards, rows)
            margin = goal.margin(aimed)
            gap = relaxation.gap(loss, margin).clamp(min=0)
            succeeded = take(state.best_norm, rows) < torch.inf
            rate, factor, update = polyak.step(rows, by_x.add(z, alpha=self.beta), gap, margin, succeeded)
            if not lemma_1:
                lam = replace(lam, rows, (take(lam, rows) - rate * by_lambda).clamp(low, high))
            state.move(rows, leaf.detach().addcmul(each(factor), update, value=-1))
        return state.result()

    def _scores(self, logits: Tensor) -> Tensor:
        return in_space(self.score_space, logits)


def in_space(score_space: str, logits: Tensor) -> Tensor:
    """The scores f that an attack works on."""
    return logits if score_space == "logits" else logits.sigmoid()


def check_score_space(score_space: str) -> None:
    """ValueError unless it is one of the two."""
    if score_space not in ("logits", "probability"):
        raise ValueError(f'score_space = {score_space!r}: it is "logits" or "probability".')


def check_lambda(lambda_0: float | None) -> None:
    """ValueError unless the first λ is None, or a number that floats can be compared with."""
    if lambda_0 is not None and not abs(lambda_0) <= LARGEST:
        raise ValueError(
            f"lambda_0 = {lambda_0!r}: the first λ is from -{LARGEST} to {LARGEST}; without a number it is Lemma 1's."
        )
