"""Targets that were measured to need the smallest change where a label is true: a choice beside best, random and worst."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import isfinite
from pathlib import Path

from demo.catalog.english import counted, listed, span
from demo.catalog.labels import listed_labels, written
from tkml_core.measured.easy_targets import ENOUGH, Pair, read_csv

FILE = Path(__file__).resolve().parents[3] / "assets" / "measured" / "easy_targets.csv"
NOT_MEASURED = "Which are easiest was not measured here; best-scored is a good guess"


@dataclass(frozen=True)
class Easiest:
    """k targets, the easiest first, and how they were found."""

    names: tuple[str, ...]
    words: str


@cache
def _measured() -> dict[tuple[str, str], list[Pair]]:
    """Each annotator's and true label's pairs, the smallest change first; those that did not give way are left out."""
    found: dict[tuple[str, str], list[Pair]] = {}
    for pair in sorted(read_csv(FILE), key=lambda pair: pair.norm):
        if isfinite(pair.norm):
            found.setdefault((pair.annotator, pair.true), []).append(pair)
    return found


def _photos(pairs: Sequence[Pair]) -> str:
    """On how many photos each of the pairs was measured."""
    return counted(span([pair.photos for pair in pairs]), "photo")


def _few(pairs: Sequence[Pair]) -> bool:
    """Whether one of the pairs was measured on too few photos for a ranking."""
    return any(pair.photos < ENOUGH for pair in pairs)


def button() -> str:
    """What the button says: the choice, and how much it stands on."""
    pairs = [pair for found in _measured().values() for pair in found]
    return f"{'Easy, at a first look' if _few(pairs) else 'Easiest, as measured'} ({_photos(pairs)} each)"


def is_measured(annotator: str, true: Sequence[str]) -> bool:
    """Whether it was, for one of the true labels at least."""
    return any((annotator, name) in _measured() for name in true)


def easiest(annotator: str, best_first: Sequence[str], true: Sequence[str], k: int) -> Easiest:
    """The targets for a photo whose labels rank so: by what was measured where its leading true label leads.

    Where too few were measured, the best-scored others follow. ValueError where none was.
    """
    able = {name for name in best_first if name not in true}
    pairs: list[Pair] = []
    for leading in (name for name in best_first if name in true):
        if pairs := [pair for pair in _measured().get((annotator, leading), ()) if pair.target in able][:k]:
            break
    else:
        raise ValueError(f"{NOT_MEASURED}.")
    names = [pair.target for pair in pairs]
    photos = f"{_photos(pairs)} each"
    others = [name for name in best_first if name in able and name not in names][: k - len(names)]
    sizes = [f"{written(pair.target)} ({pair.norm:.0f})" for pair in pairs]
    rest = f" Not measured, so best-scored: {listed_labels(others)}." if others else ""
    return Easiest(
        (*names, *others),
        f"Measured with one target at a time on other photos that show {written(leading)}, {photos}: there they took the "
        f"smallest changes, {listed(sizes, 10)}{', a first look and no ranking' if _few(pairs) else ''}.{rest}",
    )
