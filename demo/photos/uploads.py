"""Files from strangers: what may come in, and a plain sentence for whatever may not."""

import re
import unicodedata
from abc import ABCMeta
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from PIL import Image

from tkml_core import photo_files

MAX_FILE_SIZE = "20mb"
GONE = "This picture is no longer on the server. Please choose it again."


def open_photo(path: str | Path) -> Image.Image:
    """`tk.open_photo`, where a file that is gone is a ValueError too: uploads are kept for a while only."""
    try:
        return photo_files.open_photo(path)
    except FileNotFoundError as error:
        raise ValueError(GONE) from error


def file_word(path: str | Path) -> str:
    """What a picture's file is called, in lower-case letters and digits that go into any file's name; "photo" if in none."""
    plain = unicodedata.normalize("NFKD", Path(path).stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-") or "photo"


def plain_error(message: str) -> gr.Error:
    """What the visitor reads when something is wrong; `message` may quote their input, so it is escaped."""
    return gr.Error(escape(message, quote=False), title="That did not work", print_exception=False)


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
