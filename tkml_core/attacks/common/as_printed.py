"""Algorithms 1 and 2 of T_kML-AP (Hu et al., ICCV 2021) as printed: one fixed η, no momentum, nothing that adapts."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from tkml_core.attacks.common.base import LARGEST, Attack, check_beta_and_momentum
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.descent import Relaxation, check_lambda, check_score_space, in_space
from tkml_core.attacks.common.rows import add, replace, take
from tkml_core.step import Steps


@dataclass(frozen=True)
class Printed(Attack):
    """z ← (1 − βη) z − η ∂L/∂z, λ ← λ − η ∂L/∂λ: Eq. 9 and 13 with η_l = η throughout.

    The paper gives no number for η, β, λ₀: those here are places to start from, not tuned for any annotator. Three things
    are not in the print: z starts at 0 and x + z is kept in [0,1], so that it is an image; λ is kept in its range
    as Eq. 8 and 12 say, [0,1] on probabilities; and success is judged on the 8-bit image. max_steps: updates at most, the
    paper's max_iter + 1.

    eta: η, with pixels in [0,1]. beta: β. lambda_0: λ₀; None takes Lemma 1's at the image itself. lemma_1: λ is Lemma 1's
    in every step, in place of λ's own update. score_space: "probability", f in [0,1] as the paper has it, or "logits".
    """

    relaxation: ClassVar[Relaxation]
    stops_at_success: ClassVar[bool]

    eta: float = 1.0
    beta: float = 0.01
    lambda_0: float | None = None
    lemma_1: bool = False
    score_space: str = "probability"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.eta <= LARGEST:
            raise ValueError(f"eta = {self.eta!r}: the step size η is a number above 0, up to {LARGEST}.")
        check_beta_and_momentum(self.beta, 0.0)
        check_lambda(self.lambda_0)
        check_score_space(self.score_space)

    def _loop(self, state: BatchState) -> Steps:
        kind = type(self)
        low, high = (0.0, 1.0) if self.score_space == "probability" else kind.relaxation.lambda_range
        lam = kind.relaxation.lemma_1(in_space(self.score_space, state.logits), state.goal)
        if self.lambda_0 is not None:
            lam = torch.full_like(lam, self.lambda_0)
        lam = lam.clamp(low, high)

        for index in range(self.max_steps + 1):
            last = index == self.max_steps
            if not kind.stops_at_success:
                # z* is the last z, however earlier ones did: until then none counts as smaller than the best.
                state.best_norm = torch.full_like(state.best_norm, torch.inf if last else 0.0)
            evaluation = state.evaluate()
            rows, goal, leaf, logits, z, _, norm = evaluation
            with torch.enable_grad():
                scores = in_space(self.score_space, logits)
            seen = scores.detach()
            if self.lemma_1:
                lam = replace(lam, rows, kind.relaxation.lemma_1(seen, goal).clamp(low, high))
            here = take(lam, rows)
            loss, by_scores, by_lambda = kind.relaxation.objective(seen, goal, here)
            loss = loss + self.beta / 2 * (norm / 255).square()
            state.record(evaluation, loss, kind.relaxation.threshold(seen, goal, here))
            if kind.stops_at_success:
                state.settle(rows)
            stop = yield state.step(index)
            if stop and not kind.stops_at_success and not last:
                state.best_norm = torch.full_like(state.best_norm, torch.inf)
                state.record(evaluation, loss, kind.relaxation.threshold(seen, goal, here))
            if stop or not len(state.active) or last:
                break

            (by_x,) = torch.autograd.grad(scores, leaf, by_scores)  # Σ_j ∂L/∂f_j ∂f_j/∂x of Eq. 9 and 13
            state.backwards = add(state.backwards, rows)
            if not self.lemma_1:
                lam = replace(lam, rows, (here - self.eta * by_lambda).clamp(low, high))
            state.move(rows, leaf.detach() - self.eta * by_x.add(z, alpha=self.beta))
        return state.result()
