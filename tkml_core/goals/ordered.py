"""A chosen top-k in a chosen order (Zhang & Wu, CVPR Workshops 2020, "Learning Ordered Top-k Adversarial Attacks")."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.goals.goal import Goal, check_mask, largest, named_mask


@dataclass(frozen=True, eq=False, repr=False)
class Ordered(Goal):
    """The top-k is exactly t_1, …, t_k in this order: `max(max_i f_{t_{i+1}} − f_{t_i}, max_{j∉T} f − f_{t_k}) < 0`.

    targets: long (B,k) or (1,k), label indices, the first on top; true: bool (B,m) or (1,m), with no target among them.
    """

    name = "ordered"
    asks_for = "targets"

    targets: Tensor

    def __init__(self, targets: Tensor, true: Tensor) -> None:
        check_mask("true", true)
        _check_indices(targets, true.shape[1])
        for name, value in (("true", true), ("k", targets.shape[1]), ("targets", targets.long())):
            object.__setattr__(self, name, value)
        super().__post_init__()
        if len({targets.shape[0], true.shape[0]} - {1}) > 1:
            raise ValueError(
                f"targets {tuple(targets.shape)} and true {tuple(true.shape)} do not match; each has one row an image, "
                "or one row for all."
            )
        both = true & self.target_mask.to(true.device)
        if bool(both.any()):
            row, label = both.nonzero()[0].tolist()
            raise ValueError(
                f"Label {label} of image {row} is both true and a target. Targets must be labels that are not true."
            )

    @classmethod
    def of(cls, true: Tensor, k: int, named: Tensor | None = None) -> Goal:
        if named is None or named.shape[1] != k:
            raise ValueError(f"Name the k = {k} labels of the top-k, the first on top.")
        return cls(targets=named.to(true.device), true=true)

    @property
    def masks(self) -> tuple[str, ...]:
        return ("true", "targets")

    @property
    def target_mask(self) -> Tensor:
        """T without its order, bool (B,m) or (1,m)."""
        return named_mask(self.targets, self.true)

    def margin(self, logits: Tensor) -> Tensor:
        self._check(logits)
        falling = logits.gather(1, self.targets.expand(len(logits), -1))  # (B,k): f_{t_1}, …, f_{t_k}
        after = torch.cat([falling[:, 1:], largest(logits, ~self.target_mask)[:, None]], 1)  # what each must be above
        return (after - falling).amax(1)


def _check_indices(targets: Tensor, m: int) -> None:
    """ValueError unless `targets` is (B,k), whole numbers, each row k different labels of 0 … m − 1."""
    if not isinstance(targets, Tensor) or targets.dtype not in (torch.int64, torch.int32) or targets.ndim != 2:
        got = type(targets).__name__
        if isinstance(targets, Tensor):
            got = f"shape {tuple(targets.shape)}, dtype {targets.dtype}"
        raise ValueError(
            f"targets must be label indices in order, long of shape (B,k) or (1,k), one row an image; got {got}."
        )
    if not targets.numel():
        raise ValueError("No target label is chosen; give the k labels of the top-k, the first on top.")
    wrong = (targets < 0) | (targets >= m)
    if bool(wrong.any()):
        row, place = wrong.nonzero()[0].tolist()
        raise ValueError(
            f"Target {place + 1} of image {row} is label {int(targets[row, place])}; there are labels 0 to {m - 1}."
        )
    rising = targets.sort(dim=1).values
    twice = rising[:, 1:] == rising[:, :-1]
    if bool(twice.any()):
        row, place = twice.nonzero()[0].tolist()
        raise ValueError(
            f"Label {int(rising[row, place])} stands twice among the targets of image {row}; each has one place."
        )
