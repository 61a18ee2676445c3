"""What BlackBox draws at random, for one image."""

from typing import NamedTuple

import torch
from torch import Tensor


class Square(NamedTuple):
    top: int
    left: int
    side: int

    @property
    def inside(self) -> tuple[slice, slice, slice]:
        """Of an image (3,H,W)."""
        return slice(None), slice(self.top, self.top + self.side), slice(self.left, self.left + self.side)


class Draw:
    """Random choices from a generator of their own, on the CPU whatever device the image is on."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def below(self, bound: int) -> int:
        return int(torch.randint(0, bound, (), generator=self._generator))

    def coin(self) -> bool:
        return bool(self.below(2))

    def chance(self, probability: float) -> bool:
        return float(torch.rand((), generator=self._generator, dtype=torch.float64)) < probability

    def normal(self, count: int) -> Tensor:
        """(count,) of independent standard normal numbers, in double."""
        return torch.randn(count, generator=self._generator, dtype=torch.float64)

    def signs(self, height: int, width: int) -> Tensor:
        """(3,height,width) of ±1."""
        return torch.randint(0, 2, (3, height, width), generator=self._generator) * 2 - 1

    def one_of(self, weights: list[float]) -> int:
        """A place in the list, with a chance in proportion to its weight; any, where all are 0."""
        sums = torch.tensor(weights, dtype=torch.float64).cumsum(0)
        if not sums[-1] > 0:
            return self.below(len(weights))
        drawn = torch.rand((), generator=self._generator, dtype=torch.float64) * sums[-1]
        return min(int((sums <= drawn).sum()), len(weights) - 1)

    def square(self, height: int, width: int, share: float) -> Square:
        """A square with this share of an image's area, at least one pixel, at most all that fits, somewhere in it."""
        side = max(1, min(height, width, round((min(share, 1.0) * height * width) ** 0.5)))
        return Square(self.below(height - side + 1), self.below(width - side + 1), side)
