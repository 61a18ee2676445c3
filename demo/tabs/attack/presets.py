"""Ready choices for whoever has a minute: one click sets everything, visibly, and starts."""

import json
from typing import Any

import tkml_core as tk
from demo.catalog.attacks import SETTINGS, choice_of, sentence, setting_names, uses_seed
from demo.catalog.presets import PRESETS, Preset
from demo.components.events import Update
from demo.components.label_toggles import marked_true
from demo.components.theme import script
from demo.engine.annotators import load_annotator, read_photo
from demo.render.labels import scored
from demo.tabs.attack.updates import change_attack
from demo.tabs.attack.widgets import Widgets

SEED, SCORE_SPACE = 0, "logits"  # where nobody has touched them


def preset_boxes(w: Widgets) -> list[Any]:
    """The widgets that `set_preset` sets."""
    return [
        w.attack, w.goal, w.case, w.easiest, w.chosen, w.toggles, w.advanced, w.max_steps, *w.settings.values(),
        w.seed, w.score_space, w.verdict,
    ]  # fmt: skip


def set_preset(w: Widgets, preset: Preset, path: str, name: str, k: Any, toggles: Any, attacked: bool = True) -> Update:
    """Attack, goal, targets and steps as the preset has them; all else under "Advanced" as if nobody had touched it.

    attacked: whether the verdict is that of a run, and so stays.
    """
    annotator = load_annotator(name)
    true = marked_true(toggles, annotator)
    best_first = [label.name for label in scored(annotator, read_photo(path, name).logits) if label.name in true]
    update = change_attack(w, preset.attack, name, k, toggles, attacked, preset.case, best_first[:1], preset.goal)
    update[w.case]["value"] = preset.case
    update[w.max_steps]["value"] = _steps(preset)
    typed = dict(zip(w.settings, _typed(preset), strict=True))
    for setting, field in w.settings.items():
        update[field]["value"] = typed[setting]
    update[w.attack]["info"] = sentence(preset.attack, name, typed["confidence"])
    update[w.seed]["value"], update[w.score_space]["value"] = SEED, SCORE_SPACE
    return update


def _steps(preset: Preset) -> int:
    return choice_of(preset.attack).steps if preset.max_steps is None else preset.max_steps


def _typed(preset: Preset) -> list[str]:
    """What stands in the settings' fields, in the order of SETTINGS."""
    confidence = "" if preset.confidence is None else f"{preset.confidence:g}"
    return [confidence if name == "confidence" else "" for name in SETTINGS]


def mark_script() -> str:
    """JavaScript that marks the button of the ready choice which the values of `marked_by` are, if they are one."""
    wanted = {name: _wanted(preset) for name, preset in PRESETS.items()}
    return f"(...values) => ({script('tabs/attack/presets.js')})({json.dumps(wanted)}, values)"


def _wanted(preset: Preset) -> list[Any]:
    """The values of `marked_by` that a ready choice is, of labels to name how many; None where any will do."""
    asks, has = tk.GOALS[preset.goal].asks_for, setting_names(preset.attack)
    return [
        preset.attack,
        preset.goal,
        preset.case if asks == "targets" else None,
        1 if asks == "hidden" else None,
        _steps(preset),
        SEED if uses_seed(preset.attack) else None,
        SCORE_SPACE if "score_space" in has else None,
        *(typed if name in has else None for name, typed in zip(SETTINGS, _typed(preset), strict=True)),
    ]


def marked_by(w: Widgets) -> list[Any]:
    """The widgets by which the button of a ready choice is marked."""
    return [w.attack, w.goal, w.case, w.chosen, w.max_steps, w.seed, w.score_space, *w.settings.values()]
