"""The widgets of the tab "Attack", and what is in them at the start, without layout or behaviour."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.tabs.attack import downloads
from demo.tabs.attack.stage import View

DEFAULT_K = 3


@dataclass(frozen=True)
class Widgets:
    """Every widget that some handler reads or writes."""

    attack_button: gr.Button
    stop_button: gr.Button
    status: gr.HTML
    verdict: gr.HTML
    before: gr.HTML
    change: gr.HTML
    after: gr.HTML
    amplifier: gr.HTML
    replay: gr.HTML
    race: gr.HTML
    table: gr.HTML
    png: gr.DownloadButton
    report: gr.DownloadButton
    away: downloads.TakeAway
    real_button: gr.Button
    real: gr.HTML
    annotator: gr.Radio
    photo: gr.Image
    samples: gr.HTML
    chips: gr.HTML
    presets: dict[str, gr.Button]  # by the names of menu.PRESETS
    attack: gr.Dropdown
    goal: gr.Radio
    k: gr.Slider
    case: gr.Radio
    chosen: gr.Dropdown
    advanced: gr.Accordion
    max_steps: gr.Slider
    settings: dict[str, gr.Textbox]  # by the names of menu.SETTINGS
    score_space: gr.Radio
    seed: gr.Number


@dataclass(frozen=True)
class Start:
    """What the page shows on arrival: a sample, and a finished run on it."""

    sample: str
    annotator: str
    photo: str
    chips: dict[str, Any]
    view: View
    files: tuple[str, str, str]  # adversarial PNG, report and exact data
