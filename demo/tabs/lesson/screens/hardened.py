"""Screen 7: an annotator that was trained on attacked photos: what it gains, and what it pays."""

from collections.abc import Mapping
from math import log
from pathlib import Path
from typing import Any

from demo.catalog.attacks import annotator_words
from demo.engine.recordings import recording
from demo.tabs.lesson import pictures
from demo.tabs.lesson.pictures import Bar, Look
from demo.tabs.lesson.screen import Answer, Screen

TRANSFER = Path(__file__).resolve().parents[4] / "assets" / "measured" / "transfer.md"
COLUMNS = 8  # of its table of how hard each annotator is to fool
# How many times as large the change may have to be: what one answers
ANSWERS = {
    1: "As large",
    2: "Twice as large",
    3: "Three times as large",
    5: "Five times as large",
    10: "Ten times as large",
}
COMPARE = "Compare what the two annotators look at."
WHERE = "The pictures say where they look, not how much a faint texture counts there."
# What is seen in the two pictures of a sample
SEEN = {"cat": "Both depend on the eyes. The nose glows for the usual annotator, and hardly for the hardened one."}
# Up to how many times it is what
JUDGED = (
    (1.2, "So here hardening did not help."),
    (1.6, "That is a gain, but a small one."),
    (3.5, "That is a clear gain."),
    (float("inf"), "That is a great gain."),
)


def gain(times: float) -> tuple[str, str]:
    """The answer that comes closest, as a ratio, for a change `times` as large, and a sentence that judges it."""
    closest = min(ANSWERS, key=lambda named: abs(log(times / named)))
    return ANSWERS[closest], next(judged for most, judged in JUDGED if times <= most)


def price(scores: Mapping[str, Any], was: str, sure: tuple[str, str]) -> tuple[str, bool]:
    """What hardening cost on ordinary photos, and whether it did; measured on many photos, or else seen on this one."""
    if not scores:
        return (
            f"On the photo that nobody attacked, it is {sure[1]} sure of {was}; the usual one is {sure[0]} sure.",
            False,
        )
    usual, hard = (round(100 * scores[which]["top-1"]) for which in ("usual", "hardened"))
    measured = (
        f"On ordinary photos, which nobody attacked, its label on top is right {hard} times in 100, that of the usual "
        f"annotator {usual} times."
    )
    return (f"The price: {measured[0].lower()}{measured[1:]}", True) if hard < usual else (measured, False)


def measured_on(scores: Mapping[str, Any]) -> str:
    """For the teacher: the photos behind the price, and the usual measure of the field; "" where it was not measured."""
    if not scores:
        return ""
    usual, hard = (scores[which]["mAP"] for which in ("usual", "hardened"))
    return (
        f"What is right on top was counted on {scores['photos']} photos that neither annotator had seen. The usual measure "
        f"looks at all labels and not only at the one on top: mean average precision (mAP), which is {usual:.3f} for the usual "
        f"and {hard:.3f} for the hardened annotator, where 1 is perfect. "
    )


def elsewhere(fooled: str) -> str:
    """For the teacher: the same ratio on other photos, as it was measured; "" where it was not."""
    lines = [line.strip("|").split("|") for line in TRANSFER.read_text(encoding="utf-8").splitlines()]
    row = next(
        (row for row in lines if [cell.strip() for cell in row[:2]] == [fooled, "MinNorm"] and len(row) == COLUMNS),
        None,
    )
    if row is None:
        return ""
    photos, times = row[2].strip(), row[6].strip()
    return f"On {photos} other photos, where all true labels had to leave the top 3, the median was {times} times as large. "


def screen() -> Screen | None:
    usual, hard = recording("one-label"), recording("hardened")
    if usual is None or hard is None:
        return None
    first, second = usual.outcome, hard.outcome
    times = round(second.report["l2"] / first.report["l2"], 1)
    right, judged = gain(times)
    was = pictures.best(usual, first.plan.photo.logits)
    of_usual, of_hard = (pictures.sure(item, item.outcome.plan.photo.logits, was) for item in (usual, hard))
    scores = hard.notes.get("price", {})
    one, other = (annotator_words(item.outcome.plan.request.annotator) for item in (usual, hard))
    drawn = pictures.strength(usual)  # both as strong, to be compared
    cost, costs = price(scores, was, (of_usual, of_hard))
    return Screen(
        key="hardened",
        title="Hardened, at a price" if costs else "A hardened annotator",
        minutes=3,
        intro="The defence that has held best: attack the annotator while it learns, and let it learn from the attacked "
        "photos, too. Such an annotator is called hardened. Here are a photo and the smallest change found that fools the usual "
        "one.",
        see=pictures.row(
            pictures.picture(pictures.original(usual), "The photo", "The photo"),
            pictures.change(usual, drawn, "Enough to fool the usual annotator", pictures.NOTHING),
        ),
        question="About how large must the change be to fool the hardened annotator?",
        answers=[Answer(answer, answer == right) for answer in ANSWERS.values()],
        told=[
            f"On this photo it must be about {times:.2g} times as large. {judged} {cost}",
            "And better is not safe: a change that is large enough fools it, too.",
        ],
        shown=pictures.bars(
            Bar("Usual annotator", pictures.size(usual), 1 / max(times, 1)),
            Bar("Hardened annotator", pictures.size(hard), times / max(times, 1)),
        )
        + pictures.row(
            *(
                pictures.change(
                    item, drawn, title, pictures.labels(item, item.outcome.logits, "Top 3 with this change", 3)
                )
                for title, item in (("Usual annotator", usual), ("Hardened annotator", hard))
            )
        ),
        why=[
            "While it learned, the hardened annotator met attacked photos again and again. Whoever is often tricked by faint "
            "textures learns to trust them less.",
            f"{SEEN.get(hard.sample, COMPARE)} {WHERE}",
            "But faint textures are real hints, too. Who trusts them less knows less about ordinary photos. Nobody has found "
            "a way to get such a protection for nothing yet.",
        ],
        looks=pictures.looked_at(
            Look(usual, was, title=f"What counts for {was}: usual annotator"),
            Look(hard, was, title=f"What counts for {was}: hardened annotator"),
        ),
        own=f"Attack your photo on both annotators, “{one}” and “{other}” (below the photo, at “Annotator”). How many "
        "times as large is the “most at one pixel”?",
        exercise="both",
        hint=f"{elsewhere(second.plan.request.annotator)}{measured_on(scores)}"
        "“Next” leads to what to take home, and to a question that has no right answer.",
    )
