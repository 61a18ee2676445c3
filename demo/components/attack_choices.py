"""What one tab lets other tabs see of its choices: which photo is attacked, what is true on it, k, annotator and settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.catalog import attacks as catalog


@dataclass(frozen=True)
class EntryWidgets:
    """The widgets that say it. `toggles` holds the true labels, `named` the labels that the goal names.

    `attack` is the one that `score_space` and `settings`, by the names of catalog.attacks.SETTINGS, are about; `case` says how
    targets are found.
    """

    photo: gr.State
    annotator: gr.Radio
    k: gr.Slider
    toggles: gr.HTML
    named: gr.Dropdown
    attack: gr.Dropdown
    score_space: gr.Radio
    settings: dict[str, gr.Textbox]
    goal: gr.Radio
    case: gr.Radio
    max_steps: gr.Slider
    seed: gr.Number

    @property
    def wish(self) -> list[Any]:
        """What else is chosen there, for tabs that have choices of their own for it."""
        return [self.attack, self.goal, self.case, self.max_steps, self.seed]

    @property
    def all(self) -> list[Any]:
        """In the order in which events hand over their contents."""
        return [
            self.photo, self.annotator, self.k, self.toggles, self.named, self.attack, self.score_space,
            *self.settings.values(),
        ]  # fmt: skip

    @property
    def values(self) -> list[Any]:
        """Their contents on arrival, in the same order."""
        return [widget.value for widget in self.all]


def number(label: str, text: Any) -> float | None:
    """A number from a text field; None, the attack's default, where it is empty."""
    if text is None or not str(text).strip():
        return None
    try:
        return float(str(text).strip().replace(",", "."))
    except ValueError:
        raise ValueError(f"{label} must be a number such as 0.1, or empty; got {text!r:.200}.") from None


def typed_settings(attack: str, score_space: str, fields: Sequence[Any]) -> dict[str, Any]:
    """What an attack is to be run with; `fields` are the contents of the settings' fields, in the order of SETTINGS.

    What was typed for another attack is out of sight, and out of the run.
    """
    known = catalog.setting_names(attack)
    settings: dict[str, Any] = {
        name: number(setting.label, text)
        for (name, setting), text in zip(catalog.SETTINGS.items(), fields, strict=True)
        if name in known
    }
    if settings.get("confidence", 0.0) is None:
        settings["confidence"] = catalog.page_confidence(attack)
    settings["score_space"] = score_space
    return settings
