"""What the attacks with one perturbation for a whole set share: their settings, and the set under attack."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tkml_core import pixel_grid
from tkml_core.annotator import Annotator
from tkml_core.attacks.common.base import Attack, check_whole
from tkml_core.attacks.common.checks import check_asked, scores_of
from tkml_core.attacks.universal.norm_ball import project, to_levels
from tkml_core.goals import Cleared, Goal, Inconsistent
from tkml_core.images import quantize
from tkml_core.metrics import l2_norm
from tkml_core.ranking import consistent
from tkml_core.step import Steps, UniversalResult, UniversalStep

CHUNK = 16  # images annotated at a time where no gradient is needed


@dataclass(frozen=True)
class Universal(Attack):
    """One z for a set of images, ‖z‖ ≤ ξ after every update, in passes (epochs) over the set in random order.

    xi: the norm budget ξ in 0–255 units, of the norm "l2" or "linf". epochs: passes at most (`max_steps` bounds the updates,
    too). wanted: the fooling rate at which to stop, looked at as an epoch begins and confirmed on 8-bit images.
    held_out: the last so many images take no part in updates; rates during the run are theirs alone, and the z that does
    best on them is the result. patience: epochs without a higher rate after which to stop; 0 never does.
    seed: of the order of images. start: a z (1,3,H,W) in [0,1] units to go on from; None starts at zero.

    The images x (N,3,H,W) may be any number: they are scored in chunks, and only those of one update have a gradient.
    """

    goals = (Cleared, Inconsistent)

    xi: float = 4000.0
    norm: str = "l2"
    epochs: int = 10
    wanted: float = 1.0
    held_out: int = 0
    patience: int = 0
    seed: int = 0
    start: Tensor | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("epochs", self.epochs, 0)
        if self.norm not in ("l2", "linf"):
            raise ValueError(f'norm = {self.norm!r}: it is "l2" or "linf".')
        if not 1 <= self.xi < float("inf"):
            raise ValueError(f"xi = {self.xi!r}: the norm budget, in 0–255 units, is a number, 1 (one level) or more.")
        if not 0 < self.wanted <= 1:
            raise ValueError(f"wanted = {self.wanted!r}: the fooling rate at which to stop is in (0, 1].")
        for name in ("held_out", "patience", "seed"):
            check_whole(name, getattr(self, name), 0)

    @property
    def images_an_update(self) -> int:
        return 1

    def project(self, z: Tensor) -> Tensor:
        return project(z, self.xi, self.norm)

    def steps(self, annotator: Annotator, x: Tensor, goal: Goal) -> Steps:
        """The run as a generator of `UniversalStep`, returning the `UniversalResult`; `send(True)` has it conclude.

        x (N,3,H,W) in [0,1], a goal for each image or one for all.
        """
        self.check(goal)
        return self._over(PhotoSet(annotator, x, goal, self))

    def _over(self, photo_set: "PhotoSet") -> Steps:
        """From the first mini-batch to `photo_set.result()`, one yield an update and one at the end."""
        raise NotImplementedError


class PhotoSet:
    """The set under attack: its images, z as it stands, the best z that was measured, and what everything has cost."""

    def __init__(self, annotator: Annotator, x: Tensor, goal: Goal, attack: Universal) -> None:
        check_asked(annotator, x, goal)
        self.annotator, self.x, self.attack = annotator, x.detach(), attack
        self.goal = goal.fit(len(x), annotator.device)
        if attack.held_out >= len(x):
            raise ValueError(
                f"held_out = {attack.held_out}: of {len(x)} images at least one must be left to make the perturbation on."
            )
        self.learned, self.judged = torch.arange(len(x)).split([len(x) - attack.held_out, attack.held_out])
        self.judged = self.judged if attack.held_out else self.learned
        self.z = torch.zeros_like(self.x[:1], device=annotator.device)
        if attack.start is not None:
            if attack.start.shape != self.z.shape:
                raise ValueError(
                    f"start has shape {tuple(attack.start.shape)}; a perturbation of these images has the shape "
                    f"{tuple(self.z.shape)}."
                )
            self.z = attack.project(attack.start.detach().to(self.z))
        self.best, self.best_rate = self.z, -1.0
        self.epoch, self.fooling_rate = -1, 0.0
        self.idle, self.over = 0, False  # epochs without a higher rate; whether the run is to end
        self.scores = torch.zeros(goal.true.shape[1], dtype=x.dtype, device=annotator.device).repeat(len(x), 1)
        self.counts = {name: torch.zeros(len(x), dtype=torch.long) for name in ("steps", "forwards", "backwards")}
        self._order = self._batches()

    @property
    def updates(self) -> int:
        """How many there will be at most."""
        an_epoch = -(-len(self.learned) // self.attack.images_an_update)
        return min(self.attack.max_steps, self.attack.epochs * an_epoch)

    def next_rows(self) -> Tensor:
        """Which images (B,) the next update is about; where an epoch begins, z is measured first."""
        return next(self._order)

    def _batches(self) -> Iterator[Tensor]:
        random = torch.Generator().manual_seed(self.attack.seed)
        while True:
            self.epoch += 1
            self._measure()
            yield from torch.randperm(len(self.learned), generator=random).split(self.attack.images_an_update)

    def images(self, rows: Tensor, z: Tensor | None = None) -> Tensor:
        """x + z in the box, (B,3,H,W), in the memory layout of the network."""
        x = self.x[rows].to(self.annotator.device)
        return (x + (self.z if z is None else z)).clamp(0, 1).contiguous(memory_format=self.annotator.memory_format)

    def count(self, rows: Tensor, **passes: int) -> None:
        for name, number in passes.items():
            self.counts[name][rows] += number

    def aimed(self, scores: Tensor, rows: Tensor) -> Tensor:
        """Scores (B,m) with which the goal is met where it is met by the confidence on the true ones, those of `rows`."""
        return scores + self.attack.confidence * self.goal.true[rows]

    def _measure(self) -> None:
        """The fooling rate of the float z on the images that judge it, and whether the run is to end.

        It is to where what is wanted is there in 8 bits, and where no epoch of late has brought a higher rate.
        """
        if self.epoch == 0 and self.attack.held_out:
            self._margins(self.z, self.learned)  # λ and the first margins are those of all images
        margin = self._margins(self.z, self.judged)
        self.fooling_rate = float((margin < 0).double().mean())
        self.idle = 0 if self.fooling_rate > self.best_rate else self.idle + 1
        if self.fooling_rate > self.best_rate:
            self.best, self.best_rate = self.z, self.fooling_rate
        self.over = 0 < self.attack.patience <= self.idle
        if self.fooling_rate >= self.attack.wanted:
            rounded = to_levels(self.z, self.attack.xi, self.attack.norm)
            # twice, so that what holds here holds at batch 1
            sure = self._margins(rounded, self.judged) <= -2 * pixel_grid.TOLERANCE
            self.over = self.over or float(sure.double().mean()) >= self.attack.wanted

    def _margins(self, z: Tensor, everyone: Tensor) -> Tensor:
        """The margins of those images, negative where the goal is met by the confidence; keeps the scores aimed at."""
        for rows in everyone.split(CHUNK):
            self.scores[rows] = self.aimed(scores_of(self.annotator, self.images(rows, z)), rows)
        self.count(everyone, forwards=1)
        return self.goal.select(everyone).margin(self.scores[everyone])

    def step(self, index: int, rows: Tensor, logits: Tensor, loss: Tensor, threshold: Tensor) -> UniversalStep:
        """The mini-batch `rows` at the present z."""
        x_adv = self.images(rows)
        achieved = self.goal.select(rows).margin(logits) < -self.attack.confidence
        return UniversalStep(
            index=index, x_adv=x_adv, logits=logits.detach().clone(), loss=loss.detach().clone(),
            norm=l2_norm(x_adv - self.x[rows].to(x_adv)), threshold=threshold.detach().clone(), achieved=achieved,
            certified=torch.zeros_like(achieved), z=self.z.clone(), rows=rows, epoch=self.epoch,
            fooling_rate=self.fooling_rate,
        )  # fmt: skip

    def result(self) -> UniversalResult:
        """z on whole levels, and each image with it annotated alone; the best measured z where it does better."""
        last = self._outcome(self.z)
        if self.best_rate > self._rate(last) and not torch.equal(self.best, self.z):
            best = self._outcome(self.best)
            last = best if self._rate(best) > self._rate(last) else last
        return last

    def _rate(self, result: UniversalResult) -> float:
        """The share that meets the goal among the images that judge."""
        return float(result.achieved[self.judged.to(result.achieved.device)].double().mean())

    @torch.no_grad()
    def _outcome(self, z: Tensor) -> UniversalResult:
        whole = to_levels(z, self.attack.xi, self.attack.norm)
        x_adv, norm, norm_float, logits = torch.empty_like(self.x), [], [], []
        for i in range(len(self.x)):
            row = torch.tensor([i])
            x, image = self.x[row].to(self.annotator.device), quantize(self.images(row, whole))
            logits.append(self.annotator(image))
            norm.append(l2_norm(image - x))
            norm_float.append(l2_norm(self.images(row, z) - x))
            x_adv[row] = image.to(x_adv)
        self.count(torch.arange(len(self.x)), forwards=1)
        scores = torch.cat(logits)
        achieved = self.goal.margin(scores) <= -pixel_grid.TOLERANCE - self.attack.confidence
        agrees = consistent(scores, self.goal.true, self.goal.k)
        return UniversalResult(
            x_adv=x_adv, achieved=achieved, consistent=agrees, norm=torch.cat(norm), norm_float=torch.cat(norm_float),
            **{name: number.clone() for name, number in self.counts.items()},
            z=whole, fooling_rate=float(achieved.double().mean()), asr=float((~agrees).double().mean()),
        )  # fmt: skip
