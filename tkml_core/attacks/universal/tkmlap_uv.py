"""TkML-AP-Uv, the universal attack of T_kML-AP (Hu et al., ICCV 2021, §3.1): one perturbation for a whole set."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from tkml_core import losses
from tkml_core.annotator import Annotator
from tkml_core.attacks.common.base import check_beta_and_momentum, check_whole
from tkml_core.attacks.common.checks import check_graph
from tkml_core.attacks.universal.base import PhotoSet, Universal
from tkml_core.goals import Goal
from tkml_core.step import Steps

OVERSHOOT = 0.1  # of the set's mean first margin: by how much "margin" asks each image to meet the goal
SHORTEST = 0.02  # of the first step's length: the last one's


def shared_lambda(scores: Tensor, true: Tensor, k: int) -> Tensor:
    """The one λ ≥ 0 (a scalar) that minimises the mean of Eq. 8 over images at scores (n,m); true bool (n,m).

    Lemma 1 over the whole set: of all n·m differences [max_Y f − f_j]_+ the one after the n(m−k) largest. Every λ between
    these two is a minimiser; at the lower one all n(m−k) have a subgradient, at the upper one the last of them has none.
    """
    n, m = scores.shape
    best = scores.masked_fill(~true, -torch.inf).amax(1, keepdim=True)
    return (best - scores).clamp(min=0).flatten().sort(descending=True).values[n * (m - k)]


def margin_hinge(scores: Tensor, goal: Goal, overshoot: float) -> losses.Objective:
    """[margin + overshoot]_+ at scores (B,m) with its subgradients.

    The margin of Cleared is above 0 where Eq. 7 is, and where true labels tie at places k and k + 1, which Eq. 7 misses.
    """
    leaf = scores.detach().requires_grad_()
    with torch.enable_grad():
        loss = (goal.margin(leaf) + overshoot).clamp(min=0)
    (by_scores,) = torch.autograd.grad(loss.sum(), leaf)
    return losses.Objective(loss.detach(), by_scores, torch.zeros_like(loss.detach()))


def slope(
    annotator: Annotator, x: Tensor, z: Tensor, objective: Callable[[Tensor], losses.Objective]
) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (B,m), the objective's loss at them (B,), and the subgradient by z (1,3,H,W) of its mean over the images.

    x (B,3,H,W); z (1,3,H,W), added and clamped to [0,1]: a pixel that the box holds passes nothing on.
    """
    leaf = z.detach().requires_grad_()
    with torch.enable_grad():
        images = (x + leaf).clamp(0, 1).contiguous(memory_format=annotator.memory_format)
        logits = annotator(images)
    check_graph(logits)
    loss, by_scores, _ = objective(logits.detach())
    (by_z,) = torch.autograd.grad(logits, leaf, by_scores / len(x))
    return logits.detach(), loss, by_z


@dataclass(frozen=True)
class TkMLAPUv(Universal):
    """Minimise (1/n) Σ_i L(z, λ; x_i, Y_i) over z and one λ ≥ 0 for all images, L of Eq. 8, subject to ‖z‖ ≤ ξ.

    The printed paper leaves the schedule to an appendix that is not in it; this one is ours. Each update: λ at the minimum
    over the whole set's last seen scores (Lemma 1); g = βz + the mean subgradient over a mini-batch; v ← μv + (1−μ) g/‖g‖;
    z ← project(z − a ξ v/‖v‖), with sign(v) in place of v/‖v‖ where the norm is L∞. The length a falls from `step` to
    a fiftieth of it along a cosine. Lengths in units of ξ need no tuning for the annotator, its number of labels or ξ.

    batch_size: images an update. step: a at the start. beta: β of Eq. 8. momentum: μ. Other settings: see `Universal`.
    surrogate: "average", Eq. 8, whose mean lifts the m − k labels that score lowest, all alike, and not those that are
    nearest to passing the true ones; or "margin", the goal's own margin in its place: max_Y f less the k-th best score of the
    other labels, which is Eq. 7 where one label is true, and that or more where several are. Which of the
    two meets the goal more often on photos that z was not made for depends on the network: see `universal.md`.
    """

    name = "TkML-AP-Uv"

    batch_size: int = 4
    step: float = 0.2
    beta: float = 0.01
    momentum: float = 0.9
    surrogate: str = "average"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("batch_size", self.batch_size, 1)
        if not 0 < self.step <= 2:
            raise ValueError(f"step = {self.step!r}: the length of the first update, as a share of xi, is in (0, 2].")
        check_beta_and_momentum(self.beta, self.momentum)
        if self.surrogate not in ("average", "margin"):
            raise ValueError(f'surrogate = {self.surrogate!r}: it is "average" (Eq. 8) or "margin".')

    @property
    def images_an_update(self) -> int:
        return self.batch_size

    def objective(self, scores: Tensor, goal: Goal, lam: Tensor, overshoot: float) -> losses.Objective:
        """The surrogate at scores (B,m), without its β term; lam a scalar."""
        if self.surrogate == "margin":
            return margin_hinge(scores, goal, overshoot)
        return losses.untargeted(scores, goal.true, goal.k, lam.expand(len(scores)))

    def _loss(
        self, photo_set: PhotoSet, rows: Tensor, scores: Tensor, lam: Tensor, overshoot: float
    ) -> losses.Objective:
        """The surrogate for the images `rows`, at the scores that are aimed at."""
        return self.objective(photo_set.aimed(scores, rows), photo_set.goal.select(rows), lam, overshoot)

    def threshold(self, scores: Tensor, goal: Goal, lam: Tensor) -> Tensor:
        """What to draw among the scores (B,): max_Y f − λ, or f_[k] where there is no λ."""
        if self.surrogate == "margin":
            return scores.topk(goal.k, dim=1).values[:, -1]
        return scores.masked_fill(~goal.true, -torch.inf).amax(1) - lam

    def _over(self, photo_set: PhotoSet) -> Steps:
        momentum_buffer = torch.zeros_like(photo_set.z)
        for index in range(photo_set.updates + 1):
            rows = photo_set.next_rows()
            goal = photo_set.goal.select(rows)
            lam = shared_lambda(photo_set.scores, photo_set.goal.true, goal.k)
            if index == 0:
                overshoot = OVERSHOOT * float(photo_set.goal.margin(photo_set.scores).clamp(min=0).mean())
            x = photo_set.x[rows].to(photo_set.z.device)
            logits, loss, by_z = slope(
                photo_set.annotator, x, photo_set.z, partial(self._loss, photo_set, rows, lam=lam, overshoot=overshoot)
            )
            photo_set.count(rows, forwards=1, backwards=1)
            photo_set.scores[rows] = photo_set.aimed(logits, rows)
            ridge = self.beta / 2 * photo_set.z.square().sum()
            if (yield photo_set.step(index, rows, logits, loss + ridge, self.threshold(logits, goal, lam))):
                break
            if index == photo_set.updates or photo_set.over:
                break
            photo_set.count(rows, steps=1)
            g = self.beta * photo_set.z + by_z
            momentum_buffer = self.momentum * momentum_buffer + (1 - self.momentum) * g / g.norm().clamp(min=1e-12)
            falling = SHORTEST + (1 - SHORTEST) * (1 + math.cos(math.pi * index / photo_set.updates)) / 2
            direction = (
                momentum_buffer.sign()
                if self.norm == "linf"
                else momentum_buffer / momentum_buffer.norm().clamp(min=1e-12)
            )
            photo_set.z = self.project(photo_set.z - falling * self.step * self.xi / 255 * direction)
        return photo_set.result()
