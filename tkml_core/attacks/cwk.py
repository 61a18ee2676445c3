"""CW^k (Zhang & Wu, CVPR Workshops 2020, "Learning Ordered Top-k Adversarial Attacks"): Carlini and Wagner's attack."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core import losses
from tkml_core.attacks.attack import LARGEST, Attack, check_whole
from tkml_core.attacks.run import Run, part
from tkml_core.goals import Goal, Ordered, Targeted
from tkml_core.step import Steps

DECAYS = (0.9, 0.999)  # Adam's (Kingma & Ba, ICLR 2015): of the mean of gradients, of the mean of their squares
WIDER = 10.0  # factor of the constant until one search has failed and one has not


@dataclass(frozen=True)
class CWk(Attack):
    """Minimise ‖z‖² + c Σ hinges by Adam, from z = 0 for one constant c after another; keep the smallest success.

    The hinges are `losses.ordered_hinges`, or without an order `losses.target_hinges`. c grows tenfold after a search
    without a success and shrinks tenfold after one with; once it has seen both, it halves the interval on a log scale.
    The box is kept by clamping, not by CW's tanh: a photo has pixels at exactly 0 and 1, where tanh neither represents
    them nor has a gradient.

    Goals: `Ordered`, or `Targeted`. searches: how many constants share `max_steps`; CW's nine leave few steps to each, and
    an image needs tens before its first success. constant: the first c, with ‖z‖ in
    [0,1] units and scores in logits. rate: Adam's, about how far a pixel goes in one step, in [0,1]. kappa: κ, by how
    many logits each hinge is to hold.
    """

    name = "CW^k"
    goals = (Ordered, Targeted)

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
            raise ValueError(f"kappa = {self.kappa!r}: the logits by which a hinge is to hold are 0 to {LARGEST}.")

    def objective(self, scores: Tensor, goal: Goal, kappa: Tensor) -> losses.Objective:
        """The sum of hinges and its subgradients; kappa (B,)."""
        if isinstance(goal, Ordered):
            return losses.ordered_hinges(scores, goal.targets, kappa)
        assert isinstance(goal, Targeted)
        return losses.target_hinges(scores, goal.targets, kappa)

    def _loop(self, run: Run) -> Steps:
        share = max(1, self.max_steps // self.searches)  # updates a search
        bracket, adam = _Bracket(run.norm, self.constant), _Adam(run.x)
        spent, searched = torch.zeros_like(run.steps), torch.zeros_like(run.steps)
        hit = torch.zeros_like(run.done)
        at_start = torch.zeros_like(run.x)  # ∂ Σ hinges / ∂x at the image itself, where every search begins

        for index in range(self.max_steps + 1):
            look = run.look()
            rows, goal, leaf, logits, z, seen, norm = look
            hinges, by_scores, _ = self.objective(seen, goal, self.kappa + run.wanted[rows])
            loss = (norm / 255).square() + bracket.c[rows] * hinges
            hit[rows] |= goal.margin(seen) < -run.wanted[rows]
            run.record(look, loss, seen.topk(goal.k, dim=1).values[:, -1])
            over = spent[rows] >= share
            searched[rows[over]] += 1
            last = rows[over & (searched[rows] >= self.searches)]
            run.settle(last)
            if (yield run.step(index)) or bool(run.done.all()) or index == self.max_steps:
                break

            (by_x,) = torch.autograd.grad(logits, leaf, by_scores)
            if index == 0:
                at_start[rows] = by_x
            # A search that is over makes way for the next constant. Where no success came of the last one, or none that
            # 8 bits show, as many searches again, while there are steps.
            ended = rows[over]
            bracket.learn(ended, hit[ended])
            bracket.widen(last)
            adam.reset(ended)
            searched[last], spent[ended], hit[ended] = 0, 0, False
            fresh = over[:, None, None, None]
            here, by_x = torch.where(fresh, 0.0, z), torch.where(fresh, part(at_start, rows), by_x)
            update = self.rate * adam.direction(rows, 2 * here + bracket.c[rows, None, None, None] * by_x)

            moving = rows[run.move(rows, part(run.x, rows) + here - update)]
            run.backwards[moving] += 1
            spent[moving] += 1
        return run.result()


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
        self.c[rows] = torch.where((small > 0) & (large < torch.inf), (small * large).sqrt(), open_)
        self.small[rows], self.large[rows] = small, large

    def widen(self, rows: Tensor) -> None:
        """Forget both ends: what met the goal did so by too little."""
        self.small[rows], self.large[rows] = 0, torch.inf


class _Adam:
    """Adam with a state and a step count of its own for each image (B,3,H,W)."""

    def __init__(self, like: Tensor) -> None:
        self.mean, self.square = torch.zeros_like(like), torch.zeros_like(like)
        self.count = like.new_zeros(len(like), 1, 1, 1)

    def reset(self, rows: Tensor) -> None:
        self.mean[rows], self.square[rows], self.count[rows] = 0, 0, 0

    def direction(self, rows: Tensor, gradient: Tensor) -> Tensor:
        """What to take away from `rows`, at rate 1."""
        first, second = DECAYS
        self.count[rows] += 1
        mean = first * part(self.mean, rows) + (1 - first) * gradient
        square = second * part(self.square, rows) + (1 - second) * gradient.square()
        self.mean[rows], self.square[rows] = mean, square
        size = (square / (1 - second ** self.count[rows])).sqrt() + 1e-8
        return mean / (1 - first ** self.count[rows]) / size
