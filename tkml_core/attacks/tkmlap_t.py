"""TkML-AP-T, Algorithm 2 of T_kML-AP (Hu et al., ICCV 2021): plant a chosen set of k labels as the top-k."""

from dataclasses import dataclass

from torch import Tensor

from tkml_core import losses
from tkml_core.attacks.descent import LambdaDescent, TargetedDescent
from tkml_core.goals import Goal, Targeted


@dataclass(frozen=True)
class TkMLAPT(TargetedDescent, LambdaDescent):
    """Minimise β/2 ‖z‖² + Σ_j [s_j (λ − f_j)]_+, s_j = +1 on targets and −1 elsewhere (Eq. 12), by the steps of Eq. 13.

    Runs for at most `max_steps` and keeps the smallest success. Goal: `Targeted` (Eq. 10). Settings: see
    `TargetedDescent`, `LambdaDescent` and `Descent`.
    """

    name = "TkML-AP-T"

    def least_lambda(self, scores: Tensor, goal: Goal) -> Tensor:
        return losses.targeted_lambda(scores, goal.k)

    def objective(self, scores: Tensor, goal: Goal, lam: Tensor) -> losses.Objective:
        assert isinstance(goal, Targeted)
        return losses.targeted(scores, goal.targets, lam)

    def clamp_lambda(self, lam: Tensor) -> Tensor:
        return lam.clamp(0, 1) if self.score_space == "probability" else lam

    def threshold(self, scores: Tensor, goal: Goal, lam: Tensor) -> Tensor:
        """λ itself: targets belong above it, all others below."""
        return lam
