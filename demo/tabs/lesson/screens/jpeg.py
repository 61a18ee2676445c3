"""Screen 6: JPEG undoes the attack. Is that a defence?"""

from demo.engine.distortions import jpeg
from demo.engine.recipes import HARD_TO_SEE, JPEG, STRONGER
from demo.engine.recordings import Recording, recording
from demo.render.pictures import to_image
from demo.tabs.lesson import pictures
from demo.tabs.lesson.pictures import Look
from demo.tabs.lesson.screen import IS_IT_REAL, TEST_IT, Answer, Screen


def survivor(shown: Recording) -> float | None:
    """The smallest factor by which the change must grow to survive being saved as JPEG; None where none that was tried does."""
    return next((s for s in STRONGER if pictures.meets(shown, shown.checks[f"strength {s:g}, jpeg {JPEG}"])), None)


def seen(most: int) -> str:
    """How well a change is seen whose largest step is `most` levels."""
    if most > HARD_TO_SEE:
        return "It can be seen now."
    return (
        f"It is still hard to see, none of the photo’s numbers was changed by more than {pictures.levels(most)}: look closely "
        "for faint lines."
    )


def screen() -> Screen | None:
    shown = recording("jpeg")
    factor = survivor(shown) if shown else None
    if shown is None or factor is None:
        return None
    outcome = shown.outcome
    x, z = outcome.plan.photo.x, outcome.x_adv - outcome.plan.photo.x
    stronger = (x + factor * z).clamp(0, 1)
    saved, back = jpeg(outcome.x_adv, JPEG), shown.checks[f"jpeg {JPEG}"]
    survives = shown.checks[f"strength {factor:g}, jpeg {JPEG}"]
    was, fooled = pictures.best(shown, outcome.plan.photo.logits), pictures.best(shown, outcome.logits)
    times = f"{factor:g}"
    return Screen(
        key="jpeg",
        title="JPEG saves it. Safe?",
        minutes=3,
        intro=f"For this attacked photo “{fooled}” comes first instead of “{was}”. Now it is saved as a JPEG, as messengers "
        f"do, and shown to the annotator once more. JPEG throws away fine detail: “{pictures.best(shown, back)}” comes first "
        "again.",
        see=pictures.row(
            pictures.picture(
                pictures.attacked(shown),
                "The attacked photo",
                "Attacked",
                pictures.labels(shown, outcome.logits, "Top 3", 3),
            ),
            pictures.picture(
                to_image(saved),
                "The same photo as a JPEG",
                "Then saved as JPEG",
                pictures.labels(shown, back, "Top 3", 3),
            ),
        ),
        question="A company now saves every uploaded photo as a JPEG first. Is it safe?",
        answers=[
            Answer("Yes, JPEG removes the attack"),
            Answer("Yes, as long as it is kept secret"),
            Answer("No, an attacker who knows of it finds another way", right=True),
        ],
        told=[
            f"Made {times} times as strong, the same change survives the JPEG: the annotator says "
            f"“{pictures.best(shown, survives)}”. "
            f"{seen(pictures.numbers_changed(x, stronger)[2])}",
            "An attacker who knows of the JPEG tries out how strong the change must be. To keep the JPEG secret does not help, "
            "as anybody can guess it. So a defence has to be tested by somebody who knows it.",
        ],
        shown=pictures.row(
            pictures.picture(
                to_image(jpeg(stronger, JPEG)),
                "The photo with the stronger change, as JPEG",
                f"{times} times the change, then JPEG",
                pictures.labels(shown, survives, "Top 3", 3),
            ),
            pictures.difference(x, stronger, "The stronger change", alt="The stronger change"),
        ),
        why=[
            "The first attack stopped at the smallest change that works. So the photo stood right at the edge, and a breath of "
            "wind, such as JPEG, blew it back.",
            "A stronger change carries it further over the edge. JPEG still takes something away, but not enough. In 2018 "
            "three researchers, Athalye, Carlini and Wagner, tested nine new defences: six did not hold at all, and a seventh "
            "only in part.",
        ],
        looks=pictures.looked_at(Look(shown, fooled, "after")),
        own=f"Attack your photo. {TEST_IT} Look at the rows for JPEG and blur: what brings the true labels back, and what does "
        "not?",
        place=IS_IT_REAL,
        exercise="gentle",
        hint="A good moment to talk about security in general: a lock is not tested by its maker saying that it holds.",
    )
