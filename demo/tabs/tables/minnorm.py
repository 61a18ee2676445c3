"""MinNorm beside the paper's attacks: the tab's first sentence, and where it ran with settings of before."""

from collections.abc import Collection, Sequence
from math import isfinite

from demo.catalog.english import counted, listed, span
from tkml_core.measured.cells import Cell
from tkml_core.measured.pairs import Pair
from tkml_core.measured.tables_report import SURE

NAME = "MinNorm"


def gain(pairs: Sequence[Pair], earlier: Collection[Cell] = ()) -> str:
    """That MinNorm's changes are smaller, and what that costs, in a sentence; nothing where that is not so or not known.

    earlier: cells that it attacked with settings of before; these are counted by themselves. README has it in the same words.
    """
    ours = [pair for pair in pairs if pair.second == NAME and isfinite(pair.gradients_first)]
    if not any(pair.ratio > 1 for pair in ours):
        return ""
    now, before = ([pair for pair in ours if (pair.cell in earlier) is old] for old in (False, True))
    parts = [_gain(now)] if now else []
    parts += [f"with earlier settings, on {_annotators(before)}, {_gain(before)}"] if before else []
    return f"MinNorm’s changes are on average smaller than those of the paper’s attacks {'; '.join(parts)}."


def _gain(pairs: Sequence[Pair]) -> str:
    sure, against_it = (
        sum(pair.p_norm < SURE and (pair.shorter_second - pair.shorter_first) * way > 0 for pair in pairs)
        for way in (1, -1)
    )
    cost, own = (span([round(getattr(pair, key)) for pair in pairs]) for key in ("gradients_second", "gradients_first"))
    return (
        f"in {sum(pair.ratio > 1 for pair in pairs)} of {counted(len(pairs), 'row')} (by paired tests sure in {sure}, sure the "
        f"other way round in {against_it}), but at {cost} gradients a photo against their {own} (medians)"
    )


def _annotators(pairs: Sequence[Pair]) -> str:
    names = list(dict.fromkeys(pair.cell.annotator for pair in pairs))
    return listed(names, len(names))


def ran_earlier(pairs: Sequence[Pair], earlier: Collection[Cell]) -> str:
    """On which annotators MinNorm's settings are not those of now, as a sentence."""
    before = [pair for pair in pairs if pair.second == NAME and pair.cell in earlier]
    return f"On {_annotators(before)} MinNorm ran with earlier settings." if before else ""
