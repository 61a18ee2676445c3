"""BlackBox: random search with squares on the scores alone (Square Attack, Andriushchenko et al., ECCV 2020)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core import grid
from tkml_core.annotator import Annotator
from tkml_core.attacks.base import Attack, check_whole
from tkml_core.attacks.batch import BatchState
from tkml_core.attacks.checks import scores_of
from tkml_core.attacks.rows import add, replace
from tkml_core.goals import Cleared, Goal, Hide, Inconsistent, Ordered, Targeted
from tkml_core.images import quantize
from tkml_core.metrics import l2_norm
from tkml_core.step import Steps

# Queries after which squares cover half as much: Square Attack's schedule for 10,000. It is not compressed into a smaller
# budget: on VOC photos 500 queries with it close 3.8 logits of the margin, 3.3 with the whole of it in 2000.
HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
STRIPES = 10  # queries at most in which stripes are drawn until some lower the margin
LEAST = 1 / 64  # share of the image: taking a level off less than this is not worth a query
REDRAWS = 20  # of a square that would change nothing, where all of it is at the end of the box


class Queries(BatchState):
    """A run that sees scores of 8-bit images and nothing else: all it holds is on the grid, so nothing is to be settled."""

    def begin(self) -> None:
        """Ask for the scores of the 8-bit images as they are; one that meets the goal by the tolerance is done."""
        images = quantize(self.x)
        logits = scores_of(self.annotator, images)
        self.forwards = self.forwards + 1
        self.accept(self.active, images, logits, self.goal.margin(logits))
        self.mark(self.certified)

    def query(self, rows: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n,m) and margins (n,) of 8-bit images (n,3,H,W) for `rows` (n,): one query each."""
        with torch.no_grad():
            logits = self.annotator(images)
        self.forwards = add(self.forwards, rows)
        return logits, self.goal.select(rows).margin(logits)

    def accept(self, rows: Tensor, images: Tensor, logits: Tensor, margin: Tensor) -> None:
        """Make `images` the present ones of `rows`."""
        self.x_adv, self.logits = replace(self.x_adv, rows, images), replace(self.logits, rows, logits)
        self.loss = replace(self.loss, rows, margin)
        self.threshold = replace(self.threshold, rows, logits.topk(self.goal.k, dim=1).values[:, -1])  # f_[k]
        self.norm = replace(self.norm, rows, l2_norm(images - self.x[rows]))
        self.achieved = replace(self.achieved, rows, margin < -self.confidence)
        self.certified = replace(self.certified, rows, margin <= -grid.needed(self.confidence))

    def settle(self, rows: Tensor, ready: Tensor | None = None) -> None:
        """Nothing to do: what is kept is on the grid, and the best there is."""


@dataclass(frozen=True)
class BlackBox(Attack):
    """Minimise the goal's margin by asking for scores only: no gradient, not even in the finish. Any goal.

    Each query puts another sign pattern into one square of the perturbation, whose pixels are all ±`epsilon` levels, so
    that every image asked about is an 8-bit one and keeps the L∞ budget; a query that does not lower the margin is
    rolled back. Once the goal holds, the same search goes on for `shrink` queries, in which what the margin has to spare
    is spent at once on squares that come one level closer to the photo.

    The budget is L∞, as whole levels need no rounding then; the ECCV paper's L2 variant, rounded, did no better at the same
    ‖z‖₂. Scores tell little: n queries are about n of 150,000 directions, and two photos at 224×224 took 12 and 17 times
    TkML-AP-U's norm. On them `epsilon` = 4 was far from the goal after 1000 queries, 8 met it there, and 16 met it sooner
    but was left with 1.4 and 1.5 times the norm after 1500.

    max_steps: queries at most, the first look at the image and the last check of the result among them (two, therefore,
    is the least that a run costs). epsilon: levels by which a pixel changes at most, around the nearest 8-bit image.
    shrink: queries at most after the first success; 0 stops there. square: share of the image that the first squares
    cover, Square Attack's p. seed: image i of a batch draws with seed + i, on the CPU, so that devices agree.
    """

    name = "BlackBox"
    goals = (Cleared, Inconsistent, Targeted, Ordered, Hide)

    max_steps: int = 2000
    epsilon: int = 8
    shrink: int = 2000
    square: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("epsilon", self.epsilon, 1)
        check_whole("shrink", self.shrink, 0)
        check_whole("seed", self.seed, 0)
        if self.epsilon > 255:
            raise ValueError(f"epsilon = {self.epsilon!r}: a pixel has 256 levels, so it changes by 255 at most.")
        if not 0 < self.square <= 1:
            raise ValueError(f"square = {self.square!r}: the share of the image under the first squares is in (0, 1].")

    def _state(self, annotator: Annotator, x: Tensor, goal: Goal) -> BatchState:
        return Queries(annotator, x, goal, confidence=self.confidence)

    def _loop(self, state: BatchState) -> Steps:
        assert isinstance(state, Queries)
        photo = (state.x_adv * 255).round()  # (B,3,H,W) levels
        z = torch.zeros_like(photo)  # the perturbation, whole levels
        at_start = state.loss.clone()
        draws = [Draw(self.seed + i) for i in range(len(photo))]
        since = torch.zeros_like(state.steps)  # queries since the first success
        for index in range(max(self.max_steps - 2, 0) + 1):
            if index:
                rows, proposals = state.active, []
                for i in rows.tolist():
                    spare = float(-grid.needed(self.confidence) - state.loss[i]) if state.certified[i] else None
                    proposals.append(self._propose(photo[i], z[i], index, spare, float(at_start[i]), draws[i]))
                tried = torch.stack(proposals)
                images = (photo[rows] + tried) / 255
                logits, margin = state.query(rows, images)
                state.steps = add(state.steps, rows)
                met = state.certified[rows]
                since[rows] += met
                lower, shorter = margin < state.loss[rows], _square_sum(tried) < _square_sum(z[rows])
                # Once the goal is met no proposal is longer than z, so that a lower margin costs no norm.
                better = lower | (met & shorter & (margin <= -grid.needed(self.confidence)))
                kept = rows[better]
                z[kept] = tried[better]
                state.accept(kept, images[better], logits[better], margin[better])
                state.mark(replace(state.done, rows, state.certified[rows] & (since[rows] >= self.shrink)))
            if (yield state.step(index)) or not len(state.active):
                break
        return state.result()

    def _propose(
        self, photo: Tensor, z: Tensor, index: int, spare: float | None, at_start: float, draw: "Draw"
    ) -> Tensor:
        """Another perturbation than z, both (3,H,W) in levels, to ask about next.

        spare: score units by which the goal is met, None before it is; at_start: the margin without a perturbation.
        """
        size = z.abs()
        nothing = not bool(size.any())
        if spare is None and nothing and index <= STRIPES:
            signs = draw.signs(1, photo.shape[2]).to(photo)  # vertical stripes of one pixel, the ECCV paper's start
            return _in_box(photo, signs * self.epsilon)
        if spare is not None and not nothing and draw.coin():
            # By linearisation the margin is lost in proportion to the levels taken off.
            all_of_it = (at_start + grid.needed(self.confidence) + spare) / float(size.mean())
            share = spare / all_of_it
            if share >= LEAST:
                where = draw.square(photo, share)
                nearer = z.clone()
                nearer[where] -= z[where].sign()
                return nearer
        for _ in range(REDRAWS):
            where = draw.square(photo, self.share(index))
            signs = draw.signs(1, 1).to(photo)
            new = z.clone()
            new[where] = _in_box(photo[where], signs * (self.epsilon if spare is None else size[where]))
            if not torch.equal(new, z):
                break
        return new

    def share(self, index: int) -> float:
        """Of the image, under the square of query `index`: Square Attack's schedule, cut off where the budget ends."""
        return self.square / 2 ** sum(index > halving for halving in HALVINGS)


class Draw:
    """Random choices for one image, from its own generator, on the CPU whatever device the image is on."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def _below(self, bound: int, *shape: int) -> Tensor:
        return torch.randint(0, bound, shape, generator=self._generator)

    def coin(self) -> bool:
        return bool(self._below(2))

    def signs(self, height: int, width: int) -> Tensor:
        """(3,height,width) of ±1."""
        return self._below(2, 3, height, width) * 2 - 1

    def square(self, photo: Tensor, share: float) -> tuple[slice, slice, slice]:
        """Where in a (3,H,W) a square with this share of its area lies; at least one pixel, at most all that fits."""
        height, width = photo.shape[1:]
        side = max(1, min(height, width, round((min(share, 1.0) * height * width) ** 0.5)))
        top, left = int(self._below(height - side + 1)), int(self._below(width - side + 1))
        return slice(None), slice(top, top + side), slice(left, left + side)


def _in_box(photo: Tensor, z: Tensor) -> Tensor:
    """What is left of z once photo + z is clamped to the 256 levels."""
    return (photo + z).clamp(0, 255) - photo


def _square_sum(z: Tensor) -> Tensor:
    """‖z‖² of each of (n,3,H,W), in double: sums of whole numbers, so that norms compare exactly."""
    return z.double().square().flatten(1).sum(1)
