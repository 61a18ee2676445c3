"""Behaviour: `gr.Image` decodes an uploaded file and saves some kinds anew (gradio-app/gradio#8412), and answers a broken file
with a Python error that shows paths of the server.

Here the upload's own path is handed over: an adversarial picture that is uploaded again must keep every level.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData

from demo.gradio_patches.no_stub_files import component


def unaltered_image(checked_path: Callable[[ImageData | None], str | None]) -> Any:
    """A class of image widgets whose value is what `checked_path` makes of the upload.

    A class, not an instance with another method, because Gradio builds a widget anew in a visitor's session at every
    update of it.
    """
    return component("UnalteredImage", gr.Image, preprocess=lambda self, payload: checked_path(payload))
