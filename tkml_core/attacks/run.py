"""What every loop keeps of its images: where each stands, its smallest success, and what it has cost."""

from typing import NamedTuple

import torch
from torch import Tensor

from tkml_core import grid
from tkml_core.annotator import Annotator
from tkml_core.goals import Goal
from tkml_core.images import check_pixels, quantize
from tkml_core.metrics import NORMS, l2_norm
from tkml_core.ranking import consistent
from tkml_core.step import Result, Step

ENOUGH = 0.99  # of the best norm: what is not 1 % shorter is not worth waiting for
MORE = 0.02  # score units by which a success must clear the goal once no 8-bit image has shown it, doubled each time


class Look(NamedTuple):
    """The images that are not done, evaluated where they are."""

    rows: Tensor  # (n,) their places in the batch
    goal: Goal
    leaf: Tensor  # (n,3,H,W), with a gradient
    logits: Tensor  # (n,m), a graph from `leaf`
    z: Tensor  # (n,3,H,W), without a graph, as are
    f: Tensor  # (n,m), the scores, and
    norm: Tensor  # (n,), ‖z‖₂ in 0–255 units


def part(of: Tensor, rows: Tensor) -> Tensor:
    """of[rows], and `of` itself where these are all its rows: to gather the pixels anew takes as long as to use them."""
    return of if len(rows) == len(of) else of[rows]


def each(values: Tensor) -> Tensor:
    """(B,) as (B,1,1,1), to go with images."""
    return values[:, None, None, None]


def put(of: Tensor, rows: Tensor, values: Tensor) -> Tensor:
    """`of` with `values` in those rows, and `values` themselves where these are all its rows."""
    if len(rows) == len(of):
        return values
    of[rows] = values
    return of


class Run:
    """A batch under attack. A loop evaluates the live images, records what it saw, and moves them; see `descent.py`.

    Images stop on their own: one that is done keeps its row, frozen. Every success passes through the integer-grid
    search before it counts, and an image whose success no 8-bit image shows goes on, for a clearer one (`wanted`).
    Which of two successes is smaller the `measure` says, one of `metrics.NORMS`; norms that are shown are L2.
    """

    def __init__(self, annotator: Annotator, x: Tensor, goal: Goal, measure: str = "l2") -> None:
        check_pixels(x)
        self.annotator, self.x = annotator, x.detach().to(annotator.device)
        self.goal = goal.fit(len(x), annotator.device)
        self.measure = measure
        self.x_adv = self.x.clone()
        self.best = self.x.clone()  # the float image of the smallest success
        zeros = torch.zeros(len(x), dtype=x.dtype, device=annotator.device)
        self.loss, self.threshold, self.norm = zeros.clone(), zeros.clone(), zeros.clone()
        self.best_norm = torch.full_like(zeros, torch.inf)  # by the measure
        self.wanted = zeros.clone()  # score units: only a margin below −wanted counts as a success
        self.logits = zeros[:, None].expand(-1, goal.true.shape[1]).clone()
        self.achieved, self.certified, self.done = (zeros != 0 for _ in range(3))
        self.steps, self.forwards, self.backwards = (zeros.long() for _ in range(3))

    @property
    def live(self) -> Tensor:
        """Rows (n,) that are not done."""
        return (~self.done).nonzero()[:, 0]

    def begin(self) -> None:
        """Score the images as they are; one that meets the goal already is done, and is its own result."""
        with torch.no_grad():
            self.logits = self.annotator(self.x)
        if not bool(torch.isfinite(self.logits).all()):
            raise ValueError("The annotator gives NaN or infinite scores for this image, which no attack can rank.")
        self.achieved = self.goal.margin(self.logits) < 0
        met = self.achieved.nonzero()[:, 0]
        self.forwards += 1
        if len(met):
            self.done[met] = self.certified[met] = grid.holds(
                self.annotator, self.goal.select(met), quantize(self.x[met])
            )
            self.forwards[met] += 1
            self.best_norm[self.done] = 0
            self.x_adv[self.done] = quantize(self.x[self.done])

    def look(self, rows: Tensor | None = None) -> Look:
        """Evaluate the live images, or those of `rows`: what every iterate begins with. One forward pass.

        ValueError where the scores are not finite.
        """
        rows = self.live if rows is None else rows
        leaf = self.x_adv[rows] if len(rows) < len(self.x) else self.x_adv.clone()
        leaf.requires_grad_()
        with torch.enable_grad():
            logits = self.annotator(leaf)
        if not bool(torch.isfinite(logits).all()):  # NaN pixels show here too
            raise ValueError(
                "The run came to scores that are NaN or infinite and cannot go on. Settings nearer to the defaults help."
            )
        self.forwards[rows] += 1
        z = leaf.detach() - part(self.x, rows)
        return Look(rows, self.goal.select(rows), leaf, logits, z, logits.detach(), l2_norm(z))

    def move(self, rows: Tensor, x_adv: Tensor) -> Tensor:
        """Put those of `rows` that are not done at x_adv (n,3,H,W), brought into the box; returns which (n,) they are."""
        going = ~self.done[rows]
        moving = rows[going]
        if len(moving) == len(self.x):
            self.x_adv = x_adv.clamp(0, 1)
        else:
            self.x_adv[moving] = x_adv[going].clamp(0, 1)
        self.steps[moving] += 1
        return going

    def record(self, look: Look, loss: Tensor, threshold: Tensor) -> Tensor:
        """Note what the look saw; returns which of its images (n,) succeeded with less than before."""
        rows = look.rows
        self.logits[rows], self.loss[rows], self.threshold[rows] = look.f, loss, threshold
        norm = look.norm
        size = norm if self.measure == "l2" else NORMS[self.measure](look.z)
        margin = look.goal.margin(look.f)
        better = (margin < -self.wanted[rows]) & (size < self.best_norm[rows] * ENOUGH)
        self.norm[rows], self.achieved[rows], self.certified[rows] = norm, margin < 0, False
        won = rows[better]
        if len(won):
            self.best[won], self.best_norm[won] = self.x_adv[won], size[better]
            self.certified[won] = grid.holds(self.annotator, self.goal.select(won), quantize(self.x_adv[won]))
            self.forwards[won] += 1
        return better

    def settle(self, rows: Tensor) -> None:
        """Bring the successes among `rows` onto the 8-bit grid and end them; those that do not survive go on."""
        rows = rows[(self.best_norm[rows] < torch.inf) & ~self.done[rows]]
        if not len(rows):
            return
        most = self.best_norm[rows].ceil() if self.measure == "linf" else None
        found = grid.search(self.annotator, self.goal.select(rows), self.x[rows], self.best[rows] - self.x[rows], most)
        self.forwards[rows] += found.forwards
        self.backwards[rows] += found.backwards
        lost = rows[~found.holds]
        self.best_norm[lost] = torch.inf
        self.wanted[lost] = (2 * self.wanted[lost]).clamp(min=MORE)
        if bool(found.holds.any()):
            self.end(rows[found.holds], found.x_adv[found.holds])

    def end(self, rows: Tensor, x_adv: Tensor) -> None:
        """End `rows` (n,) with 8-bit images (n,3,H,W) that meet the goal."""
        self.done[rows] = self.certified[rows] = self.achieved[rows] = True
        self.x_adv[rows], self.norm[rows] = x_adv, l2_norm(x_adv - self.x[rows])
        with torch.no_grad():
            self.logits[rows] = self.annotator(x_adv)
        self.forwards[rows] += 1

    def step(self, index: int) -> Step:
        """The present state as a Step of its own."""
        fields = (self.x_adv, self.logits, self.loss, self.norm, self.threshold, self.achieved, self.certified)
        return Step(index, *(field.detach().clone() for field in fields))

    def result(self) -> Result:
        """Round, and annotate each 8-bit image alone, as a visitor who saved it would."""
        self.settle(self.live)
        x_adv = quantize(self.x_adv)  # an image that is done is on the grid already
        with torch.no_grad():
            logits = torch.cat([self.annotator(x_adv[i : i + 1]) for i in range(len(x_adv))])
        self.forwards += 1
        achieved = self.goal.margin(logits) <= -grid.HAIRLINE
        float_norm = l2_norm(
            torch.where((self.best_norm < torch.inf)[:, None, None, None], self.best, self.x_adv) - self.x
        )
        return Result(
            x_adv=x_adv,
            achieved=achieved,
            consistent=consistent(logits, self.goal.true, self.goal.k),
            norm=l2_norm(x_adv - self.x),
            norm_float=float_norm,
            steps=self.steps.clone(),
            forwards=self.forwards.clone(),
            backwards=self.backwards.clone(),
        )
