"""What a visitor marks as true on photos of their own: as a browser says it, and as it is kept from photo to photo."""

from dataclasses import replace
from itertools import islice
from typing import Any

import tkml_core as tk
from demo.photos.public_names import UPLOAD
from demo.photos.selection import LONGEST_LABEL, MOST_NAMED
from demo.photos.uploads import GONE
from demo.tabs.attack.first_ticks import carried
from demo.tabs.attack.session import Own, OwnPhoto


def marked(own: Own, toggles: Any) -> Own:
    """The visitor's photos, the one that the toggles are about with what is marked on it."""
    if not isinstance(toggles, dict) or toggles.get("origin") != "yours":
        return own
    marks = marks_read(toggles.get("truth"), toggles.get("annotator"))
    return tuple(replace(one, **marks) if one.name == toggles.get("photo") else one for one in own)


def marks_read(truth: Any, annotator: Any) -> dict[str, Any]:
    """What a browser says is marked, cut to a size that can be kept, as an OwnPhoto has it."""
    listed = truth if isinstance(truth, list) else []
    true = tuple(str(name)[:LONGEST_LABEL] for name in islice(listed, MOST_NAMED))
    return {"true": true, "annotator": str(annotator or "")[:LONGEST_LABEL]}


def own_photo(own: Own, name: str) -> OwnPhoto | None:
    """The visitor's photo that the browser calls so; None for a sample. ValueError where it is no longer kept."""
    found = next((one for one in own if one.name == name), None)
    if found is None and name.startswith(UPLOAD):
        raise ValueError(GONE)
    return found


def marks_of(own: OwnPhoto, annotator: tk.Annotator) -> tuple[str, ...] | None:
    """What a visitor marked on a photo of theirs, in this annotator's labels; None where its guess is to be ticked."""
    return None if own.true is None else carried(own.true, own.annotator, annotator)
