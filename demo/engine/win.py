"""What counts as a win, decided here alone: for the verdict, for tables, headings and figures, and in files."""

import math
from collections.abc import Mapping
from typing import Any

Report = Mapping[str, Any]


def asked_margin(report: Report) -> float:
    """κ: by how many logits the goal was to be met."""
    return float(report.get("settings", {}).get("confidence") or 0.0)


def margin_words(margin: float) -> str:
    """A margin of the win as every part of the page shows it: with two decimals, or as many as two of its digits take."""
    decimals = 1 - math.floor(math.log10(abs(margin))) if 0 < abs(margin) < 0.1 else 2
    return f"{margin:.{decimals}f}".replace("-", "−")


def was_met(report: Report) -> bool:
    """Whether the goal was met before anything was done to the photo."""
    return bool(report["margin_before"] < 0)


def is_narrow(report: Report) -> bool:
    """Whether the goal is reached, but by less than was asked for."""
    return bool(report["achieved"] and report["l2"] and report["margin_of_win"] < asked_margin(report))


def standing(report: Report) -> str:
    """How a run ended: "before" where the goal was met already, "won", "narrow" where by less than κ, or "missed"."""
    if not report["achieved"]:
        return "missed"
    return "before" if was_met(report) else "narrow" if is_narrow(report) else "won"


def won(report: Report) -> bool:
    """Whether the attack did it: the goal was not met before, and is now, as firmly as was asked for."""
    return standing(report) == "won"


def less_words(report: Report) -> str:
    """What "barely met" means."""
    return f"met, but less far ahead than asked for (κ = {asked_margin(report):g})"
