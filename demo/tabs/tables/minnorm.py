"""MinNorm beside the paper's attacks: the tab's first sentence."""

from collections.abc import Sequence
from math import isfinite

from demo.catalog.english import counted, span
from tkml_core.measured.pairs import Pair
from tkml_core.measured.tables_report import SURE

NAME = "MinNorm"


def gain(pairs: Sequence[Pair]) -> str:
    """That MinNorm's changes are smaller, and what that costs, in a sentence; nothing where that is not so or not known.

    README has it in the same words.
    """
    ours = [pair for pair in pairs if pair.second == NAME and isfinite(pair.gradients_first)]
    smaller = sum(pair.ratio > 1 for pair in ours)
    if not smaller:
        return ""
    against_it, sure = sure_leads(ours)
    cost, own = (span([round(getattr(pair, key)) for pair in ours]) for key in ("gradients_second", "gradients_first"))
    return (
        "The changes of MinNorm, this project’s own attack, are on average smaller than those of the paper’s attacks in "
        f"{smaller} of {counted(len(ours), 'row')} (by paired tests sure in {sure}, sure the other way round in {against_it}), "
        f"but at {cost} gradients a photo against their {own} (medians)."
    )


def sure_leads(pairs: Sequence[Pair]) -> tuple[int, int]:
    """In how many rows it is sure that the first's changes are smaller, and in how many the second's."""
    first, second = (
        sum(pair.p_norm < SURE and (pair.shorter_first - pair.shorter_second) * way > 0 for pair in pairs)
        for way in (1, -1)
    )
    return first, second
