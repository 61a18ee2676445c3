"""Some labels leave the top-k while others stay in it (after Sun et al., ACM MM 2023, "TKMIA")."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.goals.goal import Goal, best, check_mask, descending, largest, named_mask, smallest


@dataclass(frozen=True, eq=False, repr=False)
class Hide(Goal):
    """No label of H is in the top-k, and every label of K is: `max(hidden, kept) < 0`.

    hidden = `max_H f − f^{¬H}_(k)`: k labels outside H are above all of H. kept = `f^{free}_(k−|K|+1) − min_K f`: of the
    labels in neither set, at most k − |K| are above K's weakest. Where `hidden < 0` the top-k is that of the labels
    outside H, so both together are necessary and sufficient, however ties break.

    hide, keep: bool (B,m) or (1,m), disjoint, at least one label to hide, |K| ≤ k; `keep` may be empty. `true`, for E
    alone: H ∪ K where it is left out, which must not be all labels.
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
        hidden, kept, m = self.hide.sum(1), self.keep.sum(1), self.hide.shape[1]
        if bool((hidden == 0).any()):
            raise ValueError(f"Image {int((hidden == 0).nonzero()[0])} has no label to hide. Choose at least one.")
        if bool((kept > self.k).any()):
            row = int((kept > self.k).nonzero()[0])
            raise ValueError(
                f"Image {row} is to keep {int(kept[row])} labels in a top-{self.k}. Keep at most {self.k}, or raise k."
            )
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
        place = (self.k - self.keep.sum(1)).expand(len(logits))  # f^{free}_(k−|K|+1), counted from 0
        kept = free.gather(1, place[:, None])[:, 0] - smallest(logits, self.keep)
        return torch.maximum(hidden, kept)

    def sides(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """K and the best of the free labels above, as many as fill the top-k; all others below."""
        above = self.keep | best(logits, ~(self.hide | self.keep), self.k - self.keep.sum(1))
        return above, ~above
