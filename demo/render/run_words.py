"""How long a run took and what ended it, in words."""

from collections.abc import Iterable
from typing import Any

from demo.catalog import attacks as catalog
from demo.catalog.english import counted
from demo.engine.run_queue import ALONE_SECONDS

# Why runs end before their clock: what the last seconds are kept for, where a step reached the goal, and where none did.
KEPT_BACK = "the last seconds are for rounding the picture, so that it can be saved"
NO_TIME_LEFT = "another step, and the check of its picture, might not have ended in time"
UNREPEATABLE = (
    "how far a run comes in its seconds depends on how busy the machine is, so the same seed may give another result"
)
FEW_STEPS, SLOW = 10, 1.0  # a run of fewer steps, of more seconds each, says nothing about the choices


def steps_words(report: dict[str, Any]) -> str:
    """How many there were: "1 step", "12 queries"."""
    return counted(report["steps"], *catalog.unit_of(report["attack"]))


def ended_words(seconds: float) -> str:
    """That a run was ended by its clock, and why it had so few seconds where others were waiting: a sentence without its end."""
    if seconds < ALONE_SECONDS:
        return f"Others were waiting for a run, so this one was ended after {seconds:.0f} seconds"
    return f"A run may last {seconds:.0f} seconds, so this one was ended"


def clock_words(limits: Iterable[float]) -> str:
    """The clock that ended runs: "the 60-second clock", "the clock (20 s while others wait)"."""
    least, *more = sorted(set(limits))
    if least >= ALONE_SECONDS:
        return f"the {least:.0f}-second clock"
    longest = f"{more[-1]:.0f} s, {least:.0f}" if more else f"{least:.0f} s"
    return f"the clock ({longest} while others wait)"


def _grew_shorter(report: dict[str, Any]) -> bool:
    """Whether the run had gone on for longer already than its clock became, as others came to wait."""
    limit = report["time_limit"]
    return bool(report["seconds"] > limit and limit < report.get("time_limit_at_start", limit))


def time_words(report: dict[str, Any]) -> str:
    """How long the run took: "2.5 s", and "52.5 s of 60" where the clock ended it."""
    told = report["stopped"] == "time" and not _grew_shorter(report)
    limit = f" of {report['time_limit']:.0f}" if told else ""
    return f"{report['seconds']:.1f} s{limit}"


def why_then(report: dict[str, Any]) -> str:
    """Why a run that the clock ended has not the seconds of that clock; empty for others."""
    if report["stopped"] != "time":
        return ""
    if _grew_shorter(report):
        return f"the clock became {report['time_limit']:.0f} s when others came to wait"
    reached = report.get("l2_smallest_on_the_way") is not None
    if report["seconds"] > report["time_limit"]:
        late = "rounding the picture, so that it can be saved," if reached else "the last step"
        return f"{late} took longer than planned"
    return KEPT_BACK if reached else NO_TIME_LEFT


def why_any(reports: Iterable[dict[str, Any]]) -> str:
    """The same of several runs that the clock ended: each reason once."""
    return "; or ".join(dict.fromkeys(filter(None, map(why_then, reports))))


def how_it_ended(report: dict[str, Any]) -> str:
    """What ended the run early, if anything did: "Stopped at step 6 by the 60-second clock"."""
    if report["stopped"] == "user":
        return f"Stopped after {steps_words(report)}"
    if report["stopped"] == "time":
        one, _ = catalog.unit_of(report["attack"])
        if (limit := report["time_limit"]) < ALONE_SECONDS:
            why = f"as others were waiting for a run and this one had only {limit:.0f} seconds"
            return f"Stopped at {one} {report['steps']}, {why}"
        return f"Stopped at {one} {report['steps']} by {clock_words([limit])}"
    return ""


def what_ended_search(report: dict[str, Any]) -> str:
    """What ended a search for a smaller change early, if anything did: "the 60-second clock ended the search after 6 steps"."""
    if not report["stopped"]:
        return ""
    who = "you stopped" if report["stopped"] == "user" else f"{clock_words([report['time_limit']])} ended"
    return f"{who} the search {f'after {steps_words(report)}' if report['steps'] else 'before its first step'}"


def too_slow(report: dict[str, Any], button: str = "Attack") -> str:
    """Of a run that came to nothing as its few steps took the whole clock: that the choices are not at fault; else empty.

    button: which one began it.
    """
    pace = report.get("step_seconds") or 0.0
    if report["stopped"] != "time" or report["steps"] >= FEW_STEPS or pace < SLOW:
        return ""
    one, _ = catalog.unit_of(report["attack"])
    return f"the machine is busy or slow (a {one} took {pace:.0f} s): press {button} again in a moment"
