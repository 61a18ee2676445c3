"""MinNorm beside the paper's attacks: the tab's first sentence."""

from collections.abc import Collection, Sequence
from math import isfinite

from demo.catalog.english import counted, span
from tkml_core.measured.pairs import Pair
from tkml_core.measured.tables_report import SURE

NAME = "MinNorm"


def gain(pairs: Sequence[Pair], at_equal: Collection[str] = ()) -> str:
    """That MinNorm's changes are smaller, and what that costs, in a sentence; nothing where that is not so or not known.

    at_equal: the methods that were run with as many gradients as MinNorm; where the others are not among them, that is said.
    README has it in the same words.
    """
    ours = [pair for pair in pairs if pair.second == NAME and isfinite(pair.gradients_first)]
    smaller = sum(pair.ratio > 1 for pair in ours)
    if not smaller:
        return ""
    against_it, sure = sure_leads(ours)
    both = [[getattr(pair, key) for pair in ours] for key in ("gradients_second", "gradients_first")]
    cost, own = (span([round(value) for value in values]) for values in both)
    photos = counted(span([pair.photos for pair in ours]), "photo")
    missing = "" if any(pair.first in at_equal for pair in ours) else "; at equal gradients these were not run"
    return (
        "The changes of MinNorm, this project’s own attack, are on average smaller than those of the paper’s attacks in "
        f"{smaller} of {counted(len(ours), 'row')} of {photos} (by paired tests sure in {sure}"
        f"{turned(smaller, sure)}, sure the other way round in {against_it}), but at {times(*both)} "
        f"times as many gradients ({cost} a photo against their {own}, medians){missing}."
    )


def turned(smaller: int, sure: int) -> str:
    """Why more leads may be sure than are seen in the averages: the tests are of ranks, which no single size turns."""
    return ", also where a few large changes turn the average" if sure > smaller else ""


def times(more: Sequence[float], fewer: Sequence[float]) -> str:
    """How many times as many the first are, row by row."""
    ratios = sorted(a / max(b, 1) for a, b in zip(more, fewer, strict=True))
    return " to ".join(dict.fromkeys(f"{ratio:.{0 if ratio >= 9.95 else 1}f}" for ratio in (ratios[0], ratios[-1])))


def sure_leads(pairs: Sequence[Pair]) -> tuple[int, int]:
    """In how many rows it is sure that the first's changes are smaller, and in how many the second's."""
    first, second = (
        sum(pair.p_norm < SURE and (pair.shorter_first - pair.shorter_second) * way > 0 for pair in pairs)
        for way in (1, -1)
    )
    return first, second
