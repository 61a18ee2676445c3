"""What is true on the visitor's own photos, where many are taken at once: the annotator's guess, until they correct it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from demo.components.events import CHOICE, Update, plainly
from demo.components.label_toggles import NOTHING_NAMED, SWITCH, marked_true, toggles_value
from demo.components.photo_set import PhotoSet
from demo.components.theme import Html, script
from demo.engine.annotators import load_annotator, read_photo
from demo.engine.guessed_truth import CORRECT, guessed_truth
from demo.photos.public_names import photo_id
from demo.photos.selection import Marked, known, selected
from demo.render.pictures import data_uri, to_image
from demo.render.templates import fill

SMALL = (180, 135)  # pixels of the photo above its labels


def upload_truth(name: str, photos: PhotoSet, annotator: gr.Radio, k: gr.Slider, square: bool = False) -> gr.State:
    """Put the box into the current place; returns the state that holds what was marked, for `Selection.sources`.

    k: that of the attack on these photos, after which the labels have their line; square: whether it is on centre squares.
    """
    marked = gr.State({})
    with gr.Accordion(CORRECT, open=False, visible=False, elem_id=f"{name}-truth") as box:
        photo = gr.Dropdown([], label="Photo", filterable=False, elem_id=f"{name}-truth-photo")
        seen = Html("", elem_id=f"{name}-truth-seen")
        toggles = Html(
            None, html_template=SWITCH + "${value ? value.html : ''}", js_on_load=script("components/label_toggles.js"),
            elem_id=f"{name}-truth-labels", marking=NOTHING_NAMED,
        )  # fmt: skip

    def own(paths: Sequence[str] | None) -> dict[str, str]:
        """The uploads that are taken, by what they are called towards the browser."""
        return {photo_id(path): path for path in selected([], paths, {}, photos.most).uploads}

    def chosen(which: Any, there: dict[str, str]) -> str | None:
        """The photo of the menu, else the first: what the menu says may be of uploads that are gone."""
        return which if which in list(there) else next(iter(there), None)

    def shown(which: str | None, network: str, top: Any, there: dict[str, str], known_so_far: Marked) -> Any:
        """The toggles of one photo; nothing where it cannot be read, which the run says."""
        if which is None:
            return None
        try:
            photo = read_photo(there[which], network, square)
        except ValueError:
            return None
        annotator, marks = load_annotator(network), known_so_far.get(which)
        true = known(marks or (), annotator)
        said = bool(true) or marks == ()  # labels that only another annotator has say nothing here
        labels = true if said else guessed_truth(photo, annotator)
        return toggles_value(there[which], network, photo, labels, int(top), "yours" if said else "guess")

    def small(which: str | None, network: str, there: dict[str, str]) -> str:
        """The photo that the toggles are about, as the annotator is shown it."""
        if which is None:
            return ""
        try:
            photo = read_photo(there[which], network, square)
        except ValueError:
            return ""
        picture = to_image(photo.x)
        picture.thumbnail(SMALL)
        alt = f"The photo {Path(there[which]).name}"
        return fill("components/upload_truth.html", picture=data_uri(picture, lossless=False), alt=alt)

    @plainly
    def on_uploads(paths: Any, which: Any, network: str, top: Any, so_far: Marked) -> Update:
        there = own(paths)
        which = chosen(which, there)
        titles = [(Path(path).name, key) for key, path in there.items()]
        return {
            box: gr.update(visible=bool(there)),
            photo: gr.update(choices=titles, value=which),
            seen: small(which, network, there),
            toggles: shown(which, network, top, there, so_far),
            marked: {key: names for key, names in so_far.items() if key in there},
        }

    @plainly
    def on_photo(paths: Any, which: Any, network: str, top: Any, so_far: Marked) -> Update:
        there = own(paths)
        which = chosen(which, there)
        return {seen: small(which, network, there), toggles: shown(which, network, top, there, so_far)}

    @plainly
    def on_mark(paths: Any, value: Any, so_far: Marked) -> Marked:
        key = value.get("photo") if isinstance(value, dict) else None
        if not isinstance(key, str) or key not in own(paths):
            raise ValueError("This photo is no longer among those that you uploaded.")
        return {**so_far, key: marked_true(value, load_annotator(str(value.get("annotator"))))}

    @plainly
    def on_k(paths: Any, which: Any, network: str, top: Any, so_far: Marked) -> Any:
        there = own(paths)
        return shown(chosen(which, there), network, top, there, so_far)

    now = [photos.uploads, photo, annotator, k, marked]
    photos.uploads.change(on_uploads, now, [box, photo, seen, toggles, marked], **CHOICE)
    for choice in (photo, annotator):
        choice.input(on_photo, now, [seen, toggles], **CHOICE)
    k.change(on_k, now, toggles, **CHOICE)
    toggles.input(on_mark, [photos.uploads, toggles, marked], marked, **CHOICE)
    return marked
