"""The three goals of T_kML-AP (Hu et al., ICCV 2021): cleared, inconsistent, targeted.

`f^Y_(i)` is the i-th largest score among the true labels, `f^N_(i)` among the others.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.goals.goal import Goal, best, check_mask, descending, largest, named_mask, smallest


@dataclass(frozen=True, eq=False, repr=False)
class Cleared(Goal):
    """No true label is left in the top-k (Eq. 6): `max_Y f − f^N_(k) < 0`. Needs at least k labels that are not true."""

    name = "cleared"

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
        return largest(logits, self.true) - descending(logits, self.true)[:, self.k - 1]

    def sides(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The k best of the other labels above, the true labels below."""
        return best(logits, ~self.true, self.k), self.true.expand_as(logits)


@dataclass(frozen=True, eq=False, repr=False)
class Inconsistent(Goal):
    """E = 0 (Eq. 5; what ASR, Eq. 14, counts): neither of Y and Ŷ_k contains the other.

    |Y| > k: `f^Y_(k) − f^N_(1) < 0`, a negative label is among the top k. |Y| ≤ k: `min_Y f − f^N_(k−|Y|+1) < 0`, so many
    negatives are above the weakest true label that it has no place left.
    """

    name = "inconsistent"

    def margin(self, logits: Tensor) -> Tensor:
        self._check(logits)
        count = self.true.sum(1).expand(logits.shape[0])
        yes, no = descending(logits, ~self.true), descending(logits, self.true)
        which_yes = torch.where(count > self.k, self.k, count) - 1  # f^Y_(k), or the smallest of them
        which_no = (self.k - count).clamp(min=0)  # f^N_(1), or f^N_(k−|Y|+1)
        return (yes.gather(1, which_yes[:, None]) - no.gather(1, which_no[:, None]))[:, 0]

    def sides(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """As many of the best negatives above as push out of the top-k all true labels but those that may stay."""
        count = self.true.sum(1).expand(logits.shape[0])
        above = best(logits, ~self.true, (self.k - count).clamp(min=0) + 1)
        staying = best(logits, self.true, torch.where(count > self.k, self.k, count) - 1)
        return above, self.true & ~staying


@dataclass(frozen=True, eq=False, repr=False)
class Targeted(Goal):
    """The top-k set is exactly the target set T (Eq. 10), k = |T|: `max_{j∉T} f − min_{j∈T} f < 0`.

    targets, true: bool (B,m) or (1,m), disjoint; every row of `targets` has the same count. `k` may be left out.
    """

    name = "targeted"
    asks_for = "targets"
    several_ways = False

    targets: Tensor

    def __init__(self, targets: Tensor, true: Tensor, k: int | None = None) -> None:
        check_mask("targets", targets)
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

    @classmethod
    def of(cls, true: Tensor, k: int, named: Tensor | None = None) -> Goal:
        return cls(targets=named_mask(named, true), true=true, k=k)

    @property
    def masks(self) -> tuple[str, ...]:
        return ("true", "targets")

    def margin(self, logits: Tensor) -> Tensor:
        self._check(logits)
        return largest(logits, ~self.targets) - smallest(logits, self.targets)

    def sides(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The targets above, all others below."""
        targets = self.targets.expand_as(logits)
        return targets, ~targets
