"""What a visitor marked, in the labels of another annotator, and what they read where nothing is ticked."""

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup, escape

import tkml_core as tk
from demo.catalog.labels import written
from demo.components.label_toggles import MARK_FIRST, NO_ATTACK_YET, NONE_MARKED, OR_ANOTHER
from demo.engine.annotators import Photo, load_annotator
from demo.engine.guessed_truth import guessed_truth
from demo.photos.selection import known
from demo.render.labels import percent, scored
from tkml_core.zoo.registry import entry_of

HERE = Markup('<a href="#choose-truth">{}</a>').format(MARK_FIRST)
NOTHING_FOUND = "{} finds none of its {} labels in this photo (nearest: {}, {})"
WAYS = Markup(
    '<span class="unpresented">{}{}</span>'
    '<span class="when-presented">To mark what is true, leave Present (Esc).</span>'
).format(HERE, OR_ANOTHER)
MORE = Markup(' <button type="button" class="tool more-labels" data-annotator="{}">Try {}</button>')


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


def nothing_ticked(name: str, annotator: tk.Annotator, photo: Photo) -> Markup:
    """What stands in the verdict's place while nothing is ticked, whatever is pressed: why, and what can be done.

    With a button for an annotator that may find more, if there is one.
    """
    why, other = NONE_MARKED, _other(name)
    if not guessed_truth(photo, annotator):
        nearest = scored(annotator, photo.logits)[0]
        why = NOTHING_FOUND.format(name, len(annotator.labels), written(nearest.name), percent(nearest.probability))
    words = escape(f"{why}{NO_ATTACK_YET}") + WAYS
    return words + MORE.format(*other) if other else words


def first_of_all(name: str) -> str:
    """The same in short, in the attacked photo's place."""
    other = _other(name)
    return "First mark what is true" + (f", or try {other[1]}." if other else ".")


def _other(name: str) -> tuple[str, str] | None:
    """The annotator that may find more, and what to call it: of the same kind with the most labels, if more than this one
    has; else the usual network with as many, as a hardened or a smaller one misses more.
    """
    own = entry_of(name)
    for kind, least in ((own.kind, len(own.labels) + 1), ("", len(own.labels))):
        able = [other for other in tk.available() if entry_of(other).kind == kind and other != name]
        most = max(able, key=lambda other: len(entry_of(other).labels), default=name)
        if most != name and len(entry_of(most).labels) >= least:
            return most, f"{len(entry_of(most).labels)} labels" if kind == own.kind else most
    return None
