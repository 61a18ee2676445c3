"""Behaviour: around every event Gradio (6.31) switches Matplotlib to a backend without a screen and back again, and imports it
for that: half a second of the first visitor's time, for a page on which no event draws with pyplot.

Here nothing is switched: figures are drawn on a canvas of their own (`export/figure.py`).
"""

from contextlib import nullcontext

from gradio import utils


def install() -> None:
    """For all events from now on."""
    utils.MatplotlibBackendMananger = nullcontext  # type: ignore[misc, assignment]  # Gradio's spelling
