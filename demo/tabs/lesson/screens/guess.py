"""Screen 1: what an annotator is. The reader guesses its labels for a photo."""

from demo.catalog.labels import written
from demo.engine.recordings import recording
from demo.render.icons import icon
from demo.tabs.lesson import pictures
from demo.tabs.lesson.pictures import Look
from demo.tabs.lesson.screen import Answer, Screen

CHOICES = 8


def _found(right: int, k: int) -> str:
    if right == k:
        return f"All {k} are"
    return f"{right or 'None'} of the {k} {'is' if right == 1 else 'are'}"


def screen() -> Screen | None:
    shown = recording("push-out")
    if shown is None:
        return None
    plan = shown.outcome.plan
    logits, names, k = plan.photo.logits, plan.annotator.labels, plan.k
    order = logits[0].argsort(descending=True).tolist()
    top = [names[j] for j in order[:k]]
    # The right ones among others in the order of the alphabet, which gives nothing away.
    offered = sorted({*top, *(names[j] for j in order[k::3][: CHOICES - k])})
    right = [name for name in top if name in plan.roles.true]
    return Screen(
        key="guess",
        title="What does it see?",
        minutes=2,
        intro=f"An annotator is a program that names what is in a photo. It has learned that from thousands of photos. This one "
        f"knows {len(names)} words, its labels. It gives every label a percentage, how sure it is, and shows the best {k}.",
        see=pictures.row(pictures.picture(pictures.unattacked(shown), "The photo to guess the labels of")),
        question=f"Which {k} labels will it put on top?",
        answers=[Answer(written(name), name in top, icon(name)) for name in offered],
        several=True,
        told=[
            f"The best one is {written(top[0])}. {_found(len(right), k)} really in the photo.",
            "Every label has a percentage of its own, as a photo can show several things. So together they may be more than 100.",
        ],
        shown=pictures.row(
            pictures.picture(pictures.unattacked(shown), "The photo"), pictures.labels(shown, logits, f"Top {k}")
        ),
        why=[
            "Nobody told the annotator what a cat is. It was shown photos together with the right labels. After each photo its "
            "millions of inner numbers were turned a tiny bit, until its answers fitted.",
            "So it adds up small hints: edges, colours, bits of fur or metal. In the pictures here the glowing places are "
            "those that count for a label. Would you look there too?",
        ],
        looks=pictures.looked_at(*(Look(shown, name) for name in top)),
        own="Choose a photo or take one with the camera, and correct which labels are true. Which did the annotator miss, and "
        "which did it invent?",
        hint="Let a few pupils say how they recognise a cat. The annotator has none of these ideas: it only has numbers.",
    )
