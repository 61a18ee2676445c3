"""What a visitor marked, in the labels of another annotator, and what they read where nothing is ticked."""

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

import tkml_core as tk
from demo.catalog.labels import written
from demo.engine.annotators import Photo, load_annotator
from demo.photos.selection import known
from demo.render.labels import percent, scored
from tkml_core.zoo.registry import entry_of

HERE = Markup('<a href="#choose-truth">Mark what is true</a>')
NOTHING_FOUND = Markup(
    "{} finds none of its {} labels in this photo (nearest: {}, {}). If one is there all the same, tick it under "
    f"{HERE}"
)
MORE = Markup('. <button type="button" class="tool more-labels" data-annotator="{}">Try {} labels</button>')
OTHERWISE = Markup("; else try a photo of something it knows, or a sample.")


def carried(marked: Iterable[Any], of: Any, annotator: tk.Annotator) -> tuple[str, ...] | None:
    """What a visitor marked with the labels of the annotator called `of`, in those of another, or the same one.

    Empty where they said that none is there; None where nothing is left and this one knows labels that they were not shown.
    """
    true = known(marked, annotator)
    if true:
        return true
    try:
        shown = known(annotator.labels, load_annotator(of)) if isinstance(of, str) else ()
    except ValueError:  # a browser may send any name
        return None
    return () if len(shown) == len(annotator.labels) else None


def nothing_found(name: str, annotator: tk.Annotator, photo: Photo) -> Markup:
    """What a visitor reads where nothing is ticked, with a button for an annotator that knows more labels, if there is one."""
    nearest = scored(annotator, photo.logits)[0]
    words = NOTHING_FOUND.format(name, len(annotator.labels), written(nearest.name), percent(nearest.probability))
    more = _more_labels(name)
    return words + (MORE.format(more, len(entry_of(more).labels)) if more else OTHERWISE)


def _more_labels(name: str) -> str | None:
    """The annotator of the same kind that knows the most labels, if more than this one."""
    own = entry_of(name)
    able = [other for other in tk.available() if entry_of(other).kind == own.kind]
    most = max(able, key=lambda other: len(entry_of(other).labels), default=name)
    return most if len(entry_of(most).labels) > len(own.labels) else None
