"""What the widgets say when Attack is pressed, read and checked."""

from typing import Any

from demo.catalog import attacks as catalog
from demo.components.attack_choices import typed_settings
from demo.components.label_toggles import NOTHING_TO_ATTACK, marked_true
from demo.engine.annotators import load_annotator
from demo.engine.plan import AttackRequest, Plan, plan_for
from demo.photos.public_names import photo_id


def page_plan(
    path: str, name: str, toggles: Any, k: Any, attack: str, goal: str, case: str, chosen: Any, max_steps: Any,
    seed: Any, score_space: str, *fields: Any,
) -> Plan:  # fmt: skip
    """What the widgets say, as a checked plan; `fields` are the contents of the settings' fields, in the order of SETTINGS."""
    annotator = load_annotator(name)
    true = marked_true(toggles, annotator)
    if not true:
        raise ValueError(NOTHING_TO_ATTACK)
    if (toggles.get("annotator"), toggles.get("photo")) != (name, photo_id(path)):
        raise ValueError(
            "The labels of the new photo are still on their way. Please press Attack again in a moment. If this comes again, "
            "the server has forgotten the page, as after a restart: choose the photo once more; the settings stay."
        )
    settings = typed_settings(attack, score_space, fields)
    guessed = toggles.get("origin") == "guess"
    goal = catalog.settled_goal(attack, goal)  # Attack may be pressed before the new attack's goals have arrived
    request = AttackRequest(
        name, k, attack, true, case, chosen, max_steps, 0 if seed is None else seed, goal, settings, guessed
    )
    return plan_for(path, request)
