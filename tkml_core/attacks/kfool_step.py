"""The step of kFool (Tursynbek et al., arXiv 2006.15669), adapted to many true labels as in T_kML-AP (§4.1)."""

import torch
from torch import Tensor

from tkml_core.annotator import Annotator
from tkml_core.goals import Goal


def kfool_direction(annotator: Annotator, x: Tensor, goal: Goal) -> tuple[Tensor, Tensor]:
    """One step dz (B,3,H,W) in [0,1] units, and the logits (B,m) at x (B,3,H,W). k + 2 backward passes.

    c is the true label with the largest score, j the other labels of the current top-(k+1), f'_j = f_j − f_c and
    w'_j = ∇f_j − ∇f_c. The boundary between c and j is |f'_j| / ‖w'_j‖ away along w'_j / ‖w'_j‖, by linearisation: the
    step goes along the sum of those unit vectors and is as long as the sum of those distances.
    """
    leaf = x.detach().requires_grad_()
    with torch.enable_grad():
        logits = annotator(leaf)
        true = goal.true.to(logits.device).expand(len(x), -1)
        c = logits.detach().masked_fill(~true, -torch.inf).argmax(1, keepdim=True)  # (B,1)
        top = logits.detach().topk(min(goal.k + 1, logits.shape[1]), dim=1).indices  # (B,k+1)
        (of_c,) = torch.autograd.grad(logits.gather(1, c).sum(), leaf, retain_graph=True)
        way, length = torch.zeros_like(leaf), torch.zeros(len(x), dtype=x.dtype, device=x.device)
        for j in top.unbind(1):
            (of_j,) = torch.autograd.grad(logits.gather(1, j[:, None]).sum(), leaf, retain_graph=True)
            w = of_j - of_c
            size = w.flatten(1).norm(dim=1)
            some = (j != c[:, 0]) & (size > 0)
            share = torch.where(some, 1 / size.clamp(min=1e-12), 0.0)
            f = (logits.detach().gather(1, j[:, None]) - logits.detach().gather(1, c))[:, 0]
            way = way + share[:, None, None, None] * w
            length = length + share * f.abs()
    unit = way / way.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None, None]
    return (length[:, None, None, None] * unit).detach(), logits.detach()
