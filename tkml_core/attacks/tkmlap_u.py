"""TkML-AP-U, Algorithm 1 of T_kML-AP (Hu et al., ICCV 2021): push every true label out of the top-k, untargeted."""

from dataclasses import dataclass

from torch import Tensor

from tkml_core import losses
from tkml_core.attacks.descent import LambdaDescent
from tkml_core.goals import Cleared, Goal, Inconsistent


@dataclass(frozen=True)
class TkMLAPU(LambdaDescent):
    """Minimise β/2 ‖z‖² + λ + 1/(m−k) Σ_j [max_Y f − f_j − λ]_+ (Eq. 8) by the steps of Eq. 9; stop at the goal.

    Goals: `Cleared` (Eq. 6), or `Inconsistent` (Eq. 5, Algorithm 1's own test). Settings: see `LambdaDescent` and
    `Descent`; the first success ends a run, so that a shorter step leaves a smaller perturbation.
    """

    name = "TkML-AP-U"
    goals = (Cleared, Inconsistent)

    step: float = 0.2

    def least_lambda(self, scores: Tensor, goal: Goal) -> Tensor:
        return losses.untargeted_lambda(scores, goal.true, goal.k)

    def objective(self, scores: Tensor, goal: Goal, lam: Tensor) -> losses.Objective:
        return losses.untargeted(scores, goal.true, goal.k, lam)

    def handicap(self, goal: Goal) -> Tensor:
        return goal.true.float()

    def gap(self, loss: Tensor, margin: Tensor) -> Tensor:
        """The margin: Eq. 8 is not zero at the goal, as it averages over labels far below it."""
        return margin

    def clamp_lambda(self, lam: Tensor) -> Tensor:
        return lam.clamp(0, 1) if self.score_space == "probability" else lam.clamp(min=0)

    def threshold(self, scores: Tensor, goal: Goal, lam: Tensor) -> Tensor:
        """max_Y f − λ: the labels whose f_j is below it are the ones that Eq. 8 lifts."""
        return scores.masked_fill(~goal.true, float("-inf")).amax(1) - lam
