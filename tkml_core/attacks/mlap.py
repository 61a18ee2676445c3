"""ML-AP, Rank I of Song et al. (ICDM 2018) with targets, as T_kML-AP compares with it (§4.1)."""

from dataclasses import dataclass

from torch import Tensor

from tkml_core import losses
from tkml_core.attacks.descent import TargetedDescent
from tkml_core.goals import Goal, Targeted


@dataclass(frozen=True)
class MLAP(TargetedDescent):
    """Minimise β/2 ‖z‖² + [max_{j∉P} f_j − min_{j∈P} f_j]_+, P the targets, by the subgradient steps of TkML-AP-T.

    Loop, step rule and patience are TkML-AP-T's, so that the two differ by their losses alone: here one label falls and
    one rises at a time. Goal: `Targeted`. Settings: see `TargetedDescent` and `Descent`.
    """

    name = "ML-AP"

    def objective(self, scores: Tensor, goal: Goal, lam: Tensor) -> losses.Objective:
        assert isinstance(goal, Targeted)
        return losses.rank_one(scores, goal.targets)

    def threshold(self, scores: Tensor, goal: Goal, lam: Tensor) -> Tensor:
        """f_[k]."""
        return scores.topk(goal.k, dim=1).values[:, -1]
