"""Screen 7: an annotator that was trained on attacked photos: what it gains, and what it pays."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from demo.engine.recordings import Recording, recording
from demo.render.pictures import AMPLIFY, amplified
from demo.tabs.lesson import pictures
from demo.tabs.lesson.pictures import SHARP, Bar, Look
from demo.tabs.lesson.screen import Answer, Screen

# How many times as large the change has to be, up to here: what one answers, and what is said of it
RANGES = (
    (1.2, "About as large", "So on this photo hardening did not help."),
    (3.0, "Larger, up to 3 times", ""),
    (float("inf"), "More than 3 times as large", "That is a great gain."),
)
SMALL_GAIN, CLEAR_GAIN = "That is a gain, but a small one.", "That is a clear gain."
CLEAR = 1.6


def gain(times: float) -> tuple[str, str]:
    """The right answer for a change `times` as large, and a sentence that judges it."""
    answer, judged = next((answer, judged) for most, answer, judged in RANGES if times <= most)
    return answer, judged or (CLEAR_GAIN if times >= CLEAR else SMALL_GAIN)


def price(scores: Mapping[str, Any], was: str, sure: tuple[str, str]) -> tuple[str, bool]:
    """What hardening cost on ordinary photos, and whether it did; measured on many photos, or else seen on this one."""
    if not scores:
        return (
            f"On the photo that nobody attacked, it is {sure[1]} sure of {was}; the usual one is {sure[0]} sure.",
            False,
        )
    usual, hard = (round(scores[which], 1) for which in ("usual", "hardened"))
    measured = f"On ordinary photos, which nobody attacked, it scores {hard:.1f} of 100 points; the usual one scores {usual:.1f}."
    return (f"The price: {measured[0].lower()}{measured[1:]}", True) if hard < usual else (measured, False)


def _change(item: Recording, title: str, below: Markup = pictures.NOTHING) -> Markup:
    x, x_adv = item.outcome.plan.photo.x, item.outcome.x_adv
    return pictures.picture(
        amplified(x, x_adv, AMPLIFY), f"The change, {AMPLIFY} times as strong", title, below, f"× {AMPLIFY}", SHARP
    )


def screen() -> Screen | None:
    usual, hard = recording("one-label"), recording("hardened")
    if usual is None or hard is None:
        return None
    first, second = usual.outcome, hard.outcome
    times = round(second.report["l2"] / first.report["l2"], 1)
    right, judged = gain(times)
    was = pictures.best(usual, first.plan.photo.logits)
    of_usual, of_hard = (pictures.sure(item, item.outcome.plan.photo.logits, was) for item in (usual, hard))
    cost, costs = price(hard.notes.get("price", {}), was, (of_usual, of_hard))
    return Screen(
        key="hardened",
        title="Hardened, at a price" if costs else "A hardened annotator",
        minutes=3,
        intro="The defence that has held best: attack the annotator while it learns, and let it learn from the attacked photos, "
        "too. Such an annotator is called hardened. Here are a photo and the smallest change found that fools the usual one.",
        see=pictures.row(
            pictures.picture(pictures.original(usual), "The photo", "The photo"),
            _change(usual, "Enough to fool the usual annotator"),
        ),
        question="How large must the change be to fool the hardened annotator?",
        answers=[Answer(answer, answer == right) for _, answer, _ in RANGES],
        told=[
            f"It must be {times:.1f} times as large. {judged} {cost}",
            "And better is not safe: a change that is large enough fools it, too.",
        ],
        shown=pictures.bars(
            Bar("Usual annotator", "size 1", 1 / max(times, 1)),
            Bar("Hardened annotator", f"size {times:.1f}", times / max(times, 1)),
        )
        + pictures.row(
            *(
                _change(item, title, pictures.labels(item, item.outcome.logits, "Top 3 with this change", 3))
                for title, item in (("Usual annotator", usual), ("Hardened annotator", hard))
            )
        ),
        why=[
            "While it learned, the hardened annotator met attacked photos again and again. Whoever is often tricked by faint "
            "textures learns to trust them less. Compare what the two annotators look at.",
            "But faint textures are real hints, too. Who trusts them less knows less about ordinary photos. Nobody has found "
            "a way to get such a protection for nothing yet.",
        ],
        looks=pictures.looked_at(
            Look(usual, was, title=f"{was}, usual annotator"), Look(hard, was, title=f"{was}, hardened annotator")
        ),
        own="Attack your photo on both annotators (the choice is under the photo). How much larger must the change be?",
        preset="gentle",
        hint="The points are the mean average precision on photos that neither annotator had seen: 100 would mean that the right "
        "photos always come first. Close with a question that has no right answer: where would you accept an annotator that can "
        "be fooled, and where not?",
    )
