"""How large a change has become, in words: beside the one that a run went on from, and on the way. The figures have the sizes."""

from typing import Any

from demo.catalog.english import in_percent
from demo.engine.smaller import NO_SMALLER, no_smaller
from demo.render.run_words import steps_words

MUCH_SMALLER = 0.95  # of a change: one that was less on the way is told of


def made_smaller(report: dict[str, Any]) -> str:
    """Of a run that went on from another one's change: how much smaller its own is."""
    start, now = report.get("started_from"), report["l2"]
    if not start or not start["l2"]:
        return ""
    before = start["l2"]
    if no_smaller(report):
        if told := _on_the_way(report, before, NO_SMALLER):
            return f"the change is the one from before: {told}"
        if report["stopped"]:
            return f"no smaller change was found in {steps_words(report)}, so it is the one from before"
        return f"the change is as small as this search finds: {steps_words(report)} more brought no smaller one"
    found = "" if report["stopped"] else ", as small as this search finds it"
    return f"the change is now {in_percent(max(1 - now / before, 0.01))} smaller{found}"


def lost_by_rounding(report: dict[str, Any]) -> str:
    """Of a run that began with the photo: that a much smaller change was met on the way, and rounding undid it."""
    start, now, unrounded = report.get("started_from"), report["l2"], report["l2_before_rounding"]
    if start and start["l2"]:
        return ""
    if unrounded < MUCH_SMALLER * now:  # the same change, larger: the figures have both sizes
        return ""
    return _on_the_way(report, now, MUCH_SMALLER)


def _on_the_way(report: dict[str, Any], size: float, share: float) -> str:
    """Where the run has told of a change of less than that share of `size` that no saved picture shows."""
    least = report.get("l2_smallest_on_the_way") or size
    if least >= share * size:
        return ""
    return f"on the way a change {least / size:.2g} times as large was enough, but no longer once rounded for saving"
