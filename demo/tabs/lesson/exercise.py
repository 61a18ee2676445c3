"""What a screen's exercise with a photo of one's own chooses on the tab Attack, and how that is said."""

from dataclasses import dataclass
from typing import Any

from demo.catalog.attacks import choice_of
from demo.catalog.english import counted
from demo.catalog.presets import PRESETS, Preset
from demo.components.events import Update
from demo.components.photo_input import YOURS_IS_IN
from demo.engine.recordings import recording
from demo.render.verdict import waiting_html
from demo.tabs.attack.label_picker import Naming
from demo.tabs.attack.photo_updates import choose_annotator
from demo.tabs.attack.presets import set_preset
from demo.tabs.attack.updates import set_k
from demo.tabs.attack.widgets import Widgets

# The exercise with a recording's own attack, which only some annotators have, and what that recording is called
READY_MADE = "universal"
# (ready choice, recording whose k it takes, so that what is asked is what the screen showed, and whether its annotator too)
EXERCISES = {
    "gentle": ("gentle", "one-label", False),
    "both": ("gentle", "one-label", True),
    "impossible": ("impossible", "plant", False),
    READY_MADE: (None, READY_MADE, True),
}


NOTHING_TICKED = "Nothing is ticked as true on the photo shown: tick first what is on it, or put in another."


@dataclass(frozen=True)
class Exercise:
    """annotator: None where the one that is chosen stays."""

    preset: Preset
    k: int
    annotator: str | None = None

    @property
    def words(self) -> str:
        """What is chosen for the visitor."""
        on = f", on the annotator {self.annotator}," if self.annotator else ""
        return f"“{self.preset.title}” with {counted(self.k, 'label')} shown (k){on} is chosen"


def exercise_of(name: str) -> Exercise | None:
    """The exercise called `name`; None where it needs nothing to be chosen, or its recording is missing."""
    preset, recorded, its_annotator = EXERCISES.get(name, (None, "", False))
    shown = recording(recorded) if recorded else None
    if shown is None:
        return None
    asked = shown.outcome.plan.request
    chosen = PRESETS[preset] if preset else Preset(choice_of(asked.attack).title, asked.attack, asked.goal)
    return Exercise(chosen, asked.k, asked.annotator if its_annotator else None)


def photo_words(exercise: Exercise | None, own: bool) -> str:
    """What stands at the box for photos when the exercise leads there. own: where a photo of the visitor's is in already."""
    if exercise is None:
        put = "your photo is in, or put in another" if own else "put in a photo of your own here"
        return f"From the Lesson: {put}. Then correct, under “Mark what is true”, what is on it."
    put = YOURS_IS_IN if own else "Put in a photo of your own here, then press Attack."
    return f"From the Lesson: {exercise.words}. {put}"


def set_exercise(
    w: Widgets, exercise: Exercise, path: str, name: str, toggles: Any, sample: str | None, stays: bool
) -> Update:
    """The exercise's choices. The photo stays, and k for the next one.

    sample: None where the photo is the visitor's own. stays: whether the result on the stage does until there is another.
    """
    preset, name = exercise.preset, exercise.annotator or name
    naming = Naming("", "best", (), preset.attack)
    if stays:
        staged = set_k(w, path, name, exercise.k, toggles, naming)
    else:
        staged = choose_annotator(w, path, name, exercise.k, toggles, sample, naming, stays=True)
    marked, k = staged[w.toggles], staged[w.k]["value"]
    value = marked.get("value", toggles)
    chosen = set_preset(w, preset, path, name, k, value)
    put = "Put in a photo of your own, or press Attack for the one shown." if sample else YOURS_IS_IN
    if not stays and not value["truth"]:
        put = NOTHING_TICKED
    verdict = {} if stays else {w.verdict: waiting_html(f"From the Lesson: {exercise.words}. {put}")}
    return {**staged, **chosen, w.toggles: {**marked, **chosen[w.toggles]}, w.annotator: name, **verdict}
