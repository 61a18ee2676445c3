"""kFool (Tursynbek et al., 2020, "Geometry-Inspired Top-k Adversarial Perturbations"), as T_kML-AP adapts it (§4.1)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.attacks.common.base import LARGEST, Attack
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.rows import add, take
from tkml_core.goals import Cleared, Goal, Inconsistent
from tkml_core.ranking import topk
from tkml_core.step import Steps

PAST_BOUNDARY = (
    4e-3  # score units past each boundary: the overshoot alone would creep up to it, and 8 bits need a tolerance
)
TINY = 1e-12


@dataclass(frozen=True)
class KFool(Attack):
    """DeepFool's linearised steps (Moosavi-Dezfooli et al., CVPR 2016) away from one true label, towards k others at once.

    c is the true label with the largest score, chosen anew at every step, as the method knows one truth only. For each
    label j of the current top-(k+1), f'_j = f_j − f_c and w'_j = ∇f_j − ∇f_c: the boundary between the two is
    |f'_j|/‖w'_j‖ away along w'_j. A step goes along Σ_j w'_j/‖w'_j‖ as far as those distances add up to, times
    1 + `overshoot`; the first success ends a run. (With the farthest boundary alone for a length, half of the photos with
    two true labels came to rest short of success.) Other true labels in the top-(k+1) are lifted like any: that is the
    method's weakness, not a slip. A step costs one backward pass a label, k + 1 in all.

    Goals: `Cleared`, or `Inconsistent`. overshoot: η of DeepFool, 0 or more. signed_sum: a step goes as far as
    |Σ_j f'_j/‖w'_j‖|, the sum of Tursynbek et al. with the signs of f'_j, in which labels that are above c already shorten it.
    fixed_label: c is the true label that leads on the image itself, at every step. With both this is the adaptation that
    the authors of T_kML-AP run.
    """

    name = "kFool"
    goals = (Cleared, Inconsistent)

    max_steps: int = 100  # DeepFool's programs stop after 50
    overshoot: float = 0.02
    signed_sum: bool = False
    fixed_label: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.overshoot <= LARGEST:
            raise ValueError(
                f"overshoot = {self.overshoot!r}: the share of a step to add to it is a number from 0 to {LARGEST}."
            )

    def _loop(self, state: BatchState) -> Steps:
        first = leading(state.logits, state.goal)
        for index in range(self.max_steps + 1):
            evaluation = state.evaluate()
            rows, goal, leaf, logits, _, seen, _ = evaluation
            # Scores with which the goal is met once it is met by more than `required_margin` on the true ones.
            aimed = seen + (take(state.required_margin, rows) + PAST_BOUNDARY)[:, None] * goal.true
            missing = goal.margin(aimed).clamp(min=0)
            state.record(evaluation, missing, seen.topk(goal.k, dim=1).values[:, -1])
            state.settle(rows)
            if (yield state.step(index)) or not len(state.active) or index == self.max_steps:
                break

            c = take(first, rows) if self.fixed_label else leading(aimed, goal)
            move = (1 + self.overshoot) * kfool_step(leaf, logits, goal, aimed, c, self.signed_sum)
            moved = state.move(rows, leaf.detach() + move)
            state.backwards = add(state.backwards, moved, goal.k + 1)
        return state.result()


def leading(scores: Tensor, goal: Goal) -> Tensor:
    """The true label with the largest of the scores (n,m), (n,1)."""
    return scores.masked_fill(~goal.true, -torch.inf).argmax(1, keepdim=True)


def kfool_step(
    leaf: Tensor, logits: Tensor, goal: Goal, aimed: Tensor, c: Tensor | None = None, signed_sum: bool = False
) -> Tensor:
    """One step (n,3,H,W) at the images `leaf`, of which `logits` (n,m) are a graph: see `KFool`. k + 1 backward passes.

    aimed (n,m): the scores that say which boundaries are still ahead and how far, past the true ones by what is required.
    c (n,1): the label to step away from; None: the true one that leads.
    """
    c = leading(aimed, goal) if c is None else c
    labels = topk(aimed, goal.k + 1)
    labels = torch.where((labels == c).any(1, keepdim=True), labels, torch.cat([labels[:, :-1], c], 1))
    one_hot = logits.new_zeros(*labels.shape, logits.shape[1]).scatter_(2, labels[:, :, None], 1)  # (n,k+1,m)
    gradients = torch.stack(
        [torch.autograd.grad(logits, leaf, one, retain_graph=True)[0] for one in one_hot.unbind(1)], 1
    ).flatten(2)  # (n,k+1,3HW)
    own = (labels == c).to(gradients.dtype)  # one-hot at c
    w = gradients - (own[:, :, None] * gradients).sum(1, keepdim=True)
    size = w.norm(dim=2)
    difference = aimed.gather(1, c) - aimed.gather(1, labels)  # −f'_j
    difference = difference if signed_sum else difference.abs()
    distance = torch.where(size > TINY, difference / size.clamp(min=TINY), 0.0).sum(1).abs()
    direction = (w / size.clamp(min=TINY)[:, :, None]).sum(1)
    unit = direction / direction.norm(dim=1, keepdim=True).clamp(min=TINY)
    return (distance[:, None] * unit).view_as(leaf)
