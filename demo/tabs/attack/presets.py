"""Ready choices for whoever has a minute: one click sets everything, visibly, and starts."""

from typing import Any

from demo.catalog.presets import Preset
from demo.components.events import Update
from demo.components.label_toggles import marked_true
from demo.engine.annotators import load_annotator, read_photo
from demo.render.labels import scored
from demo.tabs.attack.updates import change_attack
from demo.tabs.attack.widgets import Widgets


def preset_boxes(w: Widgets) -> list[Any]:
    """The widgets that `set_preset` sets."""
    return [
        w.attack, w.goal, w.case, w.easiest, w.chosen, w.toggles, w.advanced, w.max_steps, *w.settings.values(),
        w.seed, w.score_space,
    ]  # fmt: skip


def set_preset(w: Widgets, preset: Preset, path: str, name: str, k: Any, toggles: Any) -> Update:
    """Attack, goal, targets and steps as the preset has them; all else under "Advanced" as if nobody had touched it."""
    annotator = load_annotator(name)
    true = marked_true(toggles, annotator)
    best_first = [label.name for label in scored(annotator, read_photo(path, name).logits) if label.name in true]
    update = change_attack(w, preset.attack, name, k, toggles, preset.case, best_first[:1], preset.goal)
    update[w.case]["value"] = preset.case
    update[w.seed]["value"], update[w.score_space]["value"] = 0, "logits"
    for field in w.settings.values():
        update[field]["value"] = ""
    if preset.max_steps is not None:
        update[w.max_steps]["value"] = preset.max_steps
    if preset.confidence is not None:
        update[w.settings["confidence"]]["value"] = f"{preset.confidence:g}"
    return update
