"""What counts as fooled: one object a goal, each with an exact margin in score units, negative = achieved.

`f^Y_(i)` is the i-th largest score among the true labels, `f^N_(i)` among the others. Margins are strict, so that a tie
never counts as a success, and differentiable almost everywhere.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


def _check_mask(name: str, mask: Tensor) -> None:
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.ndim != 2:
        got = f"shape {tuple(mask.shape)}, dtype {mask.dtype}" if isinstance(mask, Tensor) else type(mask).__name__
        raise ValueError(f"{name} must be a bool mask of shape (B,m) or (1,m), one row an image; got {got}.")


def _sorted(scores: Tensor, excluded: Tensor) -> Tensor:
    """Scores (B,m) in descending order, the excluded ones at the end as −inf."""
    return scores.masked_fill(excluded, -torch.inf).sort(dim=1, descending=True).values


def _largest(scores: Tensor, among: Tensor) -> Tensor:
    return scores.masked_fill(~among, -torch.inf).amax(1)


def _smallest(scores: Tensor, among: Tensor) -> Tensor:
    return scores.masked_fill(~among, torch.inf).amin(1)


@dataclass(frozen=True, eq=False)
class Goal:
    """True labels Y, bool (B,m) or (1,m), and the number k of labels shown, 1 ≤ k < m."""

    true: Tensor
    k: int

    def __post_init__(self) -> None:
        _check_mask("true", self.true)
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

    def _map(self, change) -> Self:  # type: ignore[no-untyped-def]
        # Rows were checked when the goal was made; copying without __post_init__ keeps host syncs out of the loop.
        copy = object.__new__(type(self))
        for name, value in self.__dict__.items():
            object.__setattr__(copy, name, change(value) if name in self.masks else value)
        return copy

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}={tuple(getattr(self, name).shape)}" for name in self.masks)
        return f"{type(self).__name__}(k={self.k}, {counts})"


@dataclass(frozen=True, eq=False, repr=False)
class Cleared(Goal):
    """No true label is left in the top-k (Eq. 6): `max_Y f − f^N_(k) < 0`. Needs at least k labels that are not true."""

    def __post_init__(self) -> None:
        super().__post_init__()
        others = (~self.true).sum(1)
        if not bool((others >= self.k).all()):
            row = int((others < self.k).nonzero()[0])
            raise ValueError(
                f"Image {row} has only {int(others[row])} labels that are not true, too few to fill a top-{self.k}. "
                f"Choose k ≤ {int(others.min())}, or the goal Inconsistent."
            )

    def margin(self, logits: Tensor) -> Tensor:
        self._check(logits)
        return _largest(logits, self.true) - _sorted(logits, self.true)[:, self.k - 1]


@dataclass(frozen=True, eq=False, repr=False)
class Inconsistent(Goal):
    """E = 0 (Eq. 5; what ASR, Eq. 14, counts): neither of Y and Ŷ_k contains the other.

    |Y| > k: `f^Y_(k) − f^N_(1) < 0`, a stranger is among the top k. |Y| ≤ k: `min_Y f − f^N_(k−|Y|+1) < 0`, so many
    strangers are above the weakest true label that it has no place left.
    """

    def margin(self, logits: Tensor) -> Tensor:
        self._check(logits)
        count = self.true.sum(1).expand(logits.shape[0])
        yes, no = _sorted(logits, ~self.true), _sorted(logits, self.true)
        which_yes = torch.where(count > self.k, self.k, count) - 1  # f^Y_(k), or the smallest of them
        which_no = (self.k - count).clamp(min=0)  # f^N_(1), or f^N_(k−|Y|+1)
        return (yes.gather(1, which_yes[:, None]) - no.gather(1, which_no[:, None]))[:, 0]


@dataclass(frozen=True, eq=False, repr=False)
class Targeted(Goal):
    """The top-k set is exactly the target set T (Eq. 10), k = |T|: `max_{j∉T} f − min_{j∈T} f < 0`.

    targets, true: bool (B,m) or (1,m), disjoint; every row of `targets` has the same count. `k` may be left out.
    """

    targets: Tensor

    def __init__(self, targets: Tensor, true: Tensor, k: int | None = None) -> None:
        _check_mask("targets", targets)
        counts = targets.sum(1)
        count = int(counts[0]) if len(counts) else 0
        if not bool((counts == count).all()):
            raise ValueError(f"Every image needs the same number of targets; the rows have {counts.tolist()}.")
        if k is not None and count != k:
            raise ValueError(f"There are {count} targets and k = {k}: choose exactly k target labels.")
        if count == 0:
            raise ValueError("No target label is chosen; choose exactly k of them.")
        for name, value in (("true", true), ("k", count), ("targets", targets)):
            object.__setattr__(self, name, value)
        super().__post_init__()
        rows = {targets.shape[0], true.shape[0]} - {1}
        if targets.shape[1] != true.shape[1] or len(rows) > 1:
            raise ValueError(
                f"targets {tuple(targets.shape)} and true {tuple(true.shape)} do not match; both are (B,m)."
            )
        if bool((targets & true).any()):
            row, label = (targets & true).nonzero()[0].tolist()
            raise ValueError(
                f"Label {label} of image {row} is both true and a target. Targets must be labels that are not true."
            )

    @property
    def masks(self) -> tuple[str, ...]:
        return ("true", "targets")

    def margin(self, logits: Tensor) -> Tensor:
        self._check(logits)
        return _largest(logits, ~self.targets) - _smallest(logits, self.targets)
