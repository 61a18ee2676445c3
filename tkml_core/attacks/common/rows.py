"""Some rows of a batch: read, replaced, added to. Tensors are replaced, not written into: they may be part of a graph.

Rows (n,) ascend, each once. Where they are all the rows of a tensor, nothing is copied: to gather the pixels anew takes as
long as to use them.
"""

from torch import Tensor


def take(of: Tensor, rows: Tensor) -> Tensor:
    """of[rows], and `of` itself where these are all its rows."""
    return of if len(rows) == len(of) else of[rows]


def replace(of: Tensor, rows: Tensor, values: Tensor) -> Tensor:
    """`of` with `values` in those rows, and `values` themselves where these are all its rows. Writes into neither."""
    return values if len(rows) == len(of) else of.index_copy(0, rows, values)


def add(of: Tensor, rows: Tensor, more: int | Tensor = 1) -> Tensor:
    """`of` with `more` added in those rows."""
    return replace(of, rows, take(of, rows) + more)
