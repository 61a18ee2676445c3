"""The status line of a run: how far, and how fast. What computes it stands among its figures."""

from markupsafe import Markup

from demo.catalog import attacks as catalog
from demo.catalog.english import counted
from demo.engine.frames import Frame
from demo.engine.outcome import Outcome
from demo.engine.plan import Plan
from demo.engine.run_queue import CROWDED_SECONDS, Waiting
from demo.render.run_words import steps_words, time_words


def speed_words(steps_per_second: float, one: str = "step", many: str = "steps") -> str:
    """Such as "12 steps/s", or "2.5 s a step" where that is more than a second."""
    if steps_per_second < 0.95:
        return f"{1 / steps_per_second:.1f} s a {one}" if steps_per_second > 0 else f"first {one}"
    return f"{counted(round(steps_per_second), one, many)}/s"


def status_html(plan: Plan, frame: Frame) -> str:
    """One line that goes with the pictures: how far, and how fast."""
    # A run that makes a change smaller has reached it by the one that it began with.
    reached = "looking for a smaller change" if plan.start else progress_words(plan, frame)
    return line_html(*pace_words(plan, frame), reached)


def pace_words(plan: Plan, frame: Frame) -> tuple[str, str]:
    """How far a run is, in the attack's own unit, and how fast."""
    one, many = catalog.unit_of(plan.request.attack)
    pace = "rounding for saving" if frame.rounding else speed_words(frame.steps_per_second, one, many)
    return f"{one} {frame.index}", pace


def first_html(plan: Plan) -> str:
    """The same line for step 0, before anything is computed."""
    one, _ = catalog.unit_of(plan.request.attack)
    return line_html(f"{one} 0", f"first {one}")


def progress_words(plan: Plan, frame: Frame) -> str:
    """How the goal stands: at best so far, as attacks that go on after a success keep the smallest change that met it."""
    if frame.history.least is not None:
        smallest = f"goal reached, smallest so far {frame.history.least:.1f} before rounding"
        return smallest if frame.index else "goal reached"
    if frame.met:
        return f"goal met, but not yet as far ahead as asked (κ = {plan.settings.get('confidence') or 0.0:g})"
    return "goal not reached yet"


def done_html(outcome: Outcome) -> str:
    """The same line for a finished run."""
    report = outcome.report
    speed = report["steps"] / max(report["seconds"], 1e-6)  # both as in the report, so that all numbers agree
    unit = catalog.unit_of(report["attack"])
    pace = (speed_words(speed, *unit),) if report["steps"] else ()  # a z made beforehand is only added, at no speed
    return line_html(steps_words(report), *pace, time_words(report))


def waiting_html(waiting: Waiting) -> str:
    """The line of somebody who waits for a run: where they stand, and about how long it takes."""
    ahead = "you are next" if waiting.place == 1 else f"{waiting.place - 1} before you"
    wait = f"about {waiting.seconds} s" if waiting.seconds else "any moment"
    return line_html("waiting", ahead, wait, f"a run lasts {CROWDED_SECONDS:.0f} s at most while others wait")


def line_html(*parts: str) -> Markup:
    """Facts in a row."""
    return Markup('<p class="status">{}</p>').format(
        Markup("").join(Markup("<span>{}</span>").format(part) for part in parts)
    )
