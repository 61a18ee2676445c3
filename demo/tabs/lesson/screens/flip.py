"""Screen 2: a change that nobody sees, and one label flips."""

from dataclasses import dataclass
from itertools import takewhile

from markupsafe import Markup
from torch import Tensor

import tkml_core as tk
from demo.catalog.english import in_percent
from demo.catalog.presets import PRESETS
from demo.engine.recipes import STRENGTHS
from demo.engine.recordings import Recording, recording
from demo.render.labels import percent, scored
from demo.render.templates import fill
from demo.tabs.lesson import pictures
from demo.tabs.lesson.pictures import Look
from demo.tabs.lesson.screen import FOOLED, Answer, Screen

LISTED = 3  # labels beside the dial
LEVELS = (
    "A photo is a list of numbers, each on a level from 0 (dark) to 255 (bright)."  # the first time that sizes appear
)
WITHOUT = "At 0% it is the photo as it was."


@dataclass(frozen=True)
class Moved:
    """What a share of the change does to the photo's numbers, which have whole levels only: how many differ, by how many
    levels at most, and the size of it all."""

    differ: int
    most: int
    size: float


def moved(shown: Recording, share: float) -> Moved:
    x, x_adv = shown.outcome.plan.photo.x, shown.outcome.x_adv
    saved = tk.quantize((x + share * (x_adv - x)).clamp(0, 1))
    differ, _, most = pictures.numbers_changed(x, saved)
    return Moved(differ, most, pictures.average(x, saved))


def _read(shown: Recording, logits: Tensor) -> list[tuple[str, str]]:
    """The labels beside the dial with their percentages, as they are written there."""
    best = scored(shown.outcome.plan.annotator, logits.view(1, -1))[:LISTED]
    return [(label.name, percent(label.probability)) for label in best]


def reads_as_before(shown: Recording, share: float) -> bool:
    """Whether beside the dial the annotator says at a share of the change what it said without it."""
    return _read(shown, shown.checks[f"strength {share:g}"]) == _read(shown, shown.outcome.plan.photo.logits)


def stop_words(share: float, moved: Moved, of: int, as_before: bool) -> str:
    """What a share of the change does to the picture's numbers, and whether that shows in what the annotator says."""
    if not moved.differ:
        return f"At {in_percent(share)} no number of the picture changes by a whole level, so nothing happens."
    if as_before:
        return (
            f"At {in_percent(share)} hardly any number of the picture changes by a whole level, {moved.differ:,} of {of:,}, so "
            "nothing happens."
        )
    return (
        f"At {in_percent(share)} {moved.differ:,} of the picture’s {of:,} numbers change, by {pictures.levels(moved.most)} at "
        f"most; the size of the change is {pictures.levels(moved.size)}."
    )


def _dial(shown: Recording) -> Markup:
    """The change from none to all of it; the browser blends the pictures, the labels were measured at every stop."""
    measured = [(0.0, shown.outcome.plan.photo.logits), *((s, shown.checks[f"strength {s:g}"]) for s in STRENGTHS)]
    of = shown.outcome.x_adv.numel()
    photo = pictures.picture(
        pictures.original(shown), "The photo with a part of the change", "The photo with that much of it",
        over=pictures.attacked(shown),
    )  # fmt: skip
    stops = [
        (
            pictures.labels(shown, logits, f"At {in_percent(s)} of the change", LISTED),
            stop_words(s, moved(shown, s), of, reads_as_before(shown, s)) if s else WITHOUT,
        )
        for s, logits in measured
    ]
    return fill(
        "tabs/lesson/screens/flip.html",
        photo=photo,
        change=pictures.change(shown, pictures.strength(shown)),
        stops_of=stops,
    )


def dial_words(shown: Recording, now: str) -> str:
    """For the teacher: up to where the dial does nothing, and where the label on top flips."""
    quiet = max(takewhile(lambda s: reads_as_before(shown, s), STRENGTHS), default=0.0)
    flips = next(s for s in STRENGTHS if pictures.best(shown, shown.checks[f"strength {s:g}"]) == now)
    none = f" Up to {in_percent(quiet)} nothing happens, and" if quiet else ""
    return (
        f"Move the dial slowly.{none or ' There'} two stops beside each other may read alike, as a picture’s numbers move by "
        f"whole levels only; how many of them do, and how far, is said there. At {in_percent(flips)} the label on top flips."
    )


def screen() -> Screen | None:
    shown = recording("one-label")
    if shown is None:
        return None
    outcome = shown.outcome
    before, after = outcome.plan.photo.logits, outcome.logits
    was, now = pictures.best(shown, before), pictures.best(shown, after)
    count, all_of_them, most = pictures.numbers_changed(outcome.plan.photo.x, outcome.x_adv)
    # Which side is which never changes, so that what a class says and the teachers' notes agree.
    return Screen(
        key="flip",
        title="One label flips",
        minutes=3,
        intro=f"Here is the same photo twice. One of the two was changed. For one of them the annotator puts “{was}” first, "
        f"for the other one “{now}”.",
        see=pictures.row(
            pictures.picture(pictures.attacked(shown), "The photo on the left", "Left"),
            pictures.picture(pictures.original(shown), "The photo on the right", "Right"),
        ),
        question="Which one was changed?",
        answers=[Answer("The left one", right=True), Answer("The right one"), Answer("I cannot tell", honest=True)],
        told=[
            f"The annotator was {pictures.sure(shown, before, was)} sure of {was}. Now {now} comes first, with "
            f"{pictures.sure(shown, after, now)}; {was} still has {pictures.sure(shown, after, was)}. "
            f"So it is fooled, which means here: {FOOLED}.",
            f"{LEVELS} Of this photo’s {all_of_them:,} numbers {count:,} were changed, none by more than "
            f"{pictures.levels(most)}, which is {most} levels up or down. If you could not tell, your eyes are fine: it is too "
            "little to see.",
            f"The size of the change is {pictures.size(shown)}: a kind of average of how many levels its numbers were moved.",
        ],
        shown=_dial(shown),
        why=[
            f"For each number of the photo one can ask: if it were a little larger, would the annotator be more sure of {was} "
            f"or less? The annotator is a calculation, so this can be worked out, for all {all_of_them:,} numbers at once.",
            f"Then the numbers that matter are moved a tiny bit, each in the direction that hurts {was}. One such push does "
            "nothing. Thousands of pushes that all work together add up.",
        ],
        looks=pictures.looked_at(
            Look(shown, was, title=f"What counts for {was}, before"),
            Look(shown, now, "after", f"What counts for {now}, after"),
        ),
        own=f"How small is the change that “{PRESETS['gentle'].title}” needs for your photo? Lay both photos one over the other "
        "with “Look closer”.",
        exercise="gentle",
        hint="Most pupils cannot tell, and that is the point: “I cannot tell” is an honest answer. "
        f"{dial_words(shown, now)} The tab Attack, too, says by how much a number was changed at most, here "
        f"{pictures.levels(most)}. What it calls the size of a change is the root of the sum of all squares, not of their mean: "
        f"there the change of this screen is {outcome.report['l2']:.0f}. That grows with the number of pixels, so compare it "
        "between runs on one photo only.",
    )
