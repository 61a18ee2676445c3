"""BlackBox: random search with squares on the scores alone (Square Attack, Andriushchenko et al., ECCV 2020)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core import pixel_grid
from tkml_core.annotator import Annotator
from tkml_core.attacks.blackbox.circles import Circles
from tkml_core.attacks.blackbox.squares import Squares
from tkml_core.attacks.common.base import Attack, check_whole
from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.checks import scores_of
from tkml_core.attacks.common.rows import add, replace
from tkml_core.goals import Cleared, Goal, Hide, Inconsistent, Ordered, Targeted
from tkml_core.images import quantize
from tkml_core.metrics import l2_norm
from tkml_core.step import Steps

FINISHES: dict[str, type[Squares]] = {"circles": Circles, "squares": Squares}


class Queries(BatchState):
    """A run that sees scores of 8-bit images and nothing else: all it holds is on the pixel_grid, so nothing is to be settled."""

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
        self.certified = replace(self.certified, rows, margin <= -pixel_grid.needed(self.confidence))

    def settle(self, rows: Tensor, ready: Tensor | None = None) -> None:
        """Nothing to do: what is kept is on the pixel_grid, and the best there is."""


@dataclass(frozen=True)
class BlackBox(Attack):
    """Minimise the goal's margin by asking for scores only: no gradient, not even in the finish. Any goal.

    Each query puts another sign pattern into one square of the perturbation, whose pixels are all ±`epsilon` levels, so
    that every image asked about is an 8-bit one and keeps the L∞ budget; a query that does not lower the margin is
    rolled back. Once the goal holds, the search goes on for `shrink` queries, within that budget, to a smaller ‖z‖₂. It
    begins with squares: half of the queries take levels off, which spends what the margin has to spare, and half give other
    signs to what is left, which wins it back. Once ‖z‖₂ is a third of the first success's it goes on along circles, for which
    the decision whether the goal holds is enough, as long as they help (`circles.py`).

    Square Attack draws squares anywhere. Here those are drawn more often where queries have told that the margin is sensitive
    (`sensitivity.py`), and levels are taken off where it is not.

    max_steps: queries at most, the first look at the image and the last check of the result among them (two, therefore,
    is the least that a run costs). epsilon: levels by which a pixel changes at most, around the nearest 8-bit image.
    shrink: queries at most after the first success; 0 stops there. finish: "circles", as told, or "squares" to the end.
    square: share of the image that the first squares cover, Square Attack's p. seed: image i of a batch draws with seed + i,
    on the CPU, so that devices agree.
    """

    name = "BlackBox"
    goals = (Cleared, Inconsistent, Targeted, Ordered, Hide)

    max_steps: int = 2000
    epsilon: int = 8
    shrink: int = 2000
    finish: str = "circles"
    square: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("epsilon", self.epsilon, 1)
        check_whole("shrink", self.shrink, 0)
        check_whole("seed", self.seed, 0)
        if self.finish not in FINISHES:
            raise ValueError(f"finish = {self.finish!r:.200}: it is {' or '.join(map(repr, FINISHES))}.")
        if self.epsilon > 255:
            raise ValueError(f"epsilon = {self.epsilon!r}: a pixel has 256 levels, so it changes by 255 at most.")
        if not 0 < self.square <= 1:
            raise ValueError(f"square = {self.square!r}: the share of the image under the first squares is in (0, 1].")

    def _state(self, annotator: Annotator, x: Tensor, goal: Goal) -> BatchState:
        return Queries(annotator, x, goal, confidence=self.confidence)

    def _search(self, state: BatchState, i: int) -> Squares:
        photo, margin = (state.x_adv[i].cpu() * 255).round(), float(state.loss[i])
        kind, required = FINISHES[self.finish], pixel_grid.needed(self.confidence)
        return kind(photo, margin, self.epsilon, self.square, required, self.seed + i)

    def _loop(self, state: BatchState) -> Steps:
        assert isinstance(state, Queries)
        searches = [self._search(state, i) for i in range(len(state.x))]
        since = torch.zeros_like(state.steps)  # queries since the first success
        for index in range(max(self.max_steps - 2, 0) + 1):
            if index:
                rows = state.active
                asked = [searches[i] for i in rows.tolist()]
                tried = [search.propose(index) for search in asked]
                levels = torch.stack([search.photo + z for search, z in zip(asked, tried, strict=True)])
                images = levels.to(state.x.device) / 255
                logits, margin = state.query(rows, images)
                state.steps = add(state.steps, rows)
                since[rows] += state.certified[rows]
                told = zip(asked, tried, margin.tolist(), strict=True)
                better = torch.tensor([search.see(z, found) for search, z, found in told], device=rows.device)
                kept = rows[better]
                state.accept(kept, images[better], logits[better], margin[better])
                state.mark(replace(state.done, rows, state.certified[rows] & (since[rows] >= self.shrink)))
            if (yield state.step(index)) or not len(state.active):
                break
        return state.result()
