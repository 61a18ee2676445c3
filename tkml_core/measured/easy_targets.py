"""Which labels are easily planted where which others are true: medians, their order, and what goes with them."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import permutations as permuted
from math import factorial, inf, isfinite, isnan, nan
from pathlib import Path
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from tkml_core.measured.lines import Outcome

ENOUGH = 3  # photos of a pair; fewer are a first look, on which none is called the easiest


@dataclass(frozen=True)
class Pair:
    """One label planted on photos of another. norm: the median ‖z‖₂, inf where fewer than half of the photos gave way.

    together: the share of the training photos with the true label that also show the target. weights: the Euclidean
    distance of the two labels' weights in the last layer. Both nan where there is no such thing. place: the target's among
    the annotator's labels, as `clustered` orders them.
    """

    annotator: str
    true: str
    target: str
    photos: int
    reached: int
    norm: float
    together: float = nan
    weights: float = nan
    place: int = 0


def medians(lines: Iterable[Outcome]) -> list[Pair]:
    """A pair for each annotator, true label and target that the lines are about."""
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for row in lines:
        found[row["annotator"], row["true"], row["target"]].append(row["norm"] if row["achieved"] else inf)
    return [
        Pair(*names, len(norms), sum(map(isfinite, norms)), median_low(norms)) for names, norms in sorted(found.items())
    ]


def easiest(pairs: Iterable[Pair], most: int = 5) -> list[Pair]:
    """The pairs with the smallest norms, the least first, of those with ENOUGH photos that gave way."""
    able = [pair for pair in pairs if pair.photos >= ENOUGH and isfinite(pair.norm)]
    return sorted(able, key=lambda pair: pair.norm)[:most]


def easiest_words(pairs: Sequence[Pair]) -> str:
    """The same of one annotator, as a sentence."""
    named = [f"{pair.target} on {pair.true} ({pair.norm:.0f}, n = {pair.photos})" for pair in easiest(pairs)]
    return f"Easiest, of pairs with at least {ENOUGH} photos: {', '.join(named) or 'none so far'}."


@dataclass(frozen=True)
class Correlation:
    """Spearman's ρ of one annotator's median norms with "together" or "weights", of how many pairs, and Mantel's p."""

    annotator: str
    respect: str
    rho: float
    pairs: int
    p: float
    permutations: int

    def __str__(self) -> str:
        rho = f"{self.rho:+.2f}".replace("-", "−")
        return f"{rho} (n = {self.pairs} pairs, p {'< 0.001' if self.p < 0.001 else f'= {self.p:.3f}'})"


def norms_of(pairs: Sequence[Pair], labels: Sequence[str]) -> NDArray[np.float64]:
    """One annotator's norms (m,m), a row a true label, in the order of its labels; nan where nothing was measured."""
    place = {name: number for number, name in enumerate(labels)}
    made = np.full((len(labels), len(labels)), nan)
    for pair in pairs:
        made[place[pair.true], place[pair.target]] = pair.norm
    return made


def mantel(
    first: NDArray[np.float64], second: NDArray[np.float64], permutations: int = 9999, seed: int = 0
) -> tuple[float, int, float]:
    """Spearman's ρ of two matrices' entries, of how many, and the two-sided p of Mantel's test (1967).

    first, second: (m,m), nan where nothing is known; the diagonal does not count. Pairs that share a label are not independent,
    so what would be seen by chance is found by calling the labels of the second otherwise, rows and columns alike: in all
    ways where there are no more than `permutations`, and p is exact; else in so many that `seed` draws.
    """
    m = len(first)
    known = ~np.isnan(first) & ~np.eye(m, dtype=bool)

    def rho(order: NDArray[np.int64]) -> tuple[float, int]:
        moved = second[np.ix_(order, order)]
        both = known & ~np.isnan(moved)
        return _spearman(first[both], moved[both]), int(both.sum())

    found, count = rho(np.arange(m))
    if isnan(found):
        return nan, count, nan
    drawn = np.random.default_rng(seed)
    every = factorial(m) <= permutations
    orders = map(np.array, permuted(range(m))) if every else (drawn.permutation(m) for _ in range(permutations))
    seen = [abs(rho(order)[0]) >= abs(found) - 1e-12 for order in orders]
    return found, count, sum(seen) / len(seen) if every else (1 + sum(seen)) / (1 + len(seen))


def _spearman(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """nan for fewer than three values, or where one side has no spread."""
    if len(first) < 3:
        return nan
    a, b = (_ranks(values) for values in (first, second))
    return float(np.corrcoef(a, b)[0, 1]) if a.std() and b.std() else nan


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places from the smallest on; equal values share the mean of theirs. SciPy's would take the page a second to import."""
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    ends: NDArray[np.float64] = np.cumsum(count) - (count - 1) / 2
    return ends[group]


def to_csv(records: Sequence[Pair | Correlation]) -> str:
    """Records of one kind, a column a field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [field.name for field in fields(records[0])] if records else []
    writer.writerow(names)
    for record in records:
        values = [getattr(record, name) for name in names]
        writer.writerow(
            [
                "" if isinstance(v, float) and not isfinite(v) else f"{v:.4g}" if isinstance(v, float) else v
                for v in values
            ]
        )
    return text.getvalue()


def read_correlations(path: Path) -> list[Correlation]:
    """What `to_csv` wrote; nothing where there is no such file."""
    return [
        Correlation(
            row["annotator"], row["respect"], float(row["rho"]), int(row["pairs"]), float(row["p"]),
            int(row["permutations"]),
        )
        for row in _rows(path)
    ]  # fmt: skip


def read_csv(path: Path) -> list[Pair]:
    """What `to_csv` wrote; nothing where there is no such file."""
    return [
        Pair(
            row["annotator"], row["true"], row["target"], int(row["photos"]), int(row["reached"]),
            float(row["norm"] or inf), float(row["together"] or nan), float(row["weights"] or nan),
            int(row["place"]),
        )
        for row in _rows(path)
    ]  # fmt: skip


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def clustered(pairs: Sequence[Pair]) -> list[str]:
    """The labels in an order in which those stand together that are easily planted for each other (average linkage)."""
    from scipy.cluster.hierarchy import (
        leaves_list,
        linkage,
    )  # late: the page, which has the order from the file, needs none
    from scipy.spatial.distance import squareform

    labels = sorted({name for pair in pairs for name in (pair.true, pair.target)})
    if len(labels) < 3:
        return labels
    norms = {(pair.true, pair.target): pair.norm for pair in pairs if isfinite(pair.norm)}
    largest = max(norms.values(), default=1.0)
    apart = np.zeros((len(labels), len(labels)))
    for i, a in enumerate(labels):
        for j, b in enumerate(labels[:i]):
            ways = [norms[way] for way in ((a, b), (b, a)) if way in norms]
            apart[i, j] = apart[j, i] = sum(ways) / len(ways) if ways else largest
    return [labels[place] for place in leaves_list(linkage(squareform(apart), "average", optimal_ordering=True))]


def with_places(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs with their targets' places, for each annotator by itself."""
    made: list[Pair] = []
    for name in dict.fromkeys(pair.annotator for pair in pairs):
        ours = [pair for pair in pairs if pair.annotator == name]
        order = clustered(ours)
        made += [replace(pair, place=order.index(pair.target)) for pair in ours]
    return made


def ordered(pairs: Sequence[Pair]) -> list[str]:
    """One annotator's labels by their places; one that was no target comes first."""
    places = {pair.true: -1 for pair in pairs} | {pair.target: pair.place for pair in pairs}
    return sorted(places, key=lambda name: (places[name], name))
