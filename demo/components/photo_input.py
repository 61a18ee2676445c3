"""The box for a photo: what is uploaded is checked at once, and handed on unaltered."""

from typing import Any

import gradio as gr
from gradio.data_classes import ImageData

from demo.components.events import plain_error
from demo.components.theme import Html, script
from demo.gradio_patches.unaltered_image import unaltered_image
from demo.photos.uploads import open_photo

# What another tab says that leads here, where a photo of the visitor's is on the stage already
YOURS_IS_IN = "Your photo is in: press Attack, or put in another."


def checked_path(payload: ImageData | None) -> str | None:
    """The path of an uploaded picture that can be read; None where nothing was uploaded."""
    if payload is None:
        return None
    if not payload.path:
        raise plain_error("The picture did not arrive as a file. Please upload it as a file.")
    try:
        open_photo(payload.path)
    except ValueError as error:
        raise plain_error(str(error)) from None
    return payload.path


_Image = unaltered_image(checked_path)


def photo_note() -> gr.HTML:
    """Where it is said what the box is waiting for, and that of several files dropped at once the first is taken."""
    note = '<p class="hint" role="status" hidden></p>'
    return Html(note, js_on_load=script("components/photo_input.js"), elem_id="photo-note")


def photo_input(**options: Any) -> gr.Image:
    """An image widget that hands over the path of the uploaded file, unaltered, or answers with one plain sentence."""
    box: gr.Image = _Image(type="filepath", format="png", image_mode=None, **options)
    return box
