"""A finished run gone on with: the attack that looks for the smallest change, from the picture that stands on the stage."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from demo.catalog import attacks as catalog
from demo.engine.outcome import Outcome
from demo.engine.plan import Plan, Start, make_plan
from tkml_core.pixel_grid import needed

ATTACK = "MinNorm"
# It begins beside the boundary, so that a short schedule does what a long one does from the photo. Where nothing falls for
# MinNorm's patience of steps after it, the run ends.
SETTINGS = {"schedule": 40}
NO_SMALLER = 0.995  # of the change before: what is not smaller than that is not news


def to_beat(start: Mapping[str, Any]) -> float:
    """The size below which a change that is not rounded yet is smaller than that of the run before, by its report.

    It is that run's before rounding, as rounding costs both much the same, or the saved one where that is smaller.
    """
    return min(start["l2"], start.get("l2_before_rounding", start["l2"]))


def no_smaller(report: Mapping[str, Any]) -> bool:
    """Whether a run that went on from another one's change found none that is smaller."""
    start = report.get("started_from")
    return bool(start and report["l2"] > NO_SMALLER * start["l2"])


def can_be_smaller(outcome: Outcome) -> bool:
    """Whether the run reached a goal that the attack can have, with a change that was not found to be as small as it gets."""
    report = outcome.report
    at_its_end = no_smaller(report) and not report["stopped"]
    able = outcome.plan.goal_name in catalog.goals_of(ATTACK)
    return report["achieved"] and report["l2"] > 0 and able and not at_its_end


def smaller(outcome: Outcome) -> Plan:
    """The plan of that run: the same photo and goal, and the same κ as far as the picture meets it.

    Were κ less, the change would be smaller because less is asked for, and not because a better one was found.
    """
    plan, report = outcome.plan, outcome.report
    if not can_be_smaller(outcome):
        raise ValueError("There is no change yet that reaches its goal, to make smaller. Press Attack first.")
    asked = plan.settings.get("confidence", catalog.FIRM)
    met = math.floor(1000 * (report["margin_of_win"] - needed(0.0))) / 1000
    settings = {**SETTINGS, "confidence": max(0.0, min(asked, met))}
    request = replace(
        plan.request, attack=ATTACK, goal=plan.goal_name, max_steps=catalog.choice_of(ATTACK).steps, settings=settings
    )
    kept = {name: report[name] for name in ("attack", "l2", "l2_before_rounding", "linf", "steps")}
    start = Start(outcome.x_adv, outcome.logits, kept)
    return replace(make_plan(request, plan.annotator, plan.photo), guessed=plan.guessed, start=start)
