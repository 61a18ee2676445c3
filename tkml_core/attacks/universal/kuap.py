"""kUAPs (Tursynbek et al., arXiv 2006.15669), adapted to many true labels as in T_kML-AP (§4.1): a universal kFool."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.annotator import Annotator
from tkml_core.attacks.common.base import LARGEST, check_whole
from tkml_core.attacks.common.checks import check_graph
from tkml_core.attacks.kfool import PAST_BOUNDARY, kfool_step
from tkml_core.attacks.universal.base import PhotoSet, Universal
from tkml_core.goals import Goal
from tkml_core.step import Steps


@dataclass(frozen=True)
class KUAP(Universal):
    """Image by image: where x + z is not fooled, kFool from there finds dz, and z ← project(z + dz); epochs until enough.

    fool_steps: steps of kFool at most for one image; an image that it does not fool leaves z as it is. overshoot: how much
    further kFool goes than its linearisation says. Other settings: see `Universal`; an update is about one image.
    """

    name = "kUAPs"

    fool_steps: int = 20
    overshoot: float = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("fool_steps", self.fool_steps, 1)
        if not 0 <= self.overshoot <= LARGEST:
            raise ValueError(
                f"overshoot = {self.overshoot!r}: the share beyond the boundary is a number from 0 to {LARGEST}."
            )

    def _over(self, photo_set: PhotoSet) -> Steps:
        for index in range(photo_set.updates + 1):
            rows = photo_set.next_rows()
            with torch.no_grad():
                logits = photo_set.annotator(photo_set.images(rows))
            photo_set.count(rows, forwards=1)
            goal = photo_set.goal.select(rows)
            margin = goal.margin(photo_set.aimed(logits, rows))
            # kFool has no loss of its own: the margin is what it brings down.
            step = photo_set.step(index, rows, logits, margin.clamp(min=0), logits.topk(goal.k, dim=1).values[:, -1])
            if (yield step) or index == photo_set.updates or photo_set.over:
                break
            photo_set.count(rows, steps=1)
            if bool(margin >= 0):
                dz, taken, fooled = self._fool(photo_set.annotator, step.x_adv, goal)
                photo_set.count(rows, forwards=taken + 1, backwards=taken * (goal.k + 1))
                if fooled:
                    photo_set.z = self.project(photo_set.z + dz)
        return photo_set.result()

    def _fool(self, annotator: Annotator, x: Tensor, goal: Goal) -> tuple[Tensor, int, bool]:
        """kFool on one image: its float dz, the steps taken, and whether the goal holds at x + dz."""
        dz = torch.zeros_like(x)
        for taken in range(self.fool_steps + 1):
            leaf = (x + dz).clamp(0, 1).requires_grad_()
            with torch.enable_grad():
                logits = annotator(leaf)
            check_graph(logits)
            fooled = bool(goal.margin(logits.detach()) < -self.confidence)
            if fooled or taken == self.fool_steps:
                break
            aimed = logits.detach() + (PAST_BOUNDARY + self.confidence) * goal.true
            dz = dz + (1 + self.overshoot) * kfool_step(leaf, logits, goal, aimed)
        return dz, taken, fooled
