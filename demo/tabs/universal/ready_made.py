"""The changes that come with the page: for which annotator and k there is one, and what it did when it was measured."""

from collections.abc import Sequence
from functools import cache

import tkml_core as tk
from demo.catalog.attacks import universal_title
from demo.catalog.english import in_percent, listed, span
from demo.engine.plan import DEFAULT_K
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.zoo import universal_perturbations
from tkml_core.zoo.universal_perturbations import notes_of, path_of, rates_of


@cache
def bundled() -> tuple[tuple[str, str, int], ...]:
    """(one of UNIVERSAL, annotator, k) of each. Read once: every choice of a visitor asks, and there is a file for each."""
    return universal_perturbations.bundled()


def bundled_title(method: str) -> str:
    """What the one that comes with the page is called in a menu."""
    return f"ready-made: {universal_title(method)}"


def has_ready(annotator: str, k: int) -> bool:
    """Whether any change for the annotator and k comes with the page."""
    return any((whose, for_k) == (annotator, k) for _, whose, for_k in bundled())


def measured(method: str, annotator: str, k: int) -> tuple[int, int, int]:
    """On how many photos a bundled z was measured, how many it fooled, and how many noise as long did."""
    notes = notes_of(path_of(method, annotator, k))
    photos, fooled, noise = (int(notes[name]) for name in ("measured", "goal", "noise_goal"))
    return photos, fooled, noise


def looser(method: str, annotator: str, k: int) -> tuple[int, int]:
    """On how many of the photos of `measured` a bundled z, and noise as long, left a list with E = 0."""
    notes = notes_of(path_of(method, annotator, k))
    return int(notes["inconsistent"]), int(notes["noise_inconsistent"])


def missing(method: str, annotator: str, k: int) -> str:
    """That there is none, which others there are, and what to press."""
    lead = f"There is no ready-made {method} change for {annotator} at k = {k}"
    methods = [name for name in UNIVERSAL if (name, annotator, k) in bundled()]
    if methods:
        return f"{lead}. Choose “{bundled_title(methods[0])}” below “Which change”, or press Craft to make one."
    own = [str(j) for name, whose, j in bundled() if (name, whose) == (method, annotator)]
    whose = sorted({other for name, other, _ in bundled() if name == method and other in tk.available()})
    others = f"k = {listed(own)}" if own else listed(whose)
    if not own and not whose:
        return f"{lead}, nor for any other annotator. Press Craft to make one."
    return f"{lead}; there are some for {others}. Choose one of these, or press Craft to make one."


def strongest(annotator: str, k: int) -> str:
    """The one of UNIVERSAL whose bundled z met the goal on most of the photos it was measured on; the first, if there is none."""
    there = [name for name in UNIVERSAL if (name, annotator, k) in bundled()]
    return max(there, key=lambda name: rates_of(name, annotator, k)[0], default=next(iter(UNIVERSAL)))


def best_start(names: Sequence[str]) -> tuple[str, int]:
    """The annotator of `names` and the k whose bundled z, where it was measured, was furthest ahead of noise as long.

    So that a visitor sees one that does something; `elsewhere` says beside it that others do less.
    """
    leads = []
    for name, whose, k in bundled():
        if whose in names:
            met, by_noise = rates_of(name, whose, k)
            leads.append((met - by_noise, whose, k))
    return max(leads, default=(0.0, names[0], DEFAULT_K))[1:]


def elsewhere(annotator: str, k: int) -> str:
    """What the strongest one for the same k does on each other annotator, in a sentence; empty where there is none."""
    others = {whose for _, whose, for_k in bundled() if for_k == k and whose != annotator and whose in tk.available()}
    shares = {whose: rates_of(strongest(whose, k), whose, k)[0] for whose in others}
    told = [f"{in_percent(share)} ({whose})" for whose, share in sorted(shares.items(), key=lambda item: -item[1])]
    if not told:
        return ""
    own = rates_of(strongest(annotator, k), annotator, k)[0]
    lead = (
        "Of the annotators here this one is fooled most"
        if own >= max(shares.values())
        else "It depends on the annotator"
    )
    return (
        f"{lead}: the strongest ready-made change at k = {k} fools {in_percent(own)} of new photos here; on the others, each "
        f"with its own change, {listed(told, len(told))}."
    )


def depends(names: Sequence[str]) -> str:
    """A sentence on how much that share depends on the annotator; empty where there is no z for two of them."""
    best: dict[str, tuple[float, str, int]] = {}
    for method, whose, k in bundled():
        if whose in names:
            best[whose] = max(best.get(whose, (-1.0, "", 0)), (rates_of(method, whose, k)[0], method, k))
    if len(best) < 2:
        return ""
    told = [
        f"{in_percent(share)} for {name} at k = {k} ({method})"
        for name, (share, method, k) in sorted(best.items(), key=lambda item: -item[1][0])
    ]
    photos = span([measured(method, name, k)[0] for name, (_, method, k) in best.items()])
    return (
        "How many new photos a change fools depends on the annotator, the method and k. The ready-made one that fools most, "
        f"each annotator at its easiest k, of {photos} photos each: {listed(told, 9)}."
    )
