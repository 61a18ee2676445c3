"""Screen 1: what an annotator is. The reader guesses its labels for a photo."""

from demo.engine.recordings import recording
from demo.render.icons import icon
from demo.tabs.lesson import pictures
from demo.tabs.lesson.screen import Answer, Screen

CHOICES = 8


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
        title="What does the machine see?",
        minutes=3,
        intro=f"An annotator is a program that has learned from thousands of photos which words go with a picture. This one "
        f"knows {len(names)} words, its labels. It gives every label a percentage, and shows the best {k}.",
        see=pictures.row(pictures.picture(pictures.original(shown), "The photo to guess the labels of")),
        question=f"Which {k} labels will it put on top?",
        answers=[Answer(name, name in top, icon(name)) for name in offered],
        several=True,
        told=[
            f"Its top {k}: {', '.join(top)}. {len(right)} of them {'is' if len(right) == 1 else 'are'} really in the photo."
        ],
        shown=pictures.row(
            pictures.picture(pictures.original(shown), "The photo", below=pictures.labels(shown, logits, f"Top {k}"))
        ),
        why=[
            "Nobody told the annotator what a cat is. It was shown photos with their labels, and its millions of inner numbers "
            "were turned a little, again and again, until its answers fitted.",
            "So it adds up patterns: edges, colours, bits of fur or metal. The pictures beside this text show which places "
            "count for each label. Are they the places that you would look at?",
        ],
        looks=pictures.looked_at(shown, top),
        own="Upload a photo or take one with the camera. Mark which labels are true. Which did the annotator miss, and which "
        "did it invent?",
        hint="Let a few pupils say how they recognise a cat. The annotator has none of these ideas: it only has numbers.",
    )
