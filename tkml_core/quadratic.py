"""The features nearest to the present ones whose ranking is the one that is wanted: QuadAttacK's quadratic programme, exactly.

    min ‖f' − f‖²   subject to   s'_{t_1} ≥ s'_{t_2} + κ, …, s'_{t_{k−1}} ≥ s'_{t_k} + κ,   s'_{t_k} ≥ s'_j + κ for j ∉ T

with s' = W f' + b. Only W and the present scores s are needed: f' − f = Wᵀν, ν the multipliers of all labels, and so f itself
is not. Solved through its dual, one non-negative multiplier for each label but t_1, by the active set method of Lawson and
Hanson (1974): what is violated most enters, what would become negative leaves, and each set is solved for exactly.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

MOST = 300  # labels that enter at most; few do. Where no features can have the ranking, multipliers would grow for ever
EXACT = 1e-9  # of κ and the spread of scores: a violation so small is none
RIDGE = (
    1e-12  # of the Gram matrix's mean diagonal: without it labels whose rows of W depend on each other make it singular
)
ALIKE = 1e-12  # of the longest row of W, squared: two labels whose rows differ by less never part


class Nearest(NamedTuple):
    """The nearest features, for each image."""

    distance: Tensor  # (B,), ‖f' − f‖²
    multipliers: Tensor  # (B,m), ν: f' − f = Wᵀν; the gradient of the distance by the scores is −2ν


def nearest_features(weight: Tensor | None, scores: Tensor, order: Tensor, kappa: Tensor) -> Nearest:
    """The programme above for scores s (B,m), in their dtype, on their device. Its W: weight (m,d), or None for the identity.

    order: long (B,k), t_1 first. kappa (B,): by how many score units each pair is to be in order.
    """
    m, first = scores.shape[1], order[:, :1]
    # Each label but t_1 belongs below one other: t_{i+1} below t_i, and those outside of T below t_k.
    upper = order[:, -1:].expand(-1, m).scatter(1, order[:, 1:], order[:, :-1]).scatter(1, first, first)

    def normals(labels: Tensor) -> Tensor:  # (B,q,d) of q labels (B,q): zero for t_1
        above, own = (
            nn.functional.one_hot(of, m).to(scores) if weight is None else weight[of]
            for of in (upper.gather(1, labels), labels)
        )
        return above - own

    def missing(now: Tensor) -> Tensor:  # (B,m), by how much each label is too close to the one that it belongs below
        return kappa[:, None] + now - now.gather(1, upper)

    needed = missing(scores)
    stuck = torch.zeros_like(scores, dtype=torch.bool).scatter(1, first, True)  # what nothing can be done about
    shortest = ALIKE * (1 if weight is None else float(weight.square().sum(1).amax()))
    exact = EXACT * (kappa + scores.amax(1) - scores.amin(1)).clamp(min=1e-6)
    entered = first  # (B,q) labels; t_1, whose normal is zero, where an image needs fewer than others
    multipliers = torch.zeros_like(scores[:, :1])
    active = torch.zeros_like(entered, dtype=torch.bool)
    rows = normals(entered)
    for _ in range(MOST):
        moved = (multipliers[:, None] @ rows)[:, 0]  # f' − f
        now = missing(scores + (moved if weight is None else moved @ weight.T))
        worst, label = now.masked_fill(stuck, -torch.inf).max(1, keepdim=True)
        enters = worst > exact[:, None]
        if not bool(enters.any()):
            break
        normal = normals(label)
        # Nothing parts it from the label above, or what is active contradicts itself, and it has entered before.
        never = (normal.square().sum(2) <= shortest) | ((entered == label) & active).any(1, keepdim=True)
        stuck, enters = stuck.scatter(1, label, never | stuck.gather(1, label)), enters & ~never
        entered = torch.cat([entered, torch.where(enters, label, first)], 1)
        rows = torch.cat([rows, normal * enters[:, :, None]], 1)
        multipliers = torch.cat([multipliers, torch.zeros_like(worst)], 1)
        active = torch.cat([active, enters], 1)
        multipliers, active = _solve(rows @ rows.mT, needed.gather(1, entered), multipliers, active)
    moved = (multipliers[:, None] @ rows)[:, 0]
    by_label = torch.zeros_like(scores).scatter_add(1, upper.gather(1, entered), multipliers)
    return Nearest(moved.square().sum(1), by_label.scatter_add(1, entered, -multipliers))


def _solve(gram: Tensor, needed: Tensor, multipliers: Tensor, active: Tensor) -> tuple[Tensor, Tensor]:
    """The multipliers (B,q) ≥ 0 with which what is active (B,q) holds with equality, and what of it is left active.

    On the way there from `multipliers`, whatever would become negative is stopped at zero and leaves.
    """
    eye = torch.eye(gram.shape[1], dtype=gram.dtype, device=gram.device)
    ridge = RIDGE * gram.diagonal(dim1=1, dim2=2).sum(1) / active.sum(1).clamp(min=1)
    while True:
        both = active[:, :, None] & active[:, None]
        inside = torch.where(both, gram + ridge[:, None, None] * eye, eye)
        wanted = torch.linalg.solve(inside, torch.where(active, needed, 0.0)[:, :, None])[:, :, 0]
        leaves = active & (wanted <= 0)
        if not bool(leaves.any()):
            return wanted, active
        share = torch.where(leaves, multipliers / (multipliers - wanted).clamp(min=1e-300), torch.inf).amin(1)
        multipliers = multipliers + share.clamp(max=1)[:, None] * (wanted - multipliers)
        active = active & ~(leaves & (multipliers <= EXACT * multipliers.abs().amax(1, keepdim=True)))
        multipliers = torch.where(active, multipliers, 0.0)
