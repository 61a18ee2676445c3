"""What "Open the tab Attack" sets up on the screen about one change for all photos: an attack that only some annotators have."""

from typing import Any

from demo.catalog.attacks import Preset, choice_of
from demo.components.events import Update
from demo.engine.recordings import recording
from demo.tabs.attack.label_picker import Naming
from demo.tabs.attack.presets import set_preset
from demo.tabs.attack.updates import choose_annotator
from demo.tabs.attack.widgets import Widgets

READY_MADE = "universal"  # the recording that the screen is made of, and what its button says


def set_ready_made(w: Widgets, path: str, toggles: Any, sample: str | None) -> Update:
    """The recording's annotator, k and attack, for which a perturbation is bundled; the photo stays the visitor's."""
    shown = recording(READY_MADE)
    if shown is None:
        return {}
    asked = shown.outcome.plan.request
    staged = choose_annotator(w, path, asked.annotator, asked.k, toggles, sample, Naming("", "best", (), asked.attack))
    preset = Preset(choice_of(asked.attack).title, asked.attack, asked.goal)
    marked, k = staged[w.toggles], staged[w.k]["value"]
    chosen = set_preset(w, preset, path, asked.annotator, k, marked["value"])
    return {**staged, **chosen, w.toggles: {**marked, **chosen[w.toggles]}, w.annotator: asked.annotator}
