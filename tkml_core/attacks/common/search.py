"""Carlini and Wagner's search: ‖z‖² + c · loss by Adam, for one constant c after another."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.attacks.common.base import LARGEST, Attack, check_whole
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.rows import add, replace, take
from tkml_core.goals import Goal
from tkml_core.images import each
from tkml_core.losses import Objective
from tkml_core.step import Steps

DECAYS = (0.9, 0.999)  # Adam's (Kingma & Ba, ICLR 2015): of the mean of gradients, of the mean of their squares
WIDER = 10.0  # factor of the constant until one search has failed and one has not


@dataclass(frozen=True)
class Search(Attack):
    """Settings and loop of CW^k and QuadAttacK: minimise ‖z‖² + c · loss by Adam, from z = 0 for one c after another.

    c grows tenfold after a search without a success and shrinks tenfold after one with; once it has seen both, it halves the
    interval on a log scale. The smallest success of all counts. The box is kept by clamping, not by CW's tanh: a photo has
    pixels at exactly 0 and 1, where tanh neither represents them nor has a gradient.

    searches: how many constants share `max_steps`; CW's nine leave few steps to each, and an image needs tens before its first
    success. constant: the first c, with ‖z‖ in [0,1] units. rate: Adam's, about how far a pixel goes in one step, in [0,1].
    kappa: κ, by how many logits each pair of labels is to be in order.
    """

    searches: int = 5
    constant: float = 1.0
    rate: float = 0.002
    kappa: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("searches", self.searches, 1)
        for name, what in (("constant", "the first c"), ("rate", "Adam's rate")):
            value = getattr(self, name)
            if not 0 < value <= LARGEST:
                raise ValueError(f"{name} = {value!r}: {what} is a number above 0, up to {LARGEST}.")
        if not 0 <= self.kappa <= LARGEST:
            raise ValueError(
                f"kappa = {self.kappa!r}: the logits by which a pair is to be in order are 0 to {LARGEST}."
            )

    def _search(self, state: BatchState, objective: Callable[[Tensor, Goal, Tensor], Objective]) -> Steps:
        """Search with the loss that `objective` gives of scores (n,m), the goal, and κ (n,) of these images."""
        updates = max(1, self.max_steps // self.searches)  # in a search
        bracket, adam = _Bracket(state.norm, self.constant), _Adam(state.x)
        spent = searched = 0  # alike for all images that are not done
        hit = torch.zeros_like(state.done)

        for index in range(self.max_steps + 1):
            evaluation = state.evaluate()
            rows, goal, leaf, logits, z, seen, norm = evaluation
            required, c = take(state.required_margin, rows), take(bracket.c, rows)
            loss, by_scores, _ = objective(seen, goal, self.kappa + required)
            state.record(evaluation, (norm / 255).square() + c * loss, seen.topk(goal.k, dim=1).values[:, -1])
            hit = replace(hit, rows, take(hit, rows) | (goal.margin(seen) < -required))
            over = spent == updates
            if over:
                searched += 1
            last = over and searched >= self.searches
            if last:
                state.read_pending()
                state.settle(rows)
            if (yield state.step(index)) or not len(state.active) or index == self.max_steps:
                break

            (by_x,) = torch.autograd.grad(logits, leaf, by_scores)
            x_adv = leaf.detach()
            if index == 0:
                # ∂ loss / ∂x at the image itself, where every search begins
                at_start = replace(torch.zeros_like(state.x), rows, by_x)
            if over:
                # The next constant. Where no success came of the last one, or none that 8 bits show, as many searches
                # again, while there are steps.
                bracket.learn(rows, hit[rows])
                if last:
                    bracket.widen()
                    searched = 0
                adam, spent, hit = _Adam(state.x), 0, torch.zeros_like(hit)
                x_adv, z, by_x = take(state.x, rows), torch.zeros_like(z), take(at_start, rows)
            gradient = (each(take(bracket.c, rows)) * by_x).add_(z, alpha=2)
            moved = state.move(rows, adam.update(rows, x_adv, gradient, self.rate))
            state.backwards = add(state.backwards, moved)
            spent += 1
        return state.result()


class _Bracket:
    """The constant c of each image (B,), between one that was too small and one that was large enough."""

    def __init__(self, like: Tensor, first: float) -> None:
        self.c = torch.full_like(like, first)
        self.small, self.large = torch.zeros_like(like), torch.full_like(like, torch.inf)

    def learn(self, rows: Tensor, hit: Tensor) -> None:
        """After a search with c that met the goal, or did not: the next c."""
        c = self.c[rows]
        small, large = torch.where(hit, self.small[rows], c), torch.where(hit, c, self.large[rows])
        open_ = torch.where(hit, c / WIDER, c * WIDER)
        c = torch.where((small > 0) & (large < torch.inf), (small * large).sqrt(), open_)
        self.c, self.small = replace(self.c, rows, c), replace(self.small, rows, small)
        self.large = replace(self.large, rows, large)

    def widen(self) -> None:
        """Forget both ends: what met the goal did so by too little."""
        self.small, self.large = torch.zeros_like(self.c), torch.full_like(self.c, torch.inf)


class _Adam:
    """Adam for a batch (B,3,H,W) of which some rows are updated, all of them equally often."""

    def __init__(self, like: Tensor) -> None:
        self.mean, self.square = torch.zeros_like(like), torch.zeros_like(like)
        self.count = 0

    def update(self, rows: Tensor, x: Tensor, gradient: Tensor, rate: float) -> Tensor:
        """Where x (n,3,H,W), the images `rows`, go by a gradient of the same shape."""
        first, second = DECAYS
        self.count += 1
        mean = take(self.mean, rows).lerp(gradient, 1 - first)
        square = take(self.square, rows).mul(second).addcmul_(gradient, gradient, value=1 - second)
        self.mean, self.square = replace(self.mean, rows, mean), replace(self.square, rows, square)
        # Both means divided by their bias, and 1e-8 against a division by zero, in three passes over the pixels.
        bias = math.sqrt(1 - second**self.count)
        return x.addcdiv(mean, square.sqrt().add_(1e-8 * bias), value=-rate * bias / (1 - first**self.count))
