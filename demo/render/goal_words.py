"""A run's goal in words: what it is, whether it is reached, and how firmly that was asked for."""

from typing import Any

from demo.catalog import attacks as catalog
from demo.catalog.english import counted, listed
from demo.catalog.goals import GOALS
from demo.catalog.labels import listed_labels
from demo.engine.label_roles import Roles
from demo.engine.win import asked_margin, is_narrow, less_words, standing

STANDS = {"missed": "not reached", "before": "met before the attack", "narrow": "barely met", "won": "reached"}
ENDED = {"user": ", stopped", "time": ", cut by the clock"}  # a goal that is missed so is no failure of the method


def reached(report: dict[str, Any], most: int = 5) -> str:
    """What holds where the goal is reached; of longer lists than `most` a few labels."""
    named = report["targets"] or report["hidden"]
    others = [name for name in report["true_labels"] if name not in named]
    return GOALS[report["goal"]].reached(report["k"], named, others, most)


def aim(goal: str, k: int, roles: Roles, named_too: bool = True) -> str:
    """What a run is after, in words; with its targets, of which many are not all told: a phone's box keeps its height."""
    named, most = roles.targets or roles.hidden, 5 if k <= 5 else 3
    words = GOALS[goal].reached(k, named, [name for name in roles.true if name not in named])
    return f"{words}: {listed_labels(roles.targets, most)}" if roles.targets and named_too else words


def in_order(report: dict[str, Any]) -> bool:
    """Whether the top-k is the targets in the order asked for."""
    return [name for name, _ in report["after"]] == report["targets"]


def goal_words(report: dict[str, Any]) -> str:
    """How the goal stands, after "goal"."""
    stands = standing(report)
    return STANDS[stands] + (ENDED.get(report.get("stopped") or "", "") if stands == "missed" else "")


def reached_words(report: dict[str, Any]) -> str:
    """The same, with what else there is to say of it."""
    return goal_words(report) + (f" ({less_words(report)})" if is_narrow(report) else "")


def given_words(report: dict[str, Any]) -> str:
    """How firmly the goal was to be met, and what the attack might take for it; empty for what was made beforehand."""
    if "confidence" not in report.get("settings", {}):
        return ""
    unit, steps, gradients = catalog.unit_of(report["attack"]), report.get("max_steps"), report.get("max_gradients")
    if gradients and steps and steps >= gradients and unit[0] == "step":
        steps = None  # each takes a gradient at least: gradients alone were limited
    words = [counted(most, *of) for most, of in ((steps, unit), (gradients, ("gradient",))) if most]
    words += [f"{report['time_limit']:.0f} s"] if report.get("time_limit") else []
    return f"margin κ = {asked_margin(report):g}{f', at most {listed(words)}' if words else ''}"
