"""TkML-AP-T, Algorithm 2 of T_kML-AP (Hu et al., ICCV 2021): plant a chosen set of k labels as the top-k."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tkml_core import losses
from tkml_core.attacks.common.as_printed import Printed
from tkml_core.attacks.common.base import check_whole
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.descent import Descent, Relaxation, check_lambda
from tkml_core.goals import Goal, Targeted
from tkml_core.step import Steps


def targets_of(goal: Goal) -> Tensor:
    """The targets, bool (B,m)."""
    assert isinstance(goal, Targeted)
    return goal.targets


def target_signs(goal: Goal) -> Tensor:
    """−1 on targets and 1 elsewhere, (B,m)."""
    return torch.where(targets_of(goal), -1.0, 1.0)


EQ_12 = Relaxation(
    objective=lambda scores, goal, lam: losses.targeted(scores, targets_of(goal), lam),
    gap=lambda loss, margin: loss,  # Eq. 12 is zero where the goal holds
    threshold=lambda scores, goal, lam: lam,  # targets belong above it, all others below
    label_signs=target_signs,
    best_lambda=lambda scores, goal: losses.targeted_lambda(scores, goal.k),
)


@dataclass(frozen=True)
class PrintedT(Printed):
    """Algorithm 2 as printed: `max_steps` updates whatever comes of them, and the last z. Settings: see `Printed`."""

    name = "TkML-AP-T"
    goals = (Targeted,)
    relaxation = EQ_12
    stops_at_success = False


@dataclass(frozen=True)
class TkMLAPT(Descent):
    """Minimise β/2 ‖z‖² + Σ_j [s_j (λ − f_j)]_+, s_j = +1 on targets and −1 elsewhere (Eq. 12), by the steps of Eq. 13.

    Runs for at most `max_steps` and keeps the smallest success. Goal: `Targeted` (Eq. 10). patience: an image is done after so
    many steps without a smaller success. lemma_1: λ is Lemma 1's at every iterate, midway between the scores of places k and
    k + 1; without it λ takes steps of its own (Eq. 13), from the λ that minimises the loss. lambda_0: the λ that its own steps
    begin at, which are then taken whatever lemma_1 says. On 60 photos each (k = 3, best targets) λ's own steps left ‖z‖₂ 1.16
    times (voc20) and 1.14 times (coco80) as long, both p < 0.001 by a paired test, at about as many gradients; in all 16 other
    cells of Table 5, of 8 photos each, on average longer too (1.03 to 1.36 times; `assets/measured/lemma_1/tables.md`).
    Other settings: see `Descent`.
    """

    name = "TkML-AP-T"
    goals = (Targeted,)

    lambda_0: float | None = None
    patience: int = 5
    lemma_1: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_lambda(self.lambda_0)
        check_whole("patience", self.patience, 1)

    @classmethod
    def as_printed(cls, **settings: Any) -> PrintedT:
        """Algorithm 2 with fixed η and nothing of ours; settings: see `Printed`."""
        return PrintedT(**settings)

    def _loop(self, state: BatchState) -> Steps:
        return self._descend(state, EQ_12, self.lambda_0, self.patience, self.lemma_1)
