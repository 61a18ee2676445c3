"""CW^k (Zhang & Wu, CVPR Workshops 2020, "Learning Ordered Top-k Adversarial Attacks"): Carlini and Wagner's attack."""

from dataclasses import dataclass

from torch import Tensor

from tkml_core import losses
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.search import Search
from tkml_core.goals import Goal, Ordered, Targeted
from tkml_core.step import Steps


@dataclass(frozen=True)
class CWk(Search):
    """Minimise ‖z‖² + c Σ hinges by Adam, from z = 0 for one constant c after another; keep the smallest success.

    The hinges are `losses.ordered_hinges`, or without an order `losses.target_hinges`. Goals: `Ordered`, or `Targeted`.
    published: the hinges compare with the weakest of t_1 … t_i, as Zhang & Wu print them, in place of t_i; without an order
    that is one hinge, on the weakest target. Other settings: see `Search`.
    """

    name = "CW^k"
    goals = (Ordered, Targeted)

    published: bool = False

    def objective(self, scores: Tensor, goal: Goal, kappa: Tensor) -> losses.Objective:
        """The sum of hinges and its subgradients; kappa (B,)."""
        if isinstance(goal, Ordered):
            return losses.ordered_hinges(scores, goal.targets, kappa, weakest=self.published)
        assert isinstance(goal, Targeted)
        if self.published:
            # The last of the ordered hinges, whose order does not count: κ lowers the targets.
            return losses.rank_one(scores - kappa[:, None] * goal.targets, goal.targets)
        return losses.target_hinges(scores, goal.targets, kappa)

    def _loop(self, state: BatchState) -> Steps:
        return self._search(state, self.objective)
