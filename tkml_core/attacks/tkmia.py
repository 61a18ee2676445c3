"""TKMIA (Sun et al., ACM MM 2023, "When Measures are Unreliable: Imperceptible Adversarial Perturbations toward Top-k …")."""

from dataclasses import dataclass

from torch import Tensor

from tkml_core import losses
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.descent import Descent, Relaxation
from tkml_core.goals import Goal, Hide
from tkml_core.step import Steps


def hide_of(goal: Goal) -> Hide:
    assert isinstance(goal, Hide)
    return goal


def _signs(goal: Goal) -> Tensor:
    """1 on labels to hide, −1 on those to keep, 0 elsewhere, (B,m)."""
    hide = hide_of(goal)
    return hide.hide.float() - hide.keep.float()


TWO_AVERAGES = Relaxation(
    objective=lambda scores, goal, lam: losses.hide_and_keep(scores, hide_of(goal).hide, hide_of(goal).keep, goal.k),
    gap=lambda loss, margin: margin,  # the loss is not zero at the goal, as Eq. 8 of T_kML-AP is not
    threshold=lambda scores, goal, lam: scores.topk(goal.k, dim=1).values[:, -1],  # f_[k]
    label_signs=_signs,
)


@dataclass(frozen=True)
class TKMIA(Descent):
    """Minimise β/2 ‖z‖² + the averages of the m−k largest [max_S f − f_j]_+ and of the k largest [f_j − min_{Y∖S} f]_+.

    S are the labels to hide. The first term pushes all of S below the k-th of the others, as Eq. 8 of T_kML-AP does with all
    true labels; the second holds the other true labels Y∖S in the top-k, so that P@k, mAP@k and NDCG@k stay as they are, and
    who watches these measures notices nothing. The aim and the two averages are the paper's, as its abstract and its authors'
    program have them; its two thresholds λ are Lemma 1's at every iterate, as in that program, which leaves the averages.

    What differs: the loop, step rule and 8-bit search are those of `TkMLAPU`, in place of gradient descent with momentum and
    weight decay on a tanh scale; both terms have a hinge at 0, as Eq. 8 has; and success is the goal `Hide`, which asks that
    the other true labels stay, where the program counts how many of S have left. The program leaves out photos with fewer
    than k true labels besides S, which here are attacked, too; where there are more than k, the weakest of them is held.

    Goal: `Hide`. Settings: see `Descent`; the first success ends a run, so that a shorter step leaves a smaller perturbation.
    """

    name = "TKMIA"
    goals = (Hide,)

    step: float = 0.2

    def _loop(self, state: BatchState) -> Steps:
        return self._descend(state, TWO_AVERAGES)
