"""How long a run took and what ended it, in words."""

from collections.abc import Iterable
from typing import Any

from demo.catalog import attacks as catalog
from demo.catalog.english import counted
from demo.engine.run_queue import ALONE_SECONDS

KEPT_BACK = "the last seconds are for rounding the picture, so that it can be saved"  # so runs end before their clock


def steps_words(report: dict[str, Any]) -> str:
    """How many there were: "1 step", "12 queries"."""
    return counted(report["steps"], *catalog.unit_of(report["attack"]))


def limit_words(seconds: float) -> str:
    """How long a run may last, such as "60 seconds"."""
    return f"{seconds:.0f} seconds" + (" while others wait" if seconds < ALONE_SECONDS else "")


def clock_words(limits: Iterable[float]) -> str:
    """The clock that ended runs: "the 60-second clock"."""
    seconds = sorted(set(limits))
    shorter = " while others wait" if seconds[0] < ALONE_SECONDS else ""
    return f"the {' or '.join(f'{limit:.0f}' for limit in seconds)}-second clock{shorter}"


def time_words(report: dict[str, Any]) -> str:
    """How long the run took: "2.5 s", and "52.5 s of 60" where the clock ended it."""
    limit = f" of {report['time_limit']:.0f}" if report["stopped"] == "time" else ""
    return f"{report['seconds']:.1f} s{limit}"


def why_then(report: dict[str, Any]) -> str:
    """Why a run that the clock ended has not the seconds of that clock; empty for others."""
    if report["stopped"] != "time":
        return ""
    late = report["seconds"] > report["time_limit"]
    return "rounding the picture, so that it can be saved, took longer than planned" if late else KEPT_BACK


def how_it_ended(report: dict[str, Any]) -> str:
    """What ended the run early, if anything did: "Stopped by the 60-second clock at step 6"."""
    if report["stopped"] == "user":
        return f"Stopped after {steps_words(report)}"
    if report["stopped"] == "time":
        one, _ = catalog.unit_of(report["attack"])
        return f"Stopped by {clock_words([report['time_limit']])} at {one} {report['steps']}"
    return ""
