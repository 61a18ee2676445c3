"""Where in a photo the margin is sensitive, as far as the queries so far have told."""

import torch

from tkml_core.attacks.blackbox.draw import Square

CELL = 8  # px
TRUST = 2.0  # in the mean of all cells, in queries about a small square


class Sensitivity:
    """For each cell the mean of Δmargin² / ‖Δz‖² over the queries that changed something in it.

    A query that failed tells as much as one that did not. Over a large square it says little about a single cell, so it counts
    for less there.
    """

    def __init__(self, height: int, width: int) -> None:
        self._sum = torch.zeros(-(-height // CELL), -(-width // CELL), dtype=torch.float64)
        self._count = torch.zeros_like(self._sum)
        self._map = torch.ones_like(self._sum)

    def see(self, where: Square, margin: float, square_sum: float) -> None:
        """That the margin changed so much when z changed in a square, by so much, squared."""
        if not square_sum:
            return
        cells, weight = _cells(where), min(1.0, (4 * CELL / (where.side + CELL)) ** 2)
        self._sum[cells] += weight * margin**2 / square_sum
        self._count[cells] += weight
        mean = self._sum.sum() / self._count.sum()
        shrunk = (self._sum + TRUST * mean) / (self._count + TRUST)
        self._map = shrunk / mean if mean > 0 else torch.ones_like(shrunk)

    def of(self, where: Square) -> float:
        """A square's, as a multiple of the mean."""
        return float(self._map[_cells(where)].mean())


def _cells(where: Square) -> tuple[slice, slice]:
    """The cells that a square touches."""
    bottom, right = where.top + where.side - 1, where.left + where.side - 1
    return slice(where.top // CELL, bottom // CELL + 1), slice(where.left // CELL, right // CELL + 1)
