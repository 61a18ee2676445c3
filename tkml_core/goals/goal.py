"""What every goal is: true labels, k, an exact margin, and one row of each mask an image."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

import torch
from torch import Tensor

from tkml_core.ranking import ranks


def check_mask(name: str, mask: Tensor) -> None:
    """ValueError unless `mask` is bool with two axes."""
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.ndim != 2:
        got = f"shape {tuple(mask.shape)}, dtype {mask.dtype}" if isinstance(mask, Tensor) else type(mask).__name__
        raise ValueError(f"{name} must be a bool mask of shape (B,m) or (1,m), one row an image; got {got}.")
    if not len(mask):
        raise ValueError(f"{name} has no row; it needs one an image, or one for all.")


def named_mask(named: Tensor | None, like: Tensor) -> Tensor:
    """Bool (n,m), True at the labels `named` (n,j), of as many labels as the mask `like` (B,m) has."""
    if named is None:
        raise ValueError("This goal is about certain labels; name them.")
    mask = torch.zeros(len(named), like.shape[1], dtype=torch.bool, device=like.device)
    return mask.scatter_(1, named.to(like.device), True)


def descending(scores: Tensor, excluded: Tensor) -> Tensor:
    """Scores (B,m) in descending order, the excluded ones at the end as −inf."""
    return scores.masked_fill(excluded, -torch.inf).sort(dim=1, descending=True).values


def largest(scores: Tensor, among: Tensor) -> Tensor:
    """Largest score (B,) among some labels (B,m) or (1,m); −inf among none."""
    return scores.masked_fill(~among, -torch.inf).amax(1)


def smallest(scores: Tensor, among: Tensor) -> Tensor:
    """Smallest score (B,) among some labels (B,m) or (1,m); inf among none."""
    return scores.masked_fill(~among, torch.inf).amin(1)


def best(scores: Tensor, among: Tensor, count: Tensor | int) -> Tensor:
    """Bool (B,m): the `count` best-scored labels of each row's `among`; count is a number or (B,)."""
    place = ranks(scores.masked_fill(~among, -torch.inf))
    return (place <= (count[:, None] if isinstance(count, Tensor) else count)) & among


@dataclass(frozen=True, eq=False)
class Goal:
    """True labels Y, bool (B,m) or (1,m), and the number k of labels shown, 1 ≤ k < m.

    A subclass has a `name`, and says in `asks_for` which labels it takes besides: "" none, "targets" k that are not
    true, "hidden" some of the true ones.
    """

    name: ClassVar[str]
    asks_for: ClassVar[str] = ""
    several_ways: ClassVar[bool] = True  # whether `sides` may be others at other scores

    true: Tensor
    k: int

    def __post_init__(self) -> None:
        check_mask("true", self.true)
        m = self.true.shape[1]
        if isinstance(self.k, bool) or not isinstance(self.k, int) or not 1 <= self.k < m:
            raise ValueError(f"k = {self.k!r}: the top-k needs 1 ≤ k < m, and there are m = {m} labels.")
        counts = self.true.sum(1)
        if not bool((counts > 0).all()):
            row = int((counts == 0).nonzero()[0])
            raise ValueError(f"Image {row} has no true label. Mark at least one label as true.")
        if not bool((counts < m).all()):
            row = int((counts == m).nonzero()[0])
            raise ValueError(f"All {m} labels of image {row} are true, so no ranking would be wrong. Leave some out.")

    @classmethod
    def of(cls, true: Tensor, k: int, named: Tensor | None = None) -> "Goal":
        """The goal from true labels (B,m) or (1,m), and what it asks for: indices, long (B,n) or (1,n), in order."""
        return cls(true=true, k=k)

    @property
    def masks(self) -> tuple[str, ...]:
        """Names of the fields that hold one row an image."""
        return ("true",)

    @property
    def rows(self) -> int:
        return max(getattr(self, name).shape[0] for name in self.masks)

    def margin(self, logits: Tensor) -> Tensor:
        """(B,) in score units from logits (B,m); negative = achieved."""
        raise NotImplementedError

    def sides(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Two bool masks (B,m), above and below: the goal holds where every label above leads every label below.

        Where there are several ways to the goal, they are those of the way that is nearest at these scores.
        """
        raise NotImplementedError

    def _check(self, logits: Tensor) -> None:
        if logits.ndim != 2 or logits.shape[1] != self.true.shape[1] or self.rows not in (1, logits.shape[0]):
            raise ValueError(
                f"The goal is about {self.rows} image(s) with {self.true.shape[1]} labels; the scores have shape "
                f"{tuple(logits.shape)}. Masks are (B,m), or (1,m) for every image alike."
            )

    def fit(self, images: int, device: torch.device) -> Self:
        """The same goal with one row for each of `images` images, on `device`. ValueError where rows do not match."""
        if self.rows not in (1, images):
            raise ValueError(
                f"The goal's masks have {self.rows} rows and there are {images} images; give 1 or {images}."
            )
        return self._map(lambda mask: mask.to(device).expand(images, -1))

    def select(self, rows: Tensor) -> Self:
        """The goal of some of the images (after `fit`)."""
        return self._map(lambda mask: mask[rows])

    def _map(self, change: Callable[[Tensor], Tensor]) -> Self:
        # Rows were checked when the goal was made. A shallow copy does not check them again: that would keep the host waiting
        # for a GPU in every step.
        goal = copy.copy(self)
        for name in self.masks:
            object.__setattr__(goal, name, change(getattr(self, name)))
        return goal

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}={tuple(getattr(self, name).shape)}" for name in self.masks)
        return f"{type(self).__name__}(k={self.k}, {counts})"
