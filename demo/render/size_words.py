"""How large a change has become, in words: beside the one that a run went on from, and on the way. The figures have the sizes."""

from typing import Any

from demo.catalog.english import in_percent
from demo.engine.smaller import NO_SMALLER, no_smaller, to_beat
from demo.render.run_words import steps_words, too_slow, what_ended_search

OF_LEVELS = "of 255"  # after the largest change of one value: the measure for everybody, as in the Lesson
MUCH_SMALLER = 0.95  # of a change: one that was less on the way is told of


def most_words(report: dict[str, Any]) -> str:
    """By how much the saved picture differs at most, in levels: "4 of 255"."""
    return f"{report['linf']:.0f} {OF_LEVELS}"


def went_on(report: dict[str, Any]) -> bool:
    """Whether a run began with another one's change, to make it smaller."""
    start = report.get("started_from")
    return bool(start and start["l2"])


def made_smaller(report: dict[str, Any]) -> str:
    """Of a run that went on from another one's change: how much smaller its own is, and what ended the search for it."""
    if not went_on(report):
        return ""
    before, now, ended = report["started_from"]["l2"], report["l2"], what_ended_search(report)
    if no_smaller(report):
        same = "the one from before" if now == before else "about as large as before"
        if told := _on_the_way(report, to_beat(report["started_from"]), NO_SMALLER):
            end = ended or f"the search ended by itself after {steps_words(report)}"
            return f"the change is {same}: {told}; {end}"
        if ended:
            return f"no smaller change was found: {ended}, so the change is {same}"
        return f"the change is as small as this search finds: {steps_words(report)} more brought no smaller one"
    share = in_percent(max(1 - now / before, 0.01))
    end = f"; {ended}" if ended else ", as small as this search finds it"
    return f"the change is now {share} smaller{_before_rounding(report)}{end}"


def _before_rounding(report: dict[str, Any]) -> str:
    """How much smaller such a run's change was, as told while it went on, where rounding took a good part of that away."""
    start, least = report["started_from"], report.get("l2_smallest_on_the_way")
    if not least or least / to_beat(start) > MUCH_SMALLER * report["l2"] / start["l2"]:
        return ""
    return f" ({in_percent(1 - least / to_beat(start))} before rounding for saving, which took the rest)"


def try_again(report: dict[str, Any]) -> str:
    """Where such a run found nothing as the machine was too slow: that it is worth another try; else empty."""
    return too_slow(report, "“Make the change smaller”") if went_on(report) and no_smaller(report) else ""


def lost_by_rounding(report: dict[str, Any]) -> str:
    """Of a run that began with the photo: that a much smaller change was met on the way, and rounding undid it."""
    now, unrounded = report["l2"], report["l2_before_rounding"]
    if went_on(report):
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
