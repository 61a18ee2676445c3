"""What each section of the tab comes to: a sentence or two that always stand below its heading, worked out from the lines."""

from collections.abc import Sequence
from itertools import groupby
from math import isfinite

from demo.catalog.english import counted, in_percent, listed, span
from demo.tabs.tables.minnorm import NAME, sure_leads, times, turned
from tkml_core.measured import summary
from tkml_core.measured.pairs import Pair


def attacked(figures: Sequence[summary.Figures], pairs: Sequence[Pair]) -> str:
    """Of Table 2 or 5: whose changes are smaller, at what cost, and in how many runs each method meets the goal."""
    told = [f"{name} in {won} of {photos}" for name, won, photos in _by_method(figures)]
    return " ".join([*leads(pairs), f"Goal met, over all rows: {listed(told, len(told))} runs."])


def leads(pairs: Sequence[Pair]) -> list[str]:
    """Whose changes are smaller on average, in how many rows that is sure, and what it costs: a sentence for each two methods.

    A smaller change is not had for nothing, so the gradients of both go with it.
    """
    told = []
    compared = [pair for pair in pairs if pair.cell.case != "universal" and pair.both]
    for names in dict.fromkeys((pair.first, pair.second) for pair in compared):
        ours = [pair for pair in compared if (pair.first, pair.second) == names]
        sides = sum(pair.ratio < 1 for pair in ours), sum(pair.ratio > 1 for pair in ours)
        ahead, behind = (1, 0) if sides[1] > sides[0] else (0, 1)
        sure, costs = sure_leads(ours), _gradients(ours)
        told.append(
            f"{names[ahead]}’s changes are on average smaller than {names[behind]}’s in {sides[ahead]} of "
            f"{counted(len(ours), 'row')} (sure in {sure[ahead]}"
            f"{turned(sides[ahead], sure[ahead])}, sure the other way round in {sure[behind]})"
            + (f", at {_cost(costs[ahead], costs[behind])}." if costs else ".")
        )
    return sorted(told, key=lambda words: not words.startswith(NAME))


def _cost(own: Sequence[float], other: Sequence[float]) -> str:
    """How many gradients a smaller change took, and the other's."""
    spans = [span([round(value) for value in values]) for values in (own, other)]
    return f"{times(own, other)} times as many gradients ({spans[0]} a photo against {spans[1]}, medians)"


def _gradients(pairs: Sequence[Pair]) -> list[list[float]] | None:
    """How many both take, as medians of the rows; None where that was not noted."""
    both = [[getattr(pair, key) for pair in pairs] for key in ("gradients_first", "gradients_second")]
    if not all(isfinite(value) for values in both for value in values):
        return None
    return both


def _by_method(figures: Sequence[summary.Figures]) -> list[tuple[str, int, int]]:
    """Each method with its runs that met the goal, of how many."""
    names = dict.fromkeys(one.method for one in figures)
    own = {name: [one for one in figures if one.method == name] for name in names}
    return [(name, sum(one.won for one in rows), sum(one.photos for one in rows)) for name, rows in own.items()]


def shown_more(larger: Sequence[summary.Larger]) -> str:
    """Of Table 3: in how many runs no true label is among as many labels as were attacked, and among more."""

    def told(rows: Sequence[summary.Larger]) -> str:
        return f"in {sum(one.won for one in rows)} of {counted(sum(one.photos for one in rows), 'run')}"

    own = [one for one in larger if one.shown == one.cell.k]
    more = [one for one in larger if one.shown > one.cell.k]
    if not own or not more:
        return ""
    names = list(dict.fromkeys(one.method for one in larger))
    return (
        f"The changes of {listed(names, len(names))} for k = {span([one.cell.k for one in larger])}, counted together, leave no "
        f"true label among as many labels {told(own)}, but where more are shown ({span(sorted({one.shown for one in more}))}) "
        f"{told(more)} ({counted(span([one.photos for one in larger]), 'photo')} a row)."
    )


def universal(figures: Sequence[summary.Figures]) -> str:
    """Of Table 4: the range of the share of each method, and of the noise that is its control, which stands last.

    Annotators on which other methods were measured stand apart, as ranges over other rows do not compare.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for annotator in dict.fromkeys(one.cell.annotator for one in figures):
        names = dict.fromkeys(one.method for one in figures if one.cell.annotator == annotator)
        groups.setdefault(tuple(names), []).append(annotator)
    told = []
    for methods, annotators in groups.items():
        own = [one for one in figures if one.cell.annotator in annotators]
        parts = [_share_of(name, own) for name in sorted(methods, key=lambda name: name == "noise")]
        told.append(f"on {listed(annotators, len(annotators))}: {', '.join(parts)}")
    photos = counted(span([one.photos for one in figures]), "new photo")
    return f"One change leaves no true label in the top k, of {photos} a row: {'; '.join(told)}." if told else ""


def _share_of(name: str, figures: Sequence[summary.Figures]) -> str:
    shares = sorted(one.won / one.photos for one in figures if one.method == name and one.photos)
    ends = " to ".join(dict.fromkeys(in_percent(share) for share in (shares[0], shares[-1])))
    return f"{ends} (random noise as large)" if name == "noise" else f"{ends} ({name})"


def budgets(figures: Sequence[summary.Figures]) -> str:
    """Of changes of several sizes: the share of all their photos, size by size."""

    def by_size(one: summary.Figures) -> float:
        return one.cell.xi or 0.0

    made = sorted((one for one in figures if one.method != "noise"), key=by_size)
    told = []
    for size, rows in groupby(made, by_size):
        found = list(rows)
        won, photos = sum(one.won for one in found), sum(one.photos for one in found)
        told.append(f"{won} of {counted(photos, 'photo')} at a size up to {size:g}")
    return (
        f"No true label is left in the top k on {listed(told, len(told))} (all rows together)." if len(told) > 1 else ""
    )


def printed(figures: Sequence[summary.Figures]) -> str:
    """How often the ways that are in print meet the goal, and this project's own beside them, on the same photos."""
    told = []
    for one in figures:
        own, comma, _ = one.method.partition(", ")
        if comma and one.cell.case != "universal":
            beside = [other.won for other in figures if (other.cell, other.method) == (one.cell, own)]
            brackets = "".join(f" ({own} here: {won})" for won in beside)
            name = one.method.replace("'", "’")
            told.append(f"{name} on {one.won} of {one.photos}{brackets}")
    return f"Photos on which the goal was met: {'; '.join(told)}." if told else ""


def photos(counts: Sequence[int], few: str = "") -> str:
    """Of how many photos a row is, and where these are too `few` for any lead to be sure."""
    row = "A row, here, is one annotator, one k and, where labels are added, one choice of targets: of"
    return " ".join(filter(None, (f"{row} {counted(span(counts), 'photo')}." if counts else "", few)))
