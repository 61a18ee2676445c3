"""Behaviour: `gr.Image` decodes an uploaded file and saves some kinds anew (gradio-app/gradio#8412), and answers a broken file
with a Python error that shows paths of the server.

Here the upload's own path is handed over: an adversarial picture that is uploaded again must keep every level.
"""

from abc import ABCMeta
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData


def unaltered_image(checked_path: Callable[[ImageData | None], str | None]) -> Any:
    """A class of image widgets whose value is what `checked_path` makes of the upload.

    A class, not an instance with another method, because Gradio builds a widget anew in a visitor's session at every
    update of it. `type(gr.Image)`, Gradio's metaclass, writes a stub file (.pyi) beside every class that it makes, here
    into the project (`create_or_modify_pyi`, gradio-app/gradio#10121); so ABCMeta, its base, makes this one.
    """
    own = {
        "preprocess": lambda self, payload: checked_path(payload),
        "is_template": True,  # to the browser it is an ordinary gr.Image
        "__module__": __name__,
    }
    return ABCMeta.__new__(type(gr.Image), "UnalteredImage", (gr.Image,), own)
