"""Square Attack (Andriushchenko et al., ECCV 2020) with the finish that BlackBox had before: what it is measured beside."""

from collections.abc import Callable

from torch import Tensor

import tkml_core as tk
from tkml_core import pixel_grid
from tkml_core.attacks.blackbox.draw import Square
from tkml_core.attacks.blackbox.squares import Squares, share_at
from tkml_core.attacks.common.batch import BatchState


class AnywhereSquares(Squares):
    """Squares drawn anywhere, as in Square Attack, and one level taken off as many pixels as should be enough."""

    least = 1 / 64  # share of the image: taking a level off less than this is not worth a query

    def _square(self, share: float, weight: Callable[[Square], float]) -> Square:
        return self.draw.square(self.photo.shape[1], self.photo.shape[2], share)

    def _shorter(self) -> Tensor:
        size = float(self.z.abs().mean())
        share = (-self.required - self.margin) / (self.at_start - self.margin) * size
        if share < self.least:
            return self._resigned(share_at(self.square, self.index))
        z, inside = self.z.clone(), self._square(share, self._idle).inside
        z[inside] -= z[inside].sign()
        return z

    def propose(self, index: int) -> Tensor:
        self.index = index
        return super().propose(index)


class SquareAttack(tk.BlackBox):
    """Square Attack as BlackBox had it before: what is measured beside it."""

    def _search(self, state: BatchState, i: int) -> Squares:
        photo, margin = (state.x_adv[i].cpu() * 255).round(), float(state.loss[i])
        return AnywhereSquares(
            photo, margin, self.epsilon, self.square, pixel_grid.needed(self.confidence), self.seed + i
        )
