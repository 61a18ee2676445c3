"""What counts as true on a photo of which nobody said it: the annotator's guess, or nothing where it finds none of its labels."""

from collections.abc import Sequence

import tkml_core as tk
from demo.catalog.english import counted, in_percent, listed
from demo.engine.annotators import Photo, guess
from tkml_core.annotator import GUESS_AT

FOUND = (
    0.3  # probability of the best label below which nothing counts as true: an attack on it would contradict nothing
)
RULE = f"every label of {in_percent(GUESS_AT)} or more, else the best one if it has at least {in_percent(FOUND)}"
CORRECT = "Correct what is true on your photos"  # the box where many photos are taken at once
TICK = f"tick it under “{CORRECT}”"
MOST = 8  # photos that are named


def guessed_truth(photo: Photo, annotator: tk.Annotator) -> tuple[str, ...]:
    """The annotator's guess, best first; empty where it finds none of its labels."""
    return guess(photo, annotator) if float(photo.logits.sigmoid().max()) >= FOUND else ()


def rule_here(best: float) -> str:
    """What RULE ticked on one photo on which something is found; best: the probability of its best label."""
    least = in_percent(GUESS_AT)
    if best >= GUESS_AT:
        return f"every label of {least} or more is ticked already"
    return f"no label reaches {least}, so the best one is ticked"


def guessed_words(guessed: int, photos: int) -> str:
    """On how many of the photos what counts as true was guessed, and how; empty where on none."""
    whose = (
        f"{guessed} of the {photos} photos"
        if guessed < photos
        else "the photo"
        if photos == 1
        else f"the {photos} photos"
    )
    return f"What is true on {whose} is the annotator’s guess: {RULE}." if guessed else ""


def left_out_words(titles: Sequence[str], photos: int, annotator: str, tick: str = TICK) -> str:
    """Which of so many photos are not attacked, as nothing counts as true on them; empty where there are none.

    tick: how a reader says what is there.
    """
    if not titles:
        return ""
    out = f"{len(titles)} of {counted(photos, 'photo')} left out"
    return f"{out}: {annotator} finds none of its labels in {_named(titles, tick)}."


def nothing_left(titles: Sequence[str], annotator: str, tick: str = TICK) -> str:
    """What to do where every photo is left out."""
    return (
        f"There is nothing to attack: {annotator} finds none of its labels in {_named(titles, tick)}, or choose others."
    )


def _named(titles: Sequence[str], tick: str) -> str:
    return f"{listed(titles, MOST)}. If one is there all the same, {tick}"
