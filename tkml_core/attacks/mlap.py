"""ML-AP, Rank I of Song et al. (ICDM 2018) with targets, as T_kML-AP compares with it (§4.1)."""

from dataclasses import dataclass

from tkml_core import losses
from tkml_core.attacks.common.base import check_whole
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.descent import Descent, Relaxation
from tkml_core.attacks.tkmlap_t import target_signs, targets_of
from tkml_core.goals import Targeted
from tkml_core.step import Steps

RANK_ONE = Relaxation(
    objective=lambda scores, goal, lam: losses.rank_one(scores, targets_of(goal)),
    gap=lambda loss, margin: loss,  # which is the margin until the goal holds
    threshold=lambda scores, goal, lam: scores.topk(goal.k, dim=1).values[:, -1],  # f_[k]
    label_signs=target_signs,
)


@dataclass(frozen=True)
class MLAP(Descent):
    """Minimise β/2 ‖z‖² + [max_{j∉P} f_j − min_{j∈P} f_j]_+, P the targets, by the subgradient steps of TkML-AP-T.

    Loop, step rule and patience are TkML-AP-T's, so that the two differ by their losses alone: here one label falls and
    one rises at a time. Goal: `Targeted`. Settings: see `TkMLAPT` and `Descent`.
    """

    name = "ML-AP"
    goals = (Targeted,)

    patience: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("patience", self.patience, 1)

    def _loop(self, state: BatchState) -> Steps:
        return self._descend(state, RANK_ONE, patience=self.patience)
