"""What one tab lets other tabs see of its choices: which photo is attacked, what is true on it, k and the annotator."""

from dataclasses import dataclass
from typing import Any

import gradio as gr


@dataclass(frozen=True)
class EntryWidgets:
    """The widgets that say it. `toggles` holds the true labels, `named` the labels that the goal names."""

    photo: gr.State
    annotator: gr.Radio
    k: gr.Slider
    toggles: gr.HTML
    named: gr.Dropdown

    @property
    def all(self) -> list[Any]:
        """In the order in which events hand over their contents."""
        return [self.photo, self.annotator, self.k, self.toggles, self.named]

    @property
    def values(self) -> list[Any]:
        """Their contents on arrival, in the same order."""
        return [widget.value for widget in self.all]
