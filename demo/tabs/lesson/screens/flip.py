"""Screen 2: a change that nobody sees, and one label flips."""

from markupsafe import Markup

from demo.catalog.english import in_percent
from demo.catalog.presets import PRESETS
from demo.engine.recipes import STRENGTHS
from demo.engine.recordings import Recording, recording
from demo.render.templates import fill
from demo.tabs.lesson import pictures
from demo.tabs.lesson.pictures import Look
from demo.tabs.lesson.screen import FOOLED, Answer, Screen


def _dial(shown: Recording) -> Markup:
    """The change from none to all of it; the browser blends the pictures, the labels were measured at every stop."""
    was = shown.outcome.plan.photo.logits
    measured = [(in_percent(0), was), *((in_percent(s), shown.checks[f"strength {s:g}"]) for s in STRENGTHS)]
    photo = pictures.picture(
        pictures.original(shown), "The photo with a part of the change", "The photo with that much of it",
        over=pictures.attacked(shown),
    )  # fmt: skip
    lists = [pictures.labels(shown, logits, f"At {name} of the change", 3) for name, logits in measured]
    return fill(
        "tabs/lesson/screens/flip.html",
        photo=photo,
        change=pictures.change(shown, pictures.strength(shown)),
        lists=lists,
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
            f"A photo is a list of numbers, each from 0 (dark) to 255 (bright). Of this photo’s {all_of_them:,} numbers "
            f"{count:,} were changed, none by more than {most}. If you could not tell, your eyes are fine: it is too little "
            "to see.",
            f"The size of the change is {pictures.size(shown)}: a kind of average of how far its numbers were moved.",
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
        hint="Most pupils cannot tell, and that is the point: “I cannot tell” is an honest answer. Move the dial slowly: the "
        "percentages shift step by step, the label on top flips at one place. On the tab Attack, size is the root of the sum of "
        f"all squares, not of their mean: there the change of this screen is {outcome.report['l2']:.0f}. That grows with the "
        "number of pixels, so compare it between runs on one photo only.",
    )
