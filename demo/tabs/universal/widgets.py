"""The widgets of the tab "Universal"."""

from dataclasses import dataclass

import gradio as gr

from demo.components.photo_set import PhotoSet


@dataclass(frozen=True)
class UniversalWidgets:
    """`crafted`: what z is crafted over; `tried`: what a finished z is tried on; `…_truth`: what is marked as true on uploads."""

    own: gr.State  # the last Own of `stage`, None before
    opened: gr.State  # whether the tab was opened in this visit
    crafting: gr.State  # whether a run has the stage
    tried_with: gr.State  # what the photos below were tried with, as `stage.about` has it; None before
    run: gr.Button
    stop: gr.Button
    status: gr.HTML
    stale: gr.HTML
    again: gr.Button  # beside `stale`: the same as `try_button`, which is screens away
    try_verdict: gr.HTML
    try_rows: gr.HTML
    verdict: gr.HTML
    z: gr.HTML
    rates: gr.HTML
    facts: gr.HTML
    npz: gr.DownloadButton
    png: gr.DownloadButton
    crafted: PhotoSet
    crafted_truth: gr.State
    views: gr.Checkbox
    annotator: gr.Radio
    method: gr.Radio
    k: gr.Slider
    budget: gr.Slider
    epochs: gr.Slider
    seed: gr.Number
    which: gr.Radio
    tried: PhotoSet
    tried_truth: gr.State
    try_button: gr.Button
