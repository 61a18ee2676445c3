"""What the widgets say when Attack is pressed, read and checked."""

from typing import Any

import tkml_core as tk
from demo.catalog import attacks
from demo.engine import loop
from demo.engine.plan import Ask, Plan, label_names


def chips_truth(chips: Any, annotator: tk.Annotator) -> tuple[str, ...]:
    """The labels that the browser says are true, checked: a page can be made to send anything."""
    marked = chips.get("truth") if isinstance(chips, dict) else None
    return label_names("The marked labels", marked, annotator)


def number(label: str, text: Any) -> float | None:
    """A number from a text field; None, the attack's default, where it is empty."""
    if text is None or not str(text).strip():
        return None
    try:
        return float(str(text).strip().replace(",", "."))
    except ValueError:
        raise ValueError(f"{label} must be a number such as 0.1, or empty; got {text!r}.") from None


def page_plan(
    path: str, name: str, chips: Any, k: Any, attack: str, goal: str, case: str, chosen: Any, max_steps: Any,
    seed: Any, score_space: str, *fields: Any,
) -> Plan:  # fmt: skip
    """What the widgets say, as a checked plan; `fields` are the contents of the settings' fields, in menu's order."""
    annotator = loop.annotator(name)
    true = chips_truth(chips, annotator)
    if not true:
        raise ValueError("Mark at least one label as true: without a truth there is nothing to contradict.")
    if (chips.get("annotator"), chips.get("photo")) != (name, path):
        raise ValueError("The labels of the new photo are still on their way. Please press Attack again in a moment.")
    known = attacks.setting_names(attack)  # what was typed for another attack is out of sight, and out of the run
    settings: dict[str, Any] = {
        name: number(setting.label, text)
        for (name, setting), text in zip(attacks.SETTINGS.items(), fields, strict=True)
        if name in known
    }
    settings["score_space"] = score_space
    guessed = chips.get("origin") == "guess"
    goal = attacks.settled_goal(attack, goal)  # Attack may be pressed before the new attack's goals have arrived
    ask = Ask(name, k, attack, true, case, chosen, max_steps, 0 if seed is None else seed, goal, settings, guessed)
    return loop.plan(path, ask)
