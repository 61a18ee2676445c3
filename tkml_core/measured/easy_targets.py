"""Which labels are easily planted where which others are true: medians, their order, and what goes with them."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, nan
from pathlib import Path
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from tkml_core.measured.lines import Outcome

COLUMNS = ("annotator", "true", "target", "photos", "reached", "norm", "together", "weights", "place")


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


def correlation(pairs: Sequence[Pair], respect: str) -> tuple[float, int]:
    """Spearman's ρ of the median norm with "together" or "weights", and of how many pairs; nan for fewer than three."""
    both = [(pair.norm, getattr(pair, respect)) for pair in pairs]
    both = [(norm, value) for norm, value in both if isfinite(norm) and isfinite(value)]
    if len(both) < 3:
        return nan, len(both)
    norms, values = (_ranks(column) for column in zip(*both, strict=True))
    if not (norms.std() and values.std()):
        return nan, len(both)
    return float(np.corrcoef(norms, values)[0, 1]), len(both)


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    """Places from the smallest on; equal values share the mean of theirs. SciPy's would take the page a second to import."""
    _, group, count = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    ends: NDArray[np.float64] = np.cumsum(count) - (count - 1) / 2
    return ends[group]


def to_csv(pairs: Sequence[Pair]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for pair in pairs:
        values = [getattr(pair, name) for name in COLUMNS]
        writer.writerow(
            [
                "" if isinstance(v, float) and not isfinite(v) else f"{v:.4g}" if isinstance(v, float) else v
                for v in values
            ]
        )
    return text.getvalue()


def read_csv(path: Path) -> list[Pair]:
    """What `to_csv` wrote; nothing where there is no such file."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [
            Pair(
                row["annotator"], row["true"], row["target"], int(row["photos"]), int(row["reached"]),
                float(row["norm"] or inf), float(row["together"] or nan), float(row["weights"] or nan),
                int(row["place"]),
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


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
