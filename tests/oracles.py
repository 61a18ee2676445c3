"""Slow and plain answers that the tests compare with: enumeration over sets, exact programs on linear annotators."""

from itertools import combinations, pairwise, permutations

import numpy as np
import torch
from hypothesis import HealthCheck, settings
from scipy.optimize import linprog, nnls
from torch import Tensor, nn

import tkml_core as tk


def repeatable(examples: int = 60) -> settings:
    """Hypothesis settings under which every run draws the same examples and leaves no files behind."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


def mask_of(labels: set[int] | tuple[int, ...], m: int) -> Tensor:
    """Bool (1,m), True at `labels`."""
    return torch.tensor([[j in labels for j in range(m)]])


# ---- sets -----------------------------------------------------------------------------------------------------------


def top_sets(scores: list[float], k: int) -> list[set[int]]:
    """Every set of k labels that is a top-k set under some way to break the ties; one alone where there are none."""
    labels = range(len(scores))
    chosen = []
    for subset in combinations(labels, k):
        outside = [scores[j] for j in labels if j not in subset]
        if min(scores[j] for j in subset) >= max(outside):
            chosen.append(set(subset))
    return chosen


def top_orders(scores: list[float], k: int) -> list[tuple[int, ...]]:
    """Every ranked top-k under some way to break the ties, best label first; one alone where there are none."""
    labels = range(len(scores))
    return [
        order
        for order in permutations(labels, k)
        if all(scores[a] >= scores[b] for a, b in pairwise(order))
        and all(scores[order[-1]] >= scores[j] for j in labels if j not in order)
    ]


def agree(true: set[int], top: set[int]) -> bool:
    """Eq. 1, E = 1: one set contains the other."""
    return true <= top or top <= true


# ---- linear annotators ----------------------------------------------------------------------------------------------


class Linear(nn.Module):
    """Logits W (x − 1/2) + b of flattened images."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)

    def forward(self, x: Tensor) -> Tensor:
        # Not a matrix product: a batch's may round otherwise than one image's, and an attack's steps would part.
        return ((x - 0.5).flatten(1)[:, None] * self.weight).sum(2) + self.bias


def linear(seed: int, m: int, side: int = 12, images: int = 1, spread: float = 1.0) -> tuple[tk.Annotator, Tensor]:
    """A float64 annotator with Gaussian weights (rows of length about 10 logits) and images in its grey middle.

    The first image's scores are spread evenly over about ±1.3 `spread`, in random order: no ties, and what a goal asks
    is a few to tens of levels long, off the box.
    """
    generator = torch.Generator().manual_seed(seed)
    d = 3 * side * side
    weight = torch.randn(m, d, generator=generator, dtype=torch.float64) * 10 / d**0.5
    even = torch.linspace(-1.3, 1.3, m, dtype=torch.float64) + 0.1 / m * torch.randn(m, generator=generator).double()
    bias = even[torch.randperm(m, generator=generator)] * spread
    x = torch.randint(100, 156, (images, 3, side, side), generator=generator).double() / 255
    # The image moves the scores too: take that out, so that `bias` says what they are.
    bias = bias - Linear(weight, torch.zeros(m, dtype=torch.float64))(x[:1])[0]
    return tk.Annotator(Linear(weight, bias), [f"label {j}" for j in range(m)]), x


def weights_of(annotator: tk.Annotator) -> np.ndarray:
    """W of a linear annotator, (m,d)."""
    return annotator.module.weight.detach().numpy()  # type: ignore[union-attr, operator]


def least_norm(rows: np.ndarray, least: np.ndarray) -> float:
    """min ‖z‖₂ subject to rows·z ≥ least: Lawson and Hanson's reduction to non-negative least squares; inf if empty."""
    stacked = np.vstack([rows.T, least[None]])
    goal = np.zeros(len(stacked))
    goal[-1] = 1
    multipliers, rest = nnls(stacked, goal, maxiter=10000)
    residual = stacked @ multipliers - goal
    return float(np.linalg.norm(residual[:-1] / residual[-1])) if rest > 1e-12 else float("inf")


def _lift(weight: np.ndarray, scores: np.ndarray, above: tuple[int, ...], below: tuple[int, ...]) -> float:
    """Least ‖z‖₂ after which every label of `above` scores at least as much as every one of `below`."""
    return _pass(weight, scores, [(i, j) for i in above for j in below])


def _pass(weight: np.ndarray, scores: np.ndarray, pairs: list[tuple[int, int]]) -> float:
    """Least ‖z‖₂ after which the first label of each pair scores at least as much as the second."""
    rows = np.stack([weight[i] - weight[j] for i, j in pairs])
    least = np.array([scores[j] - scores[i] for i, j in pairs])
    return 0.0 if (least <= 0).all() else least_norm(rows, least)


def _short(weight: np.ndarray) -> np.ndarray:
    """(m,m) rows with the same lengths and angles: the programs only need the span of W."""
    return np.linalg.qr(weight.T)[1].T


def targeted_optimum(weight: np.ndarray, scores: np.ndarray, targets: set[int]) -> float:
    """Infimum of ‖z‖₂ over perturbations whose top-k set is exactly `targets`."""
    others = tuple(set(range(len(scores))) - targets)
    return _lift(_short(weight), scores, tuple(targets), others)


def cleared_optimum(weight: np.ndarray, scores: np.ndarray, true: set[int], k: int) -> float:
    """Infimum of ‖z‖₂ over perturbations that leave no true label in the top-k: over which k others end up above."""
    rows, others = _short(weight), sorted(set(range(len(scores))) - true)
    return min(_lift(rows, scores, above, tuple(true)) for above in combinations(others, k))


def inconsistent_optimum(weight: np.ndarray, scores: np.ndarray, true: set[int], k: int) -> float:
    """Infimum of ‖z‖₂ over perturbations with E = 0: over which true labels lose to which others."""
    rows, others = _short(weight), sorted(set(range(len(scores))) - true)
    strangers, losers = (1, len(true) - k + 1) if len(true) > k else (k - len(true) + 1, 1)
    return min(
        _lift(rows, scores, above, below)
        for above in combinations(others, strangers)
        for below in combinations(sorted(true), losers)
    )


def ordered_optimum(weight: np.ndarray, scores: np.ndarray, order: list[int]) -> float:
    """Infimum of ‖z‖₂ over perturbations whose top-k is `order`, best first."""
    others = set(range(len(scores))) - set(order)
    return _pass(_short(weight), scores, [*pairwise(order), *((order[-1], j) for j in others)])


def hide_optimum(weight: np.ndarray, scores: np.ndarray, hide: set[int], keep: set[int], k: int) -> float:
    """Infimum of ‖z‖₂ over perturbations that keep `hide` out of the top-k and `keep` in it: over who fills the rest."""
    free = sorted(set(range(len(scores))) - hide - keep)
    return min(targeted_optimum(weight, scores, keep | set(filling)) for filling in combinations(free, k - len(keep)))


def targeted_linf_optimum(weight: np.ndarray, scores: np.ndarray, targets: set[int]) -> float:
    """Infimum of ‖z‖_∞ over perturbations whose top-k set is exactly `targets`: a linear program in z and its bound."""
    return _lift_linf(weight, scores, tuple(targets), tuple(set(range(len(scores))) - targets))


def cleared_linf_optimum(weight: np.ndarray, scores: np.ndarray, true: set[int], k: int) -> float:
    """Infimum of ‖z‖_∞ over perturbations that leave no true label in the top-k."""
    others = sorted(set(range(len(scores))) - true)
    return min(_lift_linf(weight, scores, above, tuple(true)) for above in combinations(others, k))


def _lift_linf(weight: np.ndarray, scores: np.ndarray, above: tuple[int, ...], below: tuple[int, ...]) -> float:
    """Least t with −t ≤ z ≤ t: W z + scores above a threshold λ for `above`, below it for `below`; z, λ, t free."""
    d = weight.shape[1]
    rows = [np.append(-weight[i], [1, 0]) for i in above] + [np.append(weight[j], [-1, 0]) for j in below]
    rest = [scores[i] for i in above] + [-scores[j] for j in below]
    eye, bound = np.eye(d), np.zeros((d, 1))
    within = np.block([[eye, bound, bound - 1], [-eye, bound, bound - 1]])
    found = linprog(
        np.eye(d + 2)[-1], np.vstack([rows, within]), np.append(rest, np.zeros(2 * d)),
        bounds=[(None, None)] * (d + 1) + [(0, None)], method="highs",
    )  # fmt: skip
    assert found.status == 0, found.message
    return float(found.fun)
