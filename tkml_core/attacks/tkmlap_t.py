"""TkML-AP-T, Algorithm 2 of T_kML-AP (Hu et al., ICCV 2021): plant a chosen set of k labels as the top-k."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core import losses
from tkml_core.attacks.attack import check_whole
from tkml_core.attacks.descent import LambdaDescent
from tkml_core.goals import Goal, Targeted


@dataclass(frozen=True)
class TkMLAPT(LambdaDescent):
    """Minimise β/2 ‖z‖² + Σ_j [s_j (λ − f_j)]_+, s_j = +1 on targets and −1 elsewhere (Eq. 12), by the steps of Eq. 13.

    Runs for at most `max_steps` and keeps the smallest success; `patience` steps without a smaller one end an image.
    Goal: `Targeted` (Eq. 10). Other settings: see `LambdaDescent` and `Descent`.
    """

    name = "TkML-AP-T"
    goals = (Targeted,)

    patience: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("patience", self.patience, 1)

    @property
    def waits(self) -> int:
        return self.patience

    def least_lambda(self, scores: Tensor, goal: Goal) -> Tensor:
        return losses.targeted_lambda(scores, goal.k)

    def objective(self, scores: Tensor, goal: Goal, lam: Tensor) -> losses.Objective:
        assert isinstance(goal, Targeted)
        return losses.targeted(scores, goal.targets, lam)

    def handicap(self, goal: Goal) -> Tensor:
        assert isinstance(goal, Targeted)
        return torch.where(goal.targets, -1.0, 1.0)

    def gap(self, loss: Tensor, margin: Tensor) -> Tensor:
        """The loss itself: Eq. 12 is zero where the goal holds."""
        return loss

    def clamp_lambda(self, lam: Tensor) -> Tensor:
        return lam.clamp(0, 1) if self.score_space == "probability" else lam

    def threshold(self, scores: Tensor, goal: Goal, lam: Tensor) -> Tensor:
        """λ itself: targets belong above it, all others below."""
        return lam
