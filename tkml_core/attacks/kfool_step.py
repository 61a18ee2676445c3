"""The step of kFool (Tursynbek et al., arXiv 2006.15669), adapted to many true labels as in T_kML-AP (§4.1)."""

import torch
from torch import Tensor

from tkml_core.annotator import Annotator
from tkml_core.goals import Goal


def kfool_direction(annotator: Annotator, x: Tensor, goal: Goal) -> tuple[Tensor, Tensor]:
    """One step dz (B,3,H,W) in [0,1] units, and the logits (B,m) at x (B,3,H,W)."""
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        logits = annotator(leaf)
    return direction_of(leaf, logits, goal), logits.detach()


def direction_of(leaf: Tensor, logits: Tensor, goal: Goal) -> Tensor:
    """The step dz (B,3,H,W) at `leaf`, of which `logits` (B,m) are a graph. At most k + 2 backward passes.

    c is the true label with the largest score, j the other labels of the current top-(k+1), f'_j = f_j − f_c and
    w'_j = ∇f_j − ∇f_c. The boundary between c and j is |f'_j| / ‖w'_j‖ away along w'_j / ‖w'_j‖, by linearisation: the
    step goes along the sum of those unit vectors and is as long as the sum of those distances.
    """
    scores = logits.detach()
    true = goal.true.to(scores.device).expand(len(scores), -1)
    c = scores.masked_fill(~true, -torch.inf).argmax(1)  # (B,)
    top = scores.topk(goal.k + 1, dim=1).indices  # (B,k+1)

    def slope(label: Tensor) -> Tensor:
        with torch.enable_grad():
            of_label = logits.gather(1, label[:, None]).sum()
        return torch.autograd.grad(of_label, leaf, retain_graph=True)[0]

    def score(label: Tensor) -> Tensor:
        return scores.gather(1, label[:, None])[:, 0]

    of_c, way, length = slope(c), torch.zeros_like(leaf, requires_grad=False), torch.zeros_like(scores[:, 0])
    for j in top.unbind(1):
        if torch.equal(j, c):
            continue
        w = slope(j) - of_c
        size = w.flatten(1).norm(dim=1)
        share = torch.where((j != c) & (size > 0), 1 / size.clamp(min=1e-12), 0.0)
        way += share[:, None, None, None] * w
        length += share * (score(j) - score(c)).abs()
    return (length / way.flatten(1).norm(dim=1).clamp(min=1e-12))[:, None, None, None] * way
