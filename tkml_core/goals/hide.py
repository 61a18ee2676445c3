"""Some labels leave the top-k while others stay in it (after Sun et al., ACM MM 2023, "TKMIA")."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.goals.goal import Goal, best, check_mask, descending, largest, named_mask, smallest


@dataclass(frozen=True, eq=False, repr=False)
class Hide(Goal):
    """No label of H is in the top-k, and as many of K are as fit in, min(k, |K|): `max(hidden, kept) < 0`.

    hidden = `max_H f − f^{¬H}_(k)`: k labels outside H are above all of H. kept, where |K| ≤ k, is
    `f^{free}_(k−|K|+1) − min_K f`: of the labels in neither set, at most k − |K| are above K's weakest. Where |K| > k it is
    `f^{free}_(1) − f^K_(k)`: k of K are above all of them, so that the top-k shows nothing but labels of K. Where
    `hidden < 0` the top-k is that of the labels outside H, so both together are necessary and sufficient, however ties break.

    hide, keep: bool (B,m) or (1,m), disjoint, at least one label to hide, and k that are not to be hidden; `keep` may be
    empty. `true`, for E alone: H ∪ K where it is left out, which must not be all labels.
    """

    name = "hide"
    asks_for = "hidden"

    hide: Tensor
    keep: Tensor

    def __init__(self, hide: Tensor, keep: Tensor, k: int, true: Tensor | None = None) -> None:
        check_mask("hide", hide)
        check_mask("keep", keep)
        if hide.shape[1] != keep.shape[1] or len({hide.shape[0], keep.shape[0]} - {1}) > 1:
            raise ValueError(f"hide {tuple(hide.shape)} and keep {tuple(keep.shape)} do not match; both are (B,m).")
        if true is None and bool((hide | keep).all(1).any()):
            row = int((hide | keep).all(1).nonzero()[0])
            raise ValueError(
                f"All {hide.shape[1]} labels of image {row} are either to be hidden or to be kept, so they cannot stand in for "
                "the true ones as well: no ranking would be wrong. Say which labels are true with `true`."
            )
        for name, value in (("hide", hide), ("keep", keep), ("k", k), ("true", hide | keep if true is None else true)):
            object.__setattr__(self, name, value)
        super().__post_init__()
        if self.true.shape[1] != hide.shape[1] or len({len(mask) for mask in (hide, keep, self.true)} - {1}) > 1:
            raise ValueError(
                f"hide {tuple(hide.shape)}, keep {tuple(keep.shape)} and true {tuple(self.true.shape)} do not match; "
                "each is (B,m)."
            )
        self._check_rows()

    @classmethod
    def of(cls, true: Tensor, k: int, named: Tensor | None = None) -> Goal:
        """Hides the labels named, and keeps the other true ones."""
        hide = named_mask(named, true)
        if bool((hide & ~true).any()):
            row, label = (hide & ~true).nonzero()[0].tolist()
            raise ValueError(f"Label {label} of image {row} is not true, so that there is nothing to hide.")
        return cls(hide=hide, keep=true & ~hide, k=k, true=true)

    def _check_rows(self) -> None:
        if bool((self.hide & self.keep).any()):
            row, label = (self.hide & self.keep).nonzero()[0].tolist()
            raise ValueError(f"Label {label} of image {row} is both to be hidden and to be kept. Choose one.")
        hidden, m = self.hide.sum(1), self.hide.shape[1]
        if bool((hidden == 0).any()):
            raise ValueError(f"Image {int((hidden == 0).nonzero()[0])} has no label to hide. Choose at least one.")
        if bool((m - hidden < self.k).any()):
            row = int((m - hidden < self.k).nonzero()[0])
            raise ValueError(
                f"Image {row} has only {int(m - hidden[row])} labels that are not hidden, too few to fill a "
                f"top-{self.k}. Hide fewer, or choose k ≤ {int((m - hidden).min())}."
            )

    @property
    def masks(self) -> tuple[str, ...]:
        return ("true", "hide", "keep")

    def margin(self, logits: Tensor) -> Tensor:
        self._check(logits)
        hidden = largest(logits, self.hide) - descending(logits, self.hide)[:, self.k - 1]
        free = descending(logits, self.hide | self.keep)  # −inf where there are too few to push K out
        count = self.keep.sum(1).expand(len(logits))
        place = (self.k - count).clamp(min=0)  # f^{free}_(k−|K|+1) or f^{free}_(1), counted from 0
        weakest = smallest(logits, self._shown(logits))
        return torch.maximum(hidden, free.gather(1, place[:, None])[:, 0] - weakest)

    def _shown(self, logits: Tensor) -> Tensor:
        """Bool (B,m): K, or where it does not fit in the top-k, the k best of it."""
        return best(logits, self.keep.expand_as(logits), self.k)

    def sides(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """K and the best of the free labels above, as many as fill the top-k; all others below.

        Where K does not fit, the k best of it above; those of K that are left over may be anywhere.
        """
        full = (self.keep.sum(1) > self.k)[:, None]
        fill = best(logits, ~(self.hide | self.keep), self.k - self.keep.sum(1))
        above = self._shown(logits) | fill
        return above, ~(above | (self.keep & full))
