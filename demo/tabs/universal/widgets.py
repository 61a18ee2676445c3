"""The widgets of the tab "Universal"."""

from dataclasses import dataclass

import gradio as gr


@dataclass(frozen=True)
class UniversalWidgets:
    """`set_…`: what z is crafted over; `try_…`: what a finished z is tried on."""

    made: gr.State  # the last Made, None before
    opened: gr.State  # whether the tab was opened in this visit
    run: gr.Button
    stop: gr.Button
    status: gr.HTML
    try_verdict: gr.HTML
    try_rows: gr.HTML
    verdict: gr.HTML
    z: gr.HTML
    rates: gr.HTML
    facts: gr.HTML
    npz: gr.DownloadButton
    png: gr.DownloadButton
    set_samples: gr.CheckboxGroup
    set_uploads: gr.File
    views: gr.Checkbox
    annotator: gr.Radio
    method: gr.Radio
    k: gr.Slider
    budget: gr.Slider
    epochs: gr.Slider
    seed: gr.Number
    which: gr.Radio
    try_samples: gr.CheckboxGroup
    try_uploads: gr.File
    try_button: gr.Button
