"""Between the page and the core: the one generator of frames and the one report, for the page and the endpoint alike."""

import math
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import wait
from typing import NamedTuple

import tkml_core as tk
from demo.engine import run_queue, threads
from demo.engine.frames import Frame, History
from demo.engine.outcome import Outcome, Timing, conclude
from demo.engine.plan import Plan
from tkml_core import pixel_grid
from tkml_core.step import Steps, UniversalStep
from tkml_core.step_generators import WithResult

BUDGET_SECONDS = run_queue.ALONE_SECONDS  # wall clock of one run, wherever it was asked for
# The search on the 256 levels takes about 40 passes forward and 2 back, as many as 20 steps of an attack have.
ROUNDING_STEPS = 20
MOST_FOR_ROUNDING = (
    0.4  # share of the clock: on a machine so slow that 20 steps take longer, most of it goes to the attack
)
# The step that is under way as the time is over, and what the core still does then: a step has a pass forward and one back,
# which takes as long as two forward.
CLOSING_STEPS = 1 + math.ceil(pixel_grid.CLOSING_PASSES / 3)
_NOTICED = 0.1  # seconds: a search that is over sooner is not told of
Clock = float | Callable[[], float]  # seconds that a run may last, or what says how many as things stand


def seconds_of(clock: Clock) -> float:
    """The seconds that a run may last, now."""
    return clock() if callable(clock) else clock


class Taken(NamedTuple):
    """How it ended. stopped: what cut it short, None, "user" or "time"."""

    result: tk.Result
    stopped: str | None
    timing: Timing


def take_steps(
    steps: Steps, stop_asked: Callable[[], bool], budget: Clock = BUDGET_SECONDS
) -> Generator[tk.Step, None, Taken]:
    """The steps of any attack. Closing it stops the work.

    They are taken in a thread of their own, see `threads`. When `stop_asked` turns true or `budget` seconds are over, the core
    concludes with the best it has, so that a run that was cut short has an honest result too. The same step comes once more
    when the search on the 256 levels has begun after it; a search that is not through when the time is over takes what it has.
    """
    began = time.perf_counter()
    stopped: str | None = None
    taken, computed, pace = 0, 0.0, 0.0  # steps; seconds of computing, without drawing; these for a step
    reached = False  # whether a step met the goal, so that there is something to round

    hurried = False  # whether a search on the 256 levels was told to take what it has
    limit = at_start = seconds_of(budget)
    cut_at: float | None = None  # the pace as the clock cut it short

    def left() -> float:
        nonlocal limit
        # What cut a run short stays its clock, also where whoever waited has gone since.
        if not hurried and stopped != "time":
            limit = seconds_of(budget)
        return limit - (time.perf_counter() - began)

    def overdue() -> bool:
        nonlocal hurried, cut_at
        late = left() < CLOSING_STEPS * pace
        if late and not hurried:
            hurried, cut_at = True, cut_at or pace
        return late

    try:
        with threads.thread() as call:
            searching = threading.Event()
            call(pixel_grid.on_search.set, searching.set)
            call(pixel_grid.overdue.set, overdue)
            step = call(next, steps)
            pace = time.perf_counter() - began
            while True:
                yield step
                if stopped is None:
                    # What the core does when it is stopped, the search on the 256 levels, is part of the clock.
                    reached = reached or isinstance(step, UniversalStep) or bool(step.achieved.any())
                    rest = left()
                    search = min(ROUNDING_STEPS * pace, MOST_FOR_ROUNDING * limit)
                    end = max(CLOSING_STEPS * pace, search if reached else 0)
                    stopped = "user" if stop_asked() else "time" if rest < end else None
                    cut_at = pace if stopped == "time" else cut_at
                asked = time.perf_counter()
                searching.clear()
                following = call.later(steps.send, True) if stopped else call.later(next, steps)
                while not wait([following], _NOTICED).done:
                    if searching.is_set():
                        searching.clear()
                        yield step
                step = following.result()
                taken, computed = taken + 1, computed + time.perf_counter() - asked
                pace = computed / taken
    except StopIteration as end:
        stopped = stopped or ("time" if hurried else None)
        return Taken(end.value, stopped, Timing(at_start, limit, cut_at if stopped == "time" else None))
    finally:
        steps.close()


def run_here(
    plan: Plan, stop_asked: Callable[[], bool] = lambda: False, budget: Clock = BUDGET_SECONDS
) -> Generator[Frame, None, Outcome]:
    """Frames of the attack, one a step and one where a search on the 256 levels begins; returns the Outcome.

    Its report says in "stopped" what cut the run short.
    """
    began = time.perf_counter()
    history = History()
    steps = WithResult(take_steps(plan.steps(), stop_asked, budget))
    last: tk.Step | None = None
    for step in steps:
        rounding, last = step is last, step
        if not rounding:
            history.add(step)
        seconds = time.perf_counter() - began
        speed = (len(history.loss) - 1) / max(seconds, 1e-6)
        achieved, met = bool(step.achieved[0]), plan.met(step.logits)
        yield Frame(step.index, step.x_adv, step.logits, history, achieved, met, seconds, speed, rounding)
    taken = steps.result
    return conclude(plan, taken.result, history, taken.stopped, time.perf_counter() - began, taken.timing)
