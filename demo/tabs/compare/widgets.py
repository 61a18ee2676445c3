"""The widgets of the tab "Compare"."""

from dataclasses import dataclass
from typing import Any

import gradio as gr


@dataclass(frozen=True)
class CompareWidgets:
    """The tab's widgets; `about` holds the ComparisonRequest that the shown results are about."""

    run: gr.Button
    stop: gr.Button
    status: gr.HTML
    stale: gr.HTML
    strip: gr.HTML
    change: gr.Button
    goal: gr.Radio
    methods: gr.CheckboxGroup
    max_steps: gr.Slider
    seed: gr.Number
    about: gr.State
    words: gr.HTML
    columns: list[gr.HTML]
    table: gr.HTML
    file: gr.DownloadButton

    @property
    def choices(self) -> list[Any]:
        """What is chosen here, in the order in which events hand it over."""
        return [self.goal, self.methods, self.max_steps, self.seed]
