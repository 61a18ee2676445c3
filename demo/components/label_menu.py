"""A menu of labels. What is typed chooses among them (Enter takes the first that fits); the plan checks what arrives.

A click that overtakes an update brings labels of the choices before it, which gr.Dropdown refuses in words for programmers. With
its `allow_custom_value` it takes them, but also whatever was typed, and of that Gradio (6.31) tells nobody.
"""

import gradio as gr

from demo.gradio_patches.no_stub_files import component

LabelMenu = component(
    "LabelMenu",
    gr.Dropdown,
    preprocess=lambda self, payload: payload,
    _warn_if_invalid_choice=lambda self, value: None,
)
