"""TkML-AP-U, Algorithm 1 of T_kML-AP (Hu et al., ICCV 2021): push every true label out of the top-k, untargeted."""

from dataclasses import dataclass
from typing import Any

import torch

from tkml_core import losses
from tkml_core.attacks.common.as_printed import Printed
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.descent import Descent, Relaxation, check_lambda
from tkml_core.goals import Cleared, Inconsistent
from tkml_core.step import Steps

EQ_8 = Relaxation(
    objective=lambda scores, goal, lam: losses.untargeted(scores, goal.true, goal.k, lam),
    gap=lambda loss, margin: margin,  # Eq. 8 is not zero at the goal, as it averages over labels far below it
    # max_Y f − λ: the labels whose f_j is below it are the ones that Eq. 8 lifts
    threshold=lambda scores, goal, lam: scores.masked_fill(~goal.true, float("-inf")).amax(1) - lam,
    label_signs=lambda goal: goal.true.float(),
    best_lambda=lambda scores, goal: losses.untargeted_lambda(scores, goal.true, goal.k),
    middle_lambda=lambda scores, goal: losses.middle_lambda(scores, goal.true, goal.k),
    lambda_range=(0.0, torch.inf),
)


@dataclass(frozen=True)
class PrintedU(Printed):
    """Algorithm 1 as printed, until E = 0 (`Inconsistent`), or until the goal `Cleared` holds. Settings: see `Printed`."""

    name = "TkML-AP-U"
    goals = (Inconsistent, Cleared)
    relaxation = EQ_8
    stops_at_success = True


@dataclass(frozen=True)
class TkMLAPU(Descent):
    """Minimise β/2 ‖z‖² + λ + 1/(m−k) Σ_j [max_Y f − f_j − λ]_+ (Eq. 8) by the steps of Eq. 9; stop at the goal.

    Goals: `Cleared` (Eq. 6), or `Inconsistent` (Eq. 5, Algorithm 1's own test). lambda_0: the first λ; None takes the one
    that minimises the loss. lemma_1: λ is Lemma 1's at every iterate, where λ's own steps lag behind the scores; the first λ
    does not count then. Other settings: see `Descent`; the first success ends a run, so that a shorter step leaves a
    smaller perturbation.
    """

    name = "TkML-AP-U"
    goals = (Cleared, Inconsistent)

    step: float = 0.2
    lambda_0: float | None = None
    lemma_1: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_lambda(self.lambda_0)

    @classmethod
    def as_printed(cls, **settings: Any) -> PrintedU:
        """Algorithm 1 with fixed η and nothing of ours; settings: see `Printed`."""
        return PrintedU(**settings)

    def _loop(self, state: BatchState) -> Steps:
        return self._descend(state, EQ_8, self.lambda_0, lemma_1=self.lemma_1)
