"""Screen 5: one and the same change for every photo."""

from typing import Any

from demo.catalog.english import listed
from demo.engine.recordings import Recording, recording, sample_photo
from demo.photos.samples import sample
from demo.render.pictures import to_image
from demo.tabs.lesson import pictures
from demo.tabs.lesson.screen import Answer, Screen

MOST_PHOTOS = 6


def photos(shown: Recording) -> list[dict[str, Any]]:
    """Those of the recorded photos whose best label is right before, so that something can be lost."""
    rows = [row for row in shown.notes["others"] if row["before"][0][0] in row["true"]]
    return rows[:MOST_PHOTOS]


def lost(row: dict[str, Any]) -> bool:
    """Whether the best label is no longer a true one."""
    return row["after"][0][0] not in row["true"]


def _photo(shown: Recording, row: dict[str, Any]) -> str:
    annotator = shown.outcome.plan.annotator
    image = to_image(sample_photo(row["sample"], annotator, square=True).x)
    title = sample(row["sample"]).title
    sign = "gone" if lost(row) else "still right"
    below = (
        f'<p class="was"><span class="sign {"lost" if lost(row) else "kept"}">{sign}</span> {row["before"][0][0]} → '
        f"<strong>{row['after'][0][0]}</strong></p>"
    )
    return pictures.picture(image, title, "", below)


def screen() -> Screen | None:
    shown = recording("universal")
    if shown is None:
        return None
    rows = photos(shown)
    count, all_of_them = sum(map(lost, rows)), len(rows)
    third = max(all_of_them // 3, 1)
    ranges = [(0, third), (third + 1, all_of_them - 2), (all_of_them - 1, all_of_them)]
    words = [
        f"{low} or {high}" if high == low + 1 else f"{low} to {high}" if high > low else f"{low}"
        for low, high in ranges
    ]
    first = recording("one-label")
    asked = shown.outcome.plan.request.annotator
    another = (
        " Another annotator is asked this time." if first and first.outcome.plan.request.annotator != asked else ""
    )
    linf = shown.outcome.report["linf"]
    squares = [to_image(sample_photo(row["sample"], shown.outcome.plan.annotator, square=True).x) for row in rows]
    return Screen(
        key="universal",
        title="One change for all photos",
        minutes=3,
        intro="So far every photo got a change of its own. Here is one that was made beforehand, with the help of many other "
        f"photos. It is now simply added to these {all_of_them}; none of them was used to make it.{another}",
        see=pictures.row(pictures.change(shown))
        + f'<div class="photos">{"".join(pictures.picture(image, "A photo, as it was") for image in squares)}</div>',
        question="On how many of them will the best label be wrong afterwards?",
        answers=[Answer(word, right=low <= count <= high) for word, (low, high) in zip(words, ranges, strict=True)],
        told=[
            f"On {count} of {all_of_them}. The change is stronger than the earlier ones (up to {linf:.0f} of 255 steps), because "
            "it cannot adapt to a photo. It takes no computation any more: whoever has it can add it to any photo."
        ],
        shown=f'<div class="photos">{"".join(_photo(shown, row) for row in rows)}</div>',
        why=[
            "The weak spots do not belong to a photo, they belong to the annotator: it listens to certain textures wherever they "
            "turn up.",
            "So one pattern of such textures can drown out very different photos. It does not always work, and it tells us "
            "something about the annotator itself.",
        ],
        looks=pictures.looked_at(shown, [name for name, _ in shown.outcome.report["after"]], "after"),
        own="In the tab Attack choose the attack “One change for every photo”, for your photo. In the tab Universal you can make "
        "such a change yourself.",
        hint=f"The photos where it failed are as instructive as the others. Right before: "
        f"{listed([sample(row['sample']).title for row in rows], 8)}.",
    )
