"""What the widgets say when Attack is pressed, read and checked."""

from typing import Any

from demo.catalog import attacks as catalog
from demo.components.label_toggles import NOTHING_TRUE, marked_true
from demo.engine.annotators import load_annotator
from demo.engine.plan import AttackRequest, Plan, plan_for
from demo.photos.public_names import photo_id


def number(label: str, text: Any) -> float | None:
    """A number from a text field; None, the attack's default, where it is empty."""
    if text is None or not str(text).strip():
        return None
    try:
        return float(str(text).strip().replace(",", "."))
    except ValueError:
        raise ValueError(f"{label} must be a number such as 0.1, or empty; got {text!r:.200}.") from None


def page_plan(
    path: str, name: str, toggles: Any, k: Any, attack: str, goal: str, case: str, chosen: Any, max_steps: Any,
    seed: Any, score_space: str, *fields: Any,
) -> Plan:  # fmt: skip
    """What the widgets say, as a checked plan; `fields` are the contents of the settings' fields, in the order of SETTINGS."""
    annotator = load_annotator(name)
    true = marked_true(toggles, annotator)
    if not true:
        raise ValueError(f"Mark at least one label as true. {NOTHING_TRUE}")
    if (toggles.get("annotator"), toggles.get("photo")) != (name, photo_id(path)):
        raise ValueError(
            "The labels of the new photo are still on their way. Please press Attack again in a moment. If this comes again, "
            "the server has forgotten the page, as after a restart: choose the photo once more; the settings stay."
        )
    known = catalog.setting_names(attack)  # what was typed for another attack is out of sight, and out of the run
    settings: dict[str, Any] = {
        name: number(setting.label, text)
        for (name, setting), text in zip(catalog.SETTINGS.items(), fields, strict=True)
        if name in known
    }
    if settings.get("confidence", 0.0) is None:
        settings["confidence"] = catalog.page_confidence(attack)
    settings["score_space"] = score_space
    guessed = toggles.get("origin") == "guess"
    goal = catalog.settled_goal(attack, goal)  # Attack may be pressed before the new attack's goals have arrived
    request = AttackRequest(
        name, k, attack, true, case, chosen, max_steps, 0 if seed is None else seed, goal, settings, guessed
    )
    return plan_for(path, request)
