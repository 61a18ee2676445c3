"""Screen 4: labels that are nowhere in the photo become the top ones, as a film."""

from markupsafe import Markup

from demo.catalog.labels import listed_labels
from demo.catalog.presets import PRESETS
from demo.engine.recordings import Recording, recording
from demo.render.pictures import AMPLIFY, amplified, to_image
from demo.render.templates import fill
from demo.tabs.lesson import pictures
from demo.tabs.lesson.pictures import Look
from demo.tabs.lesson.screen import Answer, Screen


def film(shown: Recording) -> Markup:
    """The recorded pictures one after the other, with the top-k of each."""
    replay, x = shown.replay, shown.outcome.plan.photo.x
    frames, had = [], False
    for at, title in enumerate(replay.titles()):
        x_adv, logits = replay.picture(at)
        where = "as saved" if at == replay.last else title
        below = pictures.labels(shown, logits, f"Top {shown.outcome.plan.k}, {where}")
        now = pictures.picture(to_image(x_adv), f"The photo, {where}", "The photo")
        z = pictures.picture(
            amplified(x, x_adv, AMPLIFY), f"The change, {where}", "The change", badge=f"× {AMPLIFY}", grains=True
        )
        met = pictures.meets(shown, logits)
        # Only the end tells how it came out; what was reached once is not to come yet.
        missed = "not reached" if at == replay.last else "lost again for the moment" if had else "not yet"
        said = f"{where}: {'reached' if met else missed}"
        had = had or met
        frames.append((said, pictures.row(now, z, below)))
    return fill("tabs/lesson/screens/film.html", frames=frames, last=replay.last)


def _course(shown: Recording) -> list[str]:
    """How the film comes to its end, in words that fit what its pictures show."""
    met = [pictures.meets(shown, shown.replay.picture(at)[1]) for at in range(shown.replay.last + 1)]
    lost = True in met and not all(met[met.index(True) :])
    then = " Now and then it makes it too small, and loses what it had." if lost else ""
    return [
        f"The film shows how: the attack finds a change that works, then it makes the change smaller.{then} The smallest one "
        "that worked was saved. In it the new labels are only a little ahead, so their percentages are lower than before."
    ]


def screen() -> Screen | None:
    shown = recording("plant")
    if shown is None:
        return None
    outcome, plan = shown.outcome, shown.outcome.plan
    planted = [name for name, _ in outcome.report["after"]]  # in the order that the last picture of the film shows
    most = pictures.numbers_changed(plan.photo.x, outcome.x_adv)[2]
    before = [name for name, _ in outcome.report["before"]]
    named = listed_labels(planted)
    every = len(plan.annotator.labels)
    return Screen(
        key="plant",
        title="Add the impossible",
        minutes=3,
        intro=f"For this photo the annotator says {listed_labels(before)}. Of all {every} labels, {named} are the "
        f"{len(planted)} that it finds least likely.",
        see=pictures.row(
            pictures.picture(
                pictures.original(shown), "The photo", below=pictures.labels(shown, plan.photo.logits, f"Top {plan.k}")
            )
        ),
        question=f"Can a change that is hard to see make exactly {named} its top {plan.k}?",
        answers=[
            Answer("No, there is nothing like that in the photo"),
            Answer("One of them perhaps, not all"),
            Answer("Yes, all of them", right=True),
        ],
        told=[
            f"The top {plan.k} is now {named}. None of the photo’s numbers was changed by more than {pictures.levels(most)}; the "
            f"size of the change is {pictures.size(shown)}.",
            *_course(shown),
        ],
        shown=film(shown),
        why=[
            "Nobody drew these things into the photo. Look at the change: it is fine dots, crowded in a few places and "
            "thin elsewhere. They draw nothing that one would know.",
            "The annotator adds up thousands of faint hints. We look at shapes; it also counts textures that we do not notice. "
            "An attack can scatter hints for any label in the photo, until together they count more than what is "
            "really there.",
        ],
        looks=pictures.looked_at(*(Look(shown, name, "after") for name in planted)),
        own=f"“{PRESETS['impossible'].title}” asks for the labels that are least likely on your photo, as many as are shown (k). "
        "Does it get all of them, and in how many steps?",
        exercise="impossible",
        hint="Ask who might want this: for example to have a photo found under the wrong word, or to slip past a filter.",
    )
