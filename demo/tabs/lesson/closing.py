"""What the lesson ends with: sentences to take home, a question that has no right answer, and what to do next."""

from collections.abc import Collection, Iterable

TITLE = "What to take home"
QUESTION = "To talk about"
ASKED = "Where would you accept a machine that can be fooled, and where not?"
NEXT = "What now?"
TRY = "Attack a photo of your own, or read how such a change is calculated."
EXERCISE = "gentle"  # the one of `exercise_of` that goes with it

# (keys of the screens that show it, words)
SENTENCES: tuple[tuple[Collection[str], str], ...] = (
    (("guess",), "A machine that names things in photos adds up numbers. It does not look as we do."),
    (
        ("flip", "noise"),
        "Made for one photo, a change can be too small to see and turn its answer round all the same. Random noise of that size "
        "did not: the change has to be worked out.",
    ),
    (
        ("plant", "universal"),
        "Nothing in the photo has to look like the wrong label. And one change can serve for many photos, but it is larger, and "
        "can be seen as a grain.",
    ),
    (("jpeg",), "Whether a protection works shows only when somebody who knows it tries to get past it."),
    (("hardened",), "Hardening makes an attack harder, not impossible, and it is not free."),
)


def sentences(keys: Iterable[str]) -> list[str]:
    """Those that the screens with these keys have shown."""
    there = set(keys)
    return [words for shown_by, words in SENTENCES if there.issuperset(shown_by)]
