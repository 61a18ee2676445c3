"""One change for a set of photos, crafted step by step: what was asked for, what a run shows, and what came of it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from torch import Tensor

import tkml_core as tk
from demo.engine import loop
from demo.engine.annotators import load_annotator
from demo.engine.plan import MAX_SEED
from demo.engine.value_checks import one_of, whole
from demo.tabs.universal.photo_set import PhotoSet
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.attacks.universal.base import CHUNK, Universal
from tkml_core.attacks.universal.norm_ball import noise_like
from tkml_core.step import UniversalResult, UniversalStep
from tkml_core.step_generators import WithResult

MOST_K, MOST_EPOCHS = 10, 50
BUDGETS = (200, 8000)  # ‖z‖₂ in 0–255 units


@dataclass(frozen=True)
class CraftRequest:
    """What is to be crafted, checked; `title` is one of UNIVERSAL's, `used` are the names of the samples in the set."""

    annotator: str
    k: int
    title: str
    budget: float
    epochs: int
    seed: int
    used: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        """The attack's name."""
        return UNIVERSAL[self.title].name

    def attack(self) -> Universal:
        """The attack; the number of epochs and the clock end it, not a number of updates."""
        own = UNIVERSAL[self.title]
        return replace(own, xi=self.budget, epochs=self.epochs, seed=self.seed, max_steps=10**6)


@dataclass(frozen=True)
class Point:
    """The set at one moment: the share of it that is fooled by z, and by random noise as long as z."""

    epoch: float
    fooled: float
    noise: float


@dataclass(frozen=True)
class CraftProgress:
    """One update of a run. `points` goes on growing; read it before asking for the next one."""

    update: int
    epoch: int
    z: Tensor  # (1,3,S,S) in [0,1] units
    points: list[Point]


@dataclass(frozen=True, eq=False)
class Made:
    """A finished z on whole levels, and what it does to the set that it was crafted over."""

    request: CraftRequest
    z: Tensor  # (1,3,S,S) in [0,1] units
    photos: int
    pictures: int
    fooled: int  # pictures with no true label in the top-k
    inconsistent: int  # pictures with E = 0
    noise: int  # pictures that noise as long fools
    updates: int
    stopped: str | None
    guessed: int
    left_out: tuple[str, ...]
    cleared_before: int  # pictures with no true label in the top-k before any change
    inconsistent_before: int  # pictures with E = 0 before any change
    prints: frozenset[str] = field(repr=False)  # of the photos, by which they are known again
    points: list[Point] = field(repr=False)
    nothing_found: tuple[str, ...] = ()  # titles of photos that are left out, as `PhotoSet` has them

    @property
    def norm(self) -> float:
        return tk.size_of(self.z).l2

    @property
    def early(self) -> bool:
        """Whether the run ended before its last epoch because every picture was fooled."""
        return self.stopped is None and self.points[-1].epoch < self.request.epochs


def checked(used: Any, annotator: Any, k: Any, method: Any, budget: Any, epochs: Any, seed: Any) -> CraftRequest:
    """What the widgets say as a request; ValueError says what was wrong and what is allowed."""
    one_of("annotator", annotator, tk.available())
    return CraftRequest(
        annotator,
        whole("k", k, 1, MOST_K),
        one_of("The method", method, UNIVERSAL),
        float(whole("The size of the change", budget, *BUDGETS)),
        whole("Rounds (epochs)", epochs, 1, MOST_EPOCHS),
        whole("seed", 0 if seed is None else seed, 0, MAX_SEED),
        tuple(used),
    )


@torch.no_grad()
def fooled(annotator: tk.Annotator, photos: PhotoSet, k: int, z: Tensor) -> int:
    """How many pictures of the set have no true label in the top-k with z added."""
    count = 0
    for rows in torch.arange(len(photos.x)).split(CHUNK):
        logits = annotator((photos.x[rows] + z.to(photos.x)).clamp(0, 1))
        count += int((tk.Cleared(true=photos.true[rows], k=k).margin(logits) < 0).sum())
    return count


def craft(
    request: CraftRequest, photos: PhotoSet, stop_asked: Callable[[], bool], budget: loop.Clock = loop.BUDGET_SECONDS
) -> Generator[CraftProgress, None, Made]:
    """Moments of the run, one an update; returns what was made, the best so far where it was stopped."""
    annotator, attack = load_annotator(request.annotator), request.attack()
    an_epoch = -(-len(photos.x) // attack.images_an_update)
    goal = tk.Cleared(true=photos.true, k=request.k)
    steps = WithResult(loop.take_steps(attack.steps(annotator, photos.x, goal), stop_asked, budget))
    points: list[Point] = []
    seen, index = -1, 0
    for any_step in steps:
        step = cast(UniversalStep, any_step)
        index = step.index
        if step.epoch != seen:  # the whole set was measured as this epoch began
            seen = step.epoch
            noise = fooled(annotator, photos, request.k, noise_like(step.z.cpu(), request.seed)) / len(photos.x)
            points.append(Point(index / an_epoch, step.fooling_rate, noise))
        yield CraftProgress(index, step.epoch, step.z, points)
    result, stopped, _ = steps.result
    return _made(request, photos, cast(UniversalResult, result), stopped, index, [*points], index / an_epoch)


def _made(
    request: CraftRequest, photos: PhotoSet, result: UniversalResult, stopped: str | None, updates: int, points: list[Point],
    epoch: float,
) -> Made:  # fmt: skip
    annotator, n = load_annotator(request.annotator), len(photos.x)
    noise = fooled(annotator, photos, request.k, noise_like(result.z.cpu(), request.seed))
    count = int(result.achieved.sum())
    if points and points[-1].epoch == epoch:  # the same moment, now on whole levels
        points = points[:-1]
    return Made(
        request, result.z, photos.photos, n, count, int((~result.consistent).sum()), noise, updates, stopped, photos.guessed,
        photos.left_out, photos.cleared_before, photos.inconsistent_before, photos.prints,
        [*points, Point(epoch, count / n, noise / n)], photos.nothing_found,
    )  # fmt: skip
