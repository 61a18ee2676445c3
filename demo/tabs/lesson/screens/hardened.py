"""Screen 7: an annotator that was trained on attacked photos, and what that costs."""

from demo.engine.recordings import recording
from demo.render.pictures import AMPLIFY, amplified
from demo.tabs.lesson import pictures
from demo.tabs.lesson.pictures import SHARP
from demo.tabs.lesson.screen import Answer, Screen


def screen() -> Screen | None:
    usual, hard = recording("one-label"), recording("hardened")
    if usual is None or hard is None:
        return None
    first, second = usual.outcome, hard.outcome
    times = second.report["l2"] / first.report["l2"]
    was = pictures.best(usual, first.plan.photo.logits)
    sure = [pictures.sure(item, item.outcome.plan.photo.logits, was) for item in (usual, hard)]
    ranges = [(0.0, 1.5), (1.5, 3.0), (3.0, 1e9)]
    words = ["About the same", "About twice as large", "Three times as large, or more"]
    price = hard.notes.get("price", {})
    costs = (
        f" On photos that nobody attacked it is the weaker one: it scores {price['hardened']:.1f} where the usual annotator "
        f"scores {price['usual']:.1f} out of 100 ({price['words']})."
        if price
        else f" It also becomes less sure of photos that nobody attacked: {was} has {sure[1]} here, {sure[0]} with the usual one."
    )
    return Screen(
        key="hardened",
        title="A hardened annotator, and its price",
        minutes=4,
        intro="One defence has held for years: attack the annotator while it is being trained, and let it learn from the "
        "attacked photos too. Here is such a hardened annotator, and the smallest change that flips its label on the same photo.",
        see=pictures.row(
            pictures.picture(pictures.original(usual), "The photo"),
        ),
        question="How large is the change it needs, beside the one for the usual annotator?",
        answers=[Answer(word, low <= times < high) for word, (low, high) in zip(words, ranges, strict=True)],
        told=[
            f"{times:.1f} times as large.{costs}",
            "Better is not safe: with a change that is large enough it is fooled too.",
        ],
        shown=pictures.row(
            *(
                pictures.picture(
                    amplified(item.outcome.plan.photo.x, item.outcome.x_adv, AMPLIFY),
                    "The change",
                    title,
                    pictures.labels(item, item.outcome.logits, "Top 3 after it", 3),
                    f"× {AMPLIFY}",
                    SHARP,
                )
                for title, item in (("Usual annotator", usual), ("Hardened annotator", hard))
            )
        ),
        why=[
            "In training, the hardened annotator met the worst change of a certain size for every photo. It had to give up the "
            "faint textures that can be faked so easily, and to rely on shapes. Compare what the two look at.",
            "But the faint textures are real hints as well. Without them it knows less about ordinary photos. Nobody has found a "
            "way around this price yet.",
        ],
        looks=pictures.looked_at(usual, [was]) + pictures.looked_at(hard, [was]),
        own="Attack your photo on both annotators (the choice is under the photo). How much larger must the change be?",
        preset="gentle",
        hint="Close with a question that has no right answer: where would you accept an annotator that can be fooled, and "
        "where not?",
    )
