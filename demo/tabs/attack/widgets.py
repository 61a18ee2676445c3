"""The widgets of the tab "Attack", and what is in them at the start, without layout or behaviour."""

from dataclasses import dataclass

import gradio as gr

from demo.tabs.attack.downloads import Downloads


@dataclass(frozen=True)
class Widgets:
    """Every widget that some handler reads or writes."""

    attack_button: gr.Button
    stop_button: gr.Button
    smaller_button: gr.Button
    status: gr.HTML
    verdict: gr.HTML
    share: gr.HTML
    before: gr.HTML
    change: gr.HTML
    after: gr.HTML
    amplifier: gr.HTML
    replay: gr.HTML
    race: gr.HTML
    table: gr.HTML
    png: gr.DownloadButton
    report: gr.DownloadButton
    downloads: Downloads
    robustness_button: gr.Button
    robustness: gr.HTML
    annotator: gr.Radio
    photo: gr.Image
    samples: gr.HTML
    toggles: gr.HTML
    presets: dict[str, gr.Button]  # by the names of catalog.attacks.PRESETS
    attack: gr.Dropdown
    goal: gr.Radio
    k: gr.Slider
    counted: gr.Number  # what the server last counted k to be, while it follows the ticks
    moved: gr.HTML  # how often the visitor has moved k: typed_k.py
    case: gr.Radio
    easiest: gr.Button
    chosen: gr.Dropdown
    advanced: gr.Accordion
    max_steps: gr.Slider
    settings: dict[str, gr.Textbox]  # by the names of catalog.attacks.SETTINGS
    score_space: gr.Radio
    seed: gr.Number
