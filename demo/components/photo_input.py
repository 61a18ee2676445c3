"""The box for a photo: what is uploaded is checked at once, and handed on unaltered."""

from abc import ABCMeta
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData

from demo.components.events import plain_error
from demo.photos.uploads import open_photo


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


def _preprocess(self: gr.Image, payload: ImageData | None) -> str | None:
    return checked_path(payload)


# gr.Image would re-encode some files (a re-uploaded adversarial picture must keep every level), and it answers a broken one
# with a Python error that shows paths of the server. A class, not an instance with another method, because Gradio builds a
# widget anew in a visitor's session at every update of it. ABCMeta makes the class, because Gradio's own metaclass would write a
# .pyi file into the project.
_PhotoInput: Any = ABCMeta.__new__(
    type(gr.Image), "_PhotoInput", (gr.Image,), {"preprocess": _preprocess, "is_template": True, "__module__": __name__}
)


def photo_input(**options: Any) -> gr.Image:
    """An image widget that hands over the path of the uploaded file, unaltered, or answers with one plain sentence."""
    box: gr.Image = _PhotoInput(type="filepath", format="png", image_mode=None, **options)
    return box
