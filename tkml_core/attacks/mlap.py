"""ML-AP, Rank I of Song et al. (ICDM 2018) with targets, as T_kML-AP compares with it (§4.1)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core import losses
from tkml_core.attacks.attack import check_whole
from tkml_core.attacks.descent import Descent
from tkml_core.goals import Goal, Targeted


@dataclass(frozen=True)
class MLAP(Descent):
    """Minimise β/2 ‖z‖² + [max_{j∉P} f_j − min_{j∈P} f_j]_+, P the targets, by the subgradient steps of TkML-AP-T.

    Loop, step rule and patience are TkML-AP-T's, so that the two differ by their losses alone: here one label falls and
    one rises at a time. `patience` steps without a smaller success end an image. Goal: `Targeted`. Other settings: see
    `Descent`.
    """

    name = "ML-AP"
    goals = (Targeted,)

    patience: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("patience", self.patience, 1)

    @property
    def waits(self) -> int:
        return self.patience

    def objective(self, scores: Tensor, goal: Goal, lam: Tensor) -> losses.Objective:
        assert isinstance(goal, Targeted)
        return losses.rank_one(scores, goal.targets)

    def handicap(self, goal: Goal) -> Tensor:
        assert isinstance(goal, Targeted)
        return torch.where(goal.targets, -1.0, 1.0)

    def gap(self, loss: Tensor, margin: Tensor) -> Tensor:
        """The loss itself, which is the margin where that is positive."""
        return loss

    def threshold(self, scores: Tensor, goal: Goal, lam: Tensor) -> Tensor:
        """f_[k]."""
        return scores.topk(goal.k, dim=1).values[:, -1]
