"""A switch between light and dark at the page's foot. Gradio's own, in its Settings, reloads the page."""

import gradio as gr

from demo.components.theme import Html, script

SCRIPT = script("components/dark_switch.js")  # in the page's head, so that what was chosen is there from the start
BUTTON = '<button type="button" id="dark-switch" role="switch" aria-checked="false">Dark page</button>'


def lay_out() -> gr.HTML:
    """Put the switch where the layout is now."""
    return Html(BUTTON, elem_id="dark-switch-row")
