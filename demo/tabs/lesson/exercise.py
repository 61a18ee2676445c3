"""What a screen's exercise with a photo of one's own chooses on the tab Attack, and how that is said."""

from dataclasses import dataclass
from typing import Any

from demo.catalog.attacks import choice_of
from demo.catalog.presets import PRESETS, Preset
from demo.components.events import Update
from demo.engine.recordings import recording
from demo.render.verdict import waiting_html
from demo.tabs.attack.label_picker import Naming
from demo.tabs.attack.presets import set_preset
from demo.tabs.attack.updates import choose_annotator
from demo.tabs.attack.widgets import Widgets

# The exercise with a recording's attack, which only some annotators have, and what that recording is called
READY_MADE = "universal"


@dataclass(frozen=True)
class Exercise:
    """made_for: annotator and k of what was made beforehand; None where those that are chosen stay."""

    preset: Preset
    made_for: tuple[str, int] | None = None

    @property
    def words(self) -> str:
        """What is chosen for the visitor."""
        title = f"“{self.preset.title}”"
        if self.made_for is None:
            return f"{title} is chosen"
        return f"{title} and the annotator it was made for, {self.made_for[0]}, are chosen"


def exercise_of(name: str) -> Exercise | None:
    """The exercise called `name`; None where it needs nothing to be chosen."""
    if name != READY_MADE:
        return Exercise(PRESETS[name]) if name in PRESETS else None
    shown = recording(READY_MADE)
    if shown is None:
        return None
    asked = shown.outcome.plan.request
    return Exercise(Preset(choice_of(asked.attack).title, asked.attack, asked.goal), (asked.annotator, asked.k))


def photo_words(exercise: Exercise | None) -> str:
    """What stands at the box for photos when the exercise leads there."""
    if exercise is None:
        return (
            "From the Lesson: put in a photo of your own here. Then correct, under “Mark what is true”, what is on it."
        )
    return f"From the Lesson: {exercise.words}. Put in a photo of your own here, then press Attack."


def set_exercise(
    w: Widgets, exercise: Exercise, path: str, name: str, k: Any, toggles: Any, sample: str | None
) -> Update:
    """The exercise's choices. The photo stays; the result on the stage goes, as it is of other choices."""
    name, k = exercise.made_for or (name, k)
    preset = exercise.preset
    staged = choose_annotator(w, path, name, k, toggles, sample, Naming("", "best", (), preset.attack))
    marked, k = staged[w.toggles], staged[w.k]["value"]
    chosen = set_preset(w, preset, path, name, k, marked["value"])
    words = f"From the Lesson: {exercise.words}. Put in a photo of your own, or press Attack for the one shown."
    both = {**marked, **chosen[w.toggles]}
    return {**staged, **chosen, w.toggles: both, w.annotator: name, w.verdict: waiting_html(words)}
