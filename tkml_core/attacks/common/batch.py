"""A batch of images under attack: where each stands, its smallest success, and what it has cost."""

from typing import NamedTuple

import torch
from torch import Tensor

from tkml_core import pixel_grid
from tkml_core.annotator import Annotator
from tkml_core.attacks.common import deferred
from tkml_core.attacks.common.checks import check_asked, check_graph, scores_of
from tkml_core.attacks.common.rows import add, replace, take
from tkml_core.goals import Goal
from tkml_core.images import each, quantize
from tkml_core.metrics import NORMS, l2_norm
from tkml_core.ranking import consistent
from tkml_core.step import Result, Step

ENOUGH = 0.99  # of the best norm: what is not 1% shorter is not worth waiting for
SLACK = 1e-3  # levels: a whole number of them that floats have made a little longer is still that number
MORE = 0.02  # score units by which a success must clear the goal once no 8-bit image has shown it, doubled each time


class Evaluation(NamedTuple):
    """Images that are not done, with the scores where they are."""

    rows: Tensor  # (n,) their places in the batch
    goal: Goal
    leaf: Tensor  # (n,3,H,W), with a gradient
    logits: Tensor  # (n,m), a graph from `leaf`
    z: Tensor  # (n,3,H,W), without a graph, as are
    f: Tensor  # (n,m), the scores, and
    norm: Tensor  # (n,), ‖z‖₂ in 0–255 units


def onto_ball(z: Tensor, norm: float) -> Tensor:
    """The nearest z' with ‖z'‖₂ ≤ norm for each of z (n,3,H,W); z in [0,1] units, norm in 0–255 units."""
    return z * each((norm / l2_norm(z).clamp(min=1e-12)).clamp(max=1))


class BatchState:
    """A batch under attack. A loop evaluates the active images, records what it saw, and moves them; see `descent.py`.

    Images stop on their own: one that is done keeps its row, frozen. Every success passes through the integer-grid
    search before it counts. An image whose success no 8-bit image shows goes on, for a clearer one (`required_margin`);
    where none comes, the end takes a larger success instead (`fallback`). Which of two successes is smaller the `measure`
    says, one of `metrics.NORMS`; norms that are shown are L2. With a `confidence` κ a success is a margin of −κ or less.

    Tensors are replaced, not written into (`rows.py`): what a loop hands over may be part of a graph, and on a GPU a check
    is read one step later (`deferred.py`), when it is about tensors of one step ago.
    """

    def __init__(
        self, annotator: Annotator, x: Tensor, goal: Goal, measure: str = "l2", confidence: float = 0.0
    ) -> None:
        check_asked(annotator, x, goal)
        self.annotator, self.x = annotator, x.detach().to(annotator.device)
        self.goal = goal.fit(len(x), annotator.device)
        self.measure, self.confidence = measure, confidence
        self.norm_budget: float | None = None  # of ‖z‖₂ in 0–255 units, held after every move: see `budget.py`
        self.start: Tensor | None = None  # (B,3,H,W), where a run begins that does not begin at the photo
        self.x_adv = self.x.clone()
        self.best = self.x.clone()  # the float image of the smallest success
        zeros = torch.zeros(len(x), dtype=x.dtype, device=annotator.device)
        self.loss, self.threshold, self.norm = zeros, zeros, zeros
        self.best_norm = torch.full_like(zeros, torch.inf)  # by the measure
        self.fallback = self.x  # the float image of the last success whose rounding held, or of the first one
        self.has_fallback = zeros != 0  # which images have one
        self.required_margin = zeros + confidence  # score units: only a margin below its negative counts as a success
        self.logits = zeros[:, None].expand(-1, goal.true.shape[1])
        self.achieved, self.certified = zeros != 0, zeros != 0
        self.steps, self.forwards, self.backwards = zeros.long(), zeros.long(), zeros.long()
        self.succeeded = False  # whether some image ever has
        self.pending: deferred.PendingCheck | None = None  # sent, and not read yet
        self.mark(zeros != 0)

    def mark(self, done: Tensor) -> None:
        """Which images (B,) are done, bool; the others are `active`, rows (n,) in ascending order."""
        self.done, self.active = done, (~done).nonzero()[:, 0]

    def begin(self) -> None:
        """Score the images as they are; one that meets the goal already is done, and is its own result."""
        self.logits = scores_of(self.annotator, self.x)
        self.achieved = self.goal.margin(self.logits) < -self.confidence
        met = self.achieved.nonzero()[:, 0]
        self.forwards = self.forwards + 1
        if len(met):
            images = quantize(self.x[met])
            holds = pixel_grid.holds(self.annotator, self.goal.select(met), images, self.confidence)
            self.certified = replace(self.certified, met, holds)
            self.forwards = add(self.forwards, met)
            self.mark(self.certified)
            self.best_norm = self.best_norm.masked_fill(self.done, 0)
            self.x_adv = torch.where(each(self.done), quantize(self.x), self.x)

    def evaluate(self, rows: Tensor | None = None) -> Evaluation:
        """Evaluate the active images, or those of `rows`: what every iterate begins with. One forward pass."""
        rows = self.active if rows is None else rows
        leaf = take(self.x_adv, rows).detach().requires_grad_()
        with torch.enable_grad():
            logits = self.annotator(leaf)
        check_graph(logits)
        self.forwards = add(self.forwards, rows)
        z = leaf.detach() - take(self.x, rows)
        goal = self.goal if len(rows) == len(self.x) else self.goal.select(rows)
        f = logits.detach().clone()  # somebody's network may use its memory again
        return Evaluation(rows, goal, leaf, logits, z, f, l2_norm(z))

    def move(self, rows: Tensor, x_adv: Tensor) -> Tensor:
        """Put those of `rows` that are active at x_adv (n,3,H,W), brought into the box; returns which rows they are."""
        if len(rows) > len(self.active):
            going = ~self.done[rows]
            rows, x_adv = rows[going], x_adv[going]
        if self.norm_budget is not None:
            x = take(self.x, rows)
            x_adv = x + onto_ball(x_adv.clamp(0, 1) - x, self.norm_budget)
        self.x_adv = replace(self.x_adv, rows, x_adv.clamp(0, 1))
        self.steps = add(self.steps, rows)
        return rows

    def record(self, evaluation: Evaluation, loss: Tensor, threshold: Tensor) -> Tensor:
        """Keep what the evaluation saw; returns which of its images (n,) succeeded with less than before.

        ValueError where the scores are not finite.
        """
        self.read_pending()
        rows, norm = evaluation.rows, evaluation.norm
        size = norm if self.measure == "l2" else NORMS[self.measure](evaluation.z)
        margin = evaluation.goal.margin(evaluation.f)
        better = (margin < -take(self.required_margin, rows)) & (size < take(self.best_norm, rows) * ENOUGH)
        self.pending = deferred.send(rows, self.x_adv, size, margin, better, evaluation.f)
        self.logits, self.loss = replace(self.logits, rows, evaluation.f), replace(self.loss, rows, loss)
        self.threshold, self.norm = replace(self.threshold, rows, threshold), replace(self.norm, rows, norm)
        self.achieved = replace(self.achieved, rows, margin < -self.confidence)
        self.certified = replace(self.certified, rows, torch.zeros_like(better))
        if deferred.at_once(rows.device):
            self.read_pending()
        return better

    def read_pending(self) -> None:
        """Read the check that is pending, if one is, and look whether 8-bit images show its successes."""
        check, self.pending = self.pending, None
        if check is None or not check.read():
            return
        # Since the check was sent an image may have ended, or its rounding failed, so that now it must do more.
        better = check.better & ~self.done[check.rows] & (check.margin < -self.required_margin[check.rows])
        won = check.rows[better]
        if not len(won):
            return
        x_adv = check.x_adv[won]
        self.keep(won, x_adv, check.size[better])
        holds = pixel_grid.holds(self.annotator, self.goal.select(won), quantize(x_adv), self.confidence)
        self.forwards = add(self.forwards, won)
        if check.x_adv is self.x_adv:  # nothing has moved since, so that the next Step is about these images
            self.certified = replace(self.certified, won, holds)
        safe = holds | ~self.has_fallback[won]
        self.fallback = replace(self.fallback, won[safe], x_adv[safe])
        self.has_fallback = replace(self.has_fallback, won, torch.ones_like(safe))

    def keep(self, rows: Tensor, x_adv: Tensor, size: Tensor) -> None:
        """Note successes of `rows` (n,): float images (n,3,H,W) of size (n,), by the measure."""
        self.best, self.best_norm = replace(self.best, rows, x_adv), replace(self.best_norm, rows, size)
        self.succeeded = True

    def settle(self, rows: Tensor, ready: Tensor | None = None) -> None:
        """Bring the successes among `rows` (n,), of those that are `ready` (n,), onto the 8-bit grid and end them.

        Those that do not survive go on.
        """
        if not self.succeeded:
            return
        can = (self.best_norm[rows] < torch.inf) & ~self.done[rows]
        rows = rows[can if ready is None else can & ready]
        if not len(rows):
            return
        lost = self._to_grid(rows, self.best)
        if len(lost):
            self.best_norm = replace(self.best_norm, lost, torch.full_like(self.norm[lost], torch.inf))
            more = (2 * (self.required_margin[lost] - self.confidence)).clamp(min=MORE)
            self.required_margin = replace(self.required_margin, lost, self.confidence + more)

    def _to_grid(self, rows: Tensor, near: Tensor) -> Tensor:
        """End `rows` (n,) on the shortest 8-bit images that are found beside `near` (B,3,H,W); those that have none."""
        z = near[rows] - self.x[rows]
        most = (NORMS["linf"](z) - SLACK).ceil() if self.measure == "linf" else None
        found = pixel_grid.search(self.annotator, self.goal.select(rows), self.x[rows], z, most, self.confidence)
        self.forwards = add(self.forwards, rows, found.forwards)
        self.backwards = add(self.backwards, rows, found.backwards)
        if bool(found.holds.any()):
            self.end(rows[found.holds], found.x_adv[found.holds])
        return rows[~found.holds]

    def _use_fallback(self, rows: Tensor) -> None:
        """End those of `rows` (n,) on the grid whose fallback leads there, their smallest having led nowhere."""
        rows = rows[self.has_fallback[rows]]
        if not len(rows):
            return
        self._to_grid(rows, self.fallback)
        ended = rows[self.done[rows]]
        self.keep(ended, self.fallback[ended], self.norm[ended])

    def end(self, rows: Tensor, x_adv: Tensor) -> None:
        """End `rows` (n,) with 8-bit images (n,3,H,W) that meet the goal."""
        yes = torch.ones_like(rows, dtype=torch.bool)
        self.certified, self.achieved = replace(self.certified, rows, yes), replace(self.achieved, rows, yes)
        self.mark(replace(self.done, rows, yes))
        self.x_adv, self.norm = (
            replace(self.x_adv, rows, x_adv),
            replace(self.norm, rows, l2_norm(x_adv - self.x[rows])),
        )
        with torch.no_grad():
            self.logits = replace(self.logits, rows, self.annotator(x_adv))
        self.forwards = add(self.forwards, rows)

    def step(self, index: int) -> Step:
        """The present state as a Step of its own."""
        fields = (self.x_adv, self.logits, self.loss, self.norm, self.threshold, self.achieved, self.certified)
        return Step(index, *(field.clone() for field in fields))

    def result(self) -> Result:
        """Round, and annotate each 8-bit image alone, as a visitor who saved it would."""
        self.read_pending()
        self.settle(self.active)
        self._use_fallback(self.active)
        x_adv = quantize(self.x_adv)  # an image that is done is on the grid already
        with torch.no_grad():
            logits = torch.cat([self.annotator(x_adv[i : i + 1]) for i in range(len(x_adv))])
        self.forwards = self.forwards + 1
        achieved = self.goal.margin(logits) <= -pixel_grid.TOLERANCE - self.confidence
        nearest = torch.where(each(self.best_norm < torch.inf), self.best, self.x_adv)
        return Result(
            x_adv=x_adv,
            achieved=achieved,
            consistent=consistent(logits, self.goal.true, self.goal.k),
            norm=l2_norm(x_adv - self.x),
            norm_float=l2_norm(nearest - self.x),
            steps=self.steps,
            forwards=self.forwards,
            backwards=self.backwards,
        )
