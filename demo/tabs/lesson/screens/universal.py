"""Screen 5: one and the same change for every photo, beside random noise of the same size."""

from typing import Any

from markupsafe import Markup

import tkml_core as tk
from demo.engine.recordings import Recording, recording, sample_photo
from demo.photos.samples import sample
from demo.render.labels import percent
from demo.render.pictures import to_image
from demo.render.templates import piece
from demo.tabs.lesson import pictures
from demo.tabs.lesson.pictures import Bar, Look
from demo.tabs.lesson.screen import Answer, Screen

PIECES = "tabs/lesson/screens/universal.html"
MOST_PHOTOS = 6
AMPLIFY = 4  # the change is so strong that more would only show black and white
STRONG = Markup('<p class="hint">Drawn 4 times as strong, not 20: it is strong already.</p>')


def photos(shown: Recording) -> list[dict[str, Any]]:
    """Those of the recorded photos whose best label is right before, so that something can be lost."""
    rows = [row for row in shown.notes["others"] if row["before"][0][0] in row["true"]]
    return rows[:MOST_PHOTOS]


def lost(row: dict[str, Any], what: str = "after") -> bool:
    """Whether the best label is no longer a true one, "after" the change or with "noise" in its place."""
    return row[what][0][0] not in row["true"]


def _photo(shown: Recording, row: dict[str, Any], changed: bool) -> Markup:
    """A photo as it was, or with the change and what it is called now."""
    x = sample_photo(row["sample"], shown.outcome.plan.annotator, square=True).x
    title = sample(row["sample"]).title
    if not changed:
        return pictures.picture(to_image(x), f"{title}, as it was")
    z = shown.outcome.plan.attack.z.to(x)  # type: ignore[attr-defined]
    called, sure = row["after"][0]
    below = piece(PIECES, "called", before=row["before"][0][0], after=called, sure=percent(sure), lost=lost(row))
    return pictures.picture(to_image(tk.quantize((x + z).clamp(0, 1))), f"{title}, changed", below=below)


def unsure(rows: list[dict[str, Any]]) -> list[str]:
    """What the change did to how sure the annotator is, where that is less than half for every photo's best label."""
    before, after = (max(row[what][0][1] for row in rows) for what in ("before", "after"))
    if after >= 0.5:
        return []
    return [
        f"On all {len(rows)} the annotator is unsure: of no label is it more than {percent(after)} sure now. Before, it was up "
        f"to {percent(before)}. What stands on top counts as its answer all the same."
    ]


def _grid(*parts: Markup) -> Markup:
    return piece(PIECES, "grid", parts=parts)


def told(fooled: int, by_noise: int, of: int, size: str) -> list[str]:
    """What came out, in words that are true for any number of photos."""
    noise = f"{by_noise} of {of}" if by_noise else "none"
    point = (
        "So at the same size it is the pattern that counts."
        if by_noise < fooled
        else "So on these photos it did no better than noise."
    )
    return [
        f"With one change, made without these photos, {fooled} of {of} have a wrong label on top. With random noise of the "
        f"same size it is {noise}. {point}",
        f"The change is also much larger than those before, as it has to work without knowing the photo: {size}. Look closely, "
        "and you see it as a grain. But whoever has it can add it to any photo, without calculating anything.",
    ]


def screen() -> Screen | None:
    shown = recording("universal")
    if shown is None:
        return None
    rows = photos(shown)
    of, fooled, by_noise = len(rows), sum(map(lost, rows)), sum(lost(row, "noise") for row in rows)
    ranges = [(0, 0), *((low, min(low + 1, of)) for low in range(1, of + 1, 2))]
    words = ["None", *(f"{low} or {high}" if high > low else f"{low}" for low, high in ranges[1:])]
    first = recording("one-label")
    earlier = f", on screen 2 it was {pictures.size(first)}" if first else ""
    size = f"its size is {pictures.size(shown)}{earlier}"
    asked = shown.outcome.plan.request.annotator
    another = first is not None and first.outcome.plan.request.annotator != asked
    words_differ = " (it calls a motorbike a motorcycle)" if "motorcycle" in shown.outcome.plan.annotator.labels else ""
    answers = f"; another annotator answers here, for which such a change is ready{words_differ}" if another else ""
    for_you = " The next screen asks the usual annotator again." if another else ""
    return Screen(
        key="universal",
        title="One change for all photos",
        minutes=3,
        intro="So far every photo got a change of its own. This one was made beforehand, with many photos but none of these "
        f"{of}. Now it is simply added to them{answers}.",
        see=_grid(pictures.change(shown, AMPLIFY, below=STRONG), *(_photo(shown, row, changed=False) for row in rows)),
        question=f"How many of these {of} photos will have a wrong label on top afterwards?",
        answers=[Answer(word, right=low <= fooled <= high) for word, (low, high) in zip(words, ranges, strict=True)],
        told=[*told(fooled, by_noise, of, size), *unsure(rows)],
        shown=pictures.bars(
            Bar("This one change", f"{fooled} of {of} wrong", fooled / of),
            Bar("Random noise, same size", f"{by_noise} of {of} wrong", by_noise / of),
        )
        + _grid(*(_photo(shown, row, changed=True) for row in rows)),
        why=[
            "The weak spots do not belong to one photo, they belong to the annotator: it listens to certain textures, wherever "
            "they turn up.",
            "So one pattern of such textures can drown out what is really there, in photos of very different things. How often "
            f"it works differs from annotator to annotator. Here it was {fooled} times in {of}.",
        ],
        looks=pictures.looked_at(*(Look(shown, name, "after") for name, _ in shown.outcome.report["after"])),
        own="“One change for every photo” adds this very change to your photo. In the tab Universal you can make such a change "
        "yourself.",
        exercise="universal",
        hint=(
            "A photo that kept a right label is as instructive as the others: let the class look for what is different about it."
            if fooled < of
            else "Ask where somebody could put such a change so that every photo has it: on the camera’s lens, for example."
        )
        + for_you,
    )
