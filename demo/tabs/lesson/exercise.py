"""What a screen's exercise with a photo of one's own chooses on the tab Attack, and how that is said."""

from typing import Any

from demo.catalog.attacks import PRESETS, Preset, choice_of
from demo.components.events import Update
from demo.engine.recordings import recording
from demo.render.verdict import waiting_html
from demo.tabs.attack.label_picker import Naming
from demo.tabs.attack.presets import set_preset
from demo.tabs.attack.updates import choose_annotator
from demo.tabs.attack.widgets import Widgets

READY_MADE = (
    "universal"  # the exercise with a recording's attack, which only some annotators have, and what it is called
)


def preset_of(name: str) -> Preset | None:
    """The choice that an exercise begins with; None where it needs none."""
    shown = recording(READY_MADE) if name == READY_MADE else None
    if shown is None:
        return PRESETS.get(name)
    asked = shown.outcome.plan.request
    return Preset(choice_of(asked.attack).title, asked.attack, asked.goal)


def chosen_words(name: str) -> str:
    """What is chosen for the visitor: "“Fool it gently” is chosen"; "" where nothing is."""
    preset, shown = preset_of(name), recording(READY_MADE)
    if preset is None:
        return ""
    made_for = f" and the annotator it was made for, {shown.outcome.plan.request.annotator}," if shown else ""
    return f"“{preset.title}”{made_for} are chosen" if name == READY_MADE else f"“{preset.title}” is chosen"


def photo_words(name: str) -> str:
    """What stands at the box for photos when the exercise leads there."""
    chosen = chosen_words(name)
    return (
        f"From the Lesson: {chosen}. Put in a photo of your own here, then press Attack."
        if chosen
        else "From the Lesson: put in a photo of your own here. Then correct, under “Mark what is true”, what is on it."
    )


def set_exercise(w: Widgets, exercise: str, path: str, name: str, k: Any, toggles: Any, sample: str | None) -> Update:
    """The exercise's choices. The photo stays; the result on the stage goes, as it is of other choices."""
    preset = preset_of(exercise)
    if preset is None:
        return {}
    shown = recording(READY_MADE) if exercise == READY_MADE else None
    if shown is not None:
        asked = shown.outcome.plan.request
        name, k = asked.annotator, asked.k
    staged = choose_annotator(w, path, name, k, toggles, sample, Naming("", "best", (), preset.attack))
    marked, k = staged[w.toggles], staged[w.k]["value"]
    chosen = set_preset(w, preset, path, name, k, marked["value"])
    words = f"From the Lesson: {chosen_words(exercise)}. Put in a photo of your own, or press Attack for the one shown."
    both = {**marked, **chosen[w.toggles]}
    return {**staged, **chosen, w.toggles: both, w.annotator: name, w.verdict: waiting_html(words)}
