"""What every loop keeps of its images: where each stands, its smallest success, and what it has cost."""

from typing import NamedTuple

import torch
from torch import Tensor

from tkml_core import grid
from tkml_core.annotator import Annotator
from tkml_core.attacks.checks import check_asked, check_graph, scores_of
from tkml_core.goals import Goal
from tkml_core.images import each, quantize
from tkml_core.metrics import NORMS, l2_norm
from tkml_core.ranking import consistent
from tkml_core.step import Result, Step

ENOUGH = 0.99  # of the best norm: what is not 1 % shorter is not worth waiting for
SLACK = 1e-3  # levels: a whole number of them that floats have made a little longer is still that number
LATE = ("cuda",)  # types of device that work while the host goes on, which reads what they found one step later
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


class News(NamedTuple):
    """What a look found: its successes, and on their way to the host the answers whether there are any."""

    rows: Tensor  # (n,)
    x_adv: Tensor  # (B,3,H,W)
    size: Tensor  # (n,), by the measure
    margin: Tensor  # (n,), the goal's
    better: Tensor  # (n,) bool
    flags: Tensor  # (2,) bool, to be read once they have `arrived`: every score is finite; some image is better
    arrived: torch.cuda.Event | None


def part(of: Tensor, rows: Tensor) -> Tensor:
    """of[rows], and `of` itself where these are all its rows: to gather the pixels anew takes as long as to use them.

    Rows ascend, each once, here and in what follows.
    """
    return of if len(rows) == len(of) else of[rows]


def put(of: Tensor, rows: Tensor, values: Tensor) -> Tensor:
    """`of` with `values` in those rows, and `values` themselves where these are all its rows. Writes into neither."""
    return values if len(rows) == len(of) else of.index_copy(0, rows, values)


def plus(of: Tensor, rows: Tensor, more: int | Tensor = 1) -> Tensor:
    """`of` with so many more in those rows."""
    return put(of, rows, part(of, rows) + more)


class Run:
    """A batch under attack. A loop evaluates the live images, records what it saw, and moves them; see `descent.py`.

    Images stop on their own: one that is done keeps its row, frozen. Every success passes through the integer-grid
    search before it counts, and an image whose success no 8-bit image shows goes on, for a clearer one (`wanted`); where
    none comes, the end falls back on a larger success (`spare`). Which of two successes is smaller the `measure` says,
    one of `metrics.NORMS`; norms that are shown are L2.

    Books are replaced, not written into: what a loop hands over may be part of a graph, and late news are about books of
    one step ago. For a host that asks a GPU for a value waits until all that was queued is done, and the GPU then waits for
    the host to queue more. So as long as nothing has succeeded a step asks for one thing alone, whether something has: the
    answer is copied while the GPU works on, and read in the next step (`LATE`). There an image ends one step after its
    success, with that success, and is `certified` as it ends.
    """

    def __init__(self, annotator: Annotator, x: Tensor, goal: Goal, measure: str = "l2") -> None:
        check_asked(annotator, x, goal)
        self.annotator, self.x = annotator, x.detach().to(annotator.device)
        self.goal = goal.fit(len(x), annotator.device)
        self.measure = measure
        self.x_adv = self.x.clone()
        self.best = self.x.clone()  # the float image of the smallest success
        zeros = torch.zeros(len(x), dtype=x.dtype, device=annotator.device)
        self.loss, self.threshold, self.norm = zeros, zeros, zeros
        self.best_norm = torch.full_like(zeros, torch.inf)  # by the measure
        self.spare = self.x  # the float image of the last success whose rounding held, or of the first one
        self.spared = zeros != 0  # which images have one
        self.wanted = zeros  # score units: only a margin below −wanted counts as a success
        self.logits = zeros[:, None].expand(-1, goal.true.shape[1])
        self.achieved, self.certified = zeros != 0, zeros != 0
        self.steps, self.forwards, self.backwards = zeros.long(), zeros.long(), zeros.long()
        self.succeeded = False  # whether some image has, ever
        self.news: News | None = None  # not read yet
        self.mark(zeros != 0)

    def mark(self, done: Tensor) -> None:
        """Which images (B,) are done, bool; the others are `live`, rows (n,) in ascending order."""
        self.done, self.live = done, (~done).nonzero()[:, 0]

    def begin(self) -> None:
        """Score the images as they are; one that meets the goal already is done, and is its own result."""
        self.logits = scores_of(self.annotator, self.x)
        self.achieved = self.goal.margin(self.logits) < 0
        met = self.achieved.nonzero()[:, 0]
        self.forwards = self.forwards + 1
        if len(met):
            images = quantize(self.x[met])
            self.certified = put(self.certified, met, grid.holds(self.annotator, self.goal.select(met), images))
            self.forwards = plus(self.forwards, met)
            self.mark(self.certified)
            self.best_norm = self.best_norm.masked_fill(self.done, 0)
            self.x_adv = torch.where(each(self.done), quantize(self.x), self.x)

    def look(self, rows: Tensor | None = None) -> Look:
        """Evaluate the live images, or those of `rows`: what every iterate begins with. One forward pass."""
        rows = self.live if rows is None else rows
        leaf = part(self.x_adv, rows).detach().requires_grad_()
        with torch.enable_grad():
            logits = self.annotator(leaf)
        check_graph(logits)
        self.forwards = plus(self.forwards, rows)
        z = leaf.detach() - part(self.x, rows)
        goal = self.goal if len(rows) == len(self.x) else self.goal.select(rows)
        f = logits.detach().clone()  # somebody's network may use its memory again
        return Look(rows, goal, leaf, logits, z, f, l2_norm(z))

    def move(self, rows: Tensor, x_adv: Tensor) -> Tensor:
        """Put those of `rows` that are live at x_adv (n,3,H,W), brought into the box; returns which rows they are."""
        if len(rows) > len(self.live):
            going = ~self.done[rows]
            rows, x_adv = rows[going], x_adv[going]
        self.x_adv = put(self.x_adv, rows, x_adv.clamp(0, 1))
        self.steps = plus(self.steps, rows)
        return rows

    def record(self, look: Look, loss: Tensor, threshold: Tensor) -> Tensor:
        """Note what the look saw; returns which of its images (n,) succeeded with less than before.

        ValueError where the scores are not finite.
        """
        self.catch_up()
        rows, norm = look.rows, look.norm
        size = norm if self.measure == "l2" else NORMS[self.measure](look.z)
        margin = look.goal.margin(look.f)
        better = (margin < -part(self.wanted, rows)) & (size < part(self.best_norm, rows) * ENOUGH)
        # Only where an event tells that the copy has arrived may the host go on meanwhile (on MPS it would read rubbish).
        flags = torch.stack((look.f.isfinite().all(), better.any())).to("cpu", non_blocking=rows.is_cuda)
        arrived = torch.cuda.current_stream(rows.device).record_event() if rows.is_cuda else None
        self.news = News(rows, self.x_adv, size, margin, better, flags, arrived)
        self.logits, self.loss = put(self.logits, rows, look.f), put(self.loss, rows, loss)
        self.threshold, self.norm = put(self.threshold, rows, threshold), put(self.norm, rows, norm)
        self.achieved = put(self.achieved, rows, margin < 0)
        self.certified = put(self.certified, rows, torch.zeros_like(better))
        if rows.device.type not in LATE:
            self.catch_up()
        return better

    def catch_up(self) -> None:
        """Read the news, if there are any, and look whether 8-bit images show the successes."""
        news, self.news = self.news, None
        if news is None:
            return
        if news.arrived is not None:
            news.arrived.synchronize()
        finite, any_better = news.flags.tolist()
        if not finite:  # NaN pixels show here too
            raise ValueError(
                "The run came to scores that are NaN or infinite and cannot go on. Settings nearer to the defaults help."
            )
        if not any_better:
            return
        # Since late news set out an image may have ended, or its rounding failed, so that now it must do more.
        better = news.better & ~self.done[news.rows] & (news.margin < -self.wanted[news.rows])
        won = news.rows[better]
        if not len(won):
            return
        x_adv = news.x_adv[won]
        self.keep(won, x_adv, news.size[better])
        holds = grid.holds(self.annotator, self.goal.select(won), quantize(x_adv))
        self.forwards = plus(self.forwards, won)
        if news.x_adv is self.x_adv:  # nothing has moved since, so that the next Step is about these images
            self.certified = put(self.certified, won, holds)
        safe = holds | ~self.spared[won]
        self.spare, self.spared = put(self.spare, won[safe], x_adv[safe]), put(self.spared, won, torch.ones_like(safe))

    def keep(self, rows: Tensor, x_adv: Tensor, size: Tensor) -> None:
        """Note successes of `rows` (n,): float images (n,3,H,W) of size (n,), by the measure."""
        self.best, self.best_norm = put(self.best, rows, x_adv), put(self.best_norm, rows, size)
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
            self.best_norm = put(self.best_norm, lost, torch.full_like(self.norm[lost], torch.inf))
            self.wanted = put(self.wanted, lost, (2 * self.wanted[lost]).clamp(min=MORE))

    def _to_grid(self, rows: Tensor, near: Tensor) -> Tensor:
        """End `rows` (n,) on the shortest 8-bit images that are found beside `near` (B,3,H,W); those that have none."""
        z = near[rows] - self.x[rows]
        most = (NORMS["linf"](z) - SLACK).ceil() if self.measure == "linf" else None
        found = grid.search(self.annotator, self.goal.select(rows), self.x[rows], z, most)
        self.forwards = plus(self.forwards, rows, found.forwards)
        self.backwards = plus(self.backwards, rows, found.backwards)
        if bool(found.holds.any()):
            self.end(rows[found.holds], found.x_adv[found.holds])
        return rows[~found.holds]

    def _fall_back(self, rows: Tensor) -> None:
        """End those of `rows` (n,) on the grid whose spare success leads there, their smallest having led nowhere."""
        rows = rows[self.spared[rows]]
        if not len(rows):
            return
        self._to_grid(rows, self.spare)
        ended = rows[self.done[rows]]
        self.keep(ended, self.spare[ended], self.norm[ended])

    def end(self, rows: Tensor, x_adv: Tensor) -> None:
        """End `rows` (n,) with 8-bit images (n,3,H,W) that meet the goal."""
        yes = torch.ones_like(rows, dtype=torch.bool)
        self.certified, self.achieved = put(self.certified, rows, yes), put(self.achieved, rows, yes)
        self.mark(put(self.done, rows, yes))
        self.x_adv, self.norm = put(self.x_adv, rows, x_adv), put(self.norm, rows, l2_norm(x_adv - self.x[rows]))
        with torch.no_grad():
            self.logits = put(self.logits, rows, self.annotator(x_adv))
        self.forwards = plus(self.forwards, rows)

    def step(self, index: int) -> Step:
        """The present state as a Step of its own."""
        fields = (self.x_adv, self.logits, self.loss, self.norm, self.threshold, self.achieved, self.certified)
        return Step(index, *(field.clone() for field in fields))

    def result(self) -> Result:
        """Round, and annotate each 8-bit image alone, as a visitor who saved it would."""
        self.catch_up()
        self.settle(self.live)
        self._fall_back(self.live)
        x_adv = quantize(self.x_adv)  # an image that is done is on the grid already
        with torch.no_grad():
            logits = torch.cat([self.annotator(x_adv[i : i + 1]) for i in range(len(x_adv))])
        self.forwards = self.forwards + 1
        achieved = self.goal.margin(logits) <= -grid.HAIRLINE
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
