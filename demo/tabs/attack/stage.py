"""A run as the page shows it: throttled frames while it goes, everything lossless at its end."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markupsafe import Markup
from torch import Tensor

from demo.catalog.english import in_percent
from demo.engine import loop
from demo.engine.frames import History
from demo.engine.outcome import Outcome
from demo.engine.plan import Plan
from demo.engine.replay import Recorder, Replay
from demo.engine.run import run_plan
from demo.engine.smaller import to_beat
from demo.engine.stream import pause
from demo.render import photo_card
from demo.render.goal_words import aim
from demo.render.news import so_far
from demo.render.pictures import AMPLIFY
from demo.render.run_figures import run_figures_html
from demo.render.run_plots import race_of
from demo.render.status import done_html, first_html, status_html
from demo.render.verdict import verdict_html, waiting_html
from tkml_core.report import top
from tkml_core.step_generators import WithResult

BOXES = ("before", "change", "after", "race", "status", "verdict", "table")


@dataclass(frozen=True)
class View:
    """New contents of the stage's boxes; None leaves a box as it is."""

    before: str | None = None
    change: str | None = None
    after: str | None = None
    race: str | None = None
    status: str | None = None
    verdict: str | None = None
    table: str | None = None
    outcome: Outcome | None = None
    replay: Replay | None = None


def opening(plan: Plan, factor: int = AMPLIFY) -> View:
    """Step 0, which is known before anything is computed: the picture that the run starts from."""
    photo, start = plan.photo, plan.start
    x_adv, logits, norm = (start.x_adv, start.logits, start.report["l2"]) if start else (photo.x, photo.logits, 0.0)
    history = History(logits=[logits[0].float().cpu()], norm=[norm], threshold=[math.nan])
    return View(
        verdict=running_html(plan, logits, plan.met(logits)),
        table="",
        before=photo_card.before_html(plan.annotator, plan.photo, plan.roles, plan.k, lossless=False),
        change=photo_card.change_html(photo.x, x_adv, lossless=False, factor=factor),
        after=photo_card.after_html(plan, x_adv, logits, lossless=False, now="now"),
        race=race_of(plan, history),
        status=first_html(plan),
    )


def running_html(plan: Plan, logits: Tensor, met: bool, least: float | None = None) -> Markup:
    """What stands for the verdict while the run goes on; `logits` (1,m) of now, and whether they meet the goal."""
    smaller = plan.start or least is not None
    text = f"{under_way(plan, logits, met, least)} The attack: {plan.request.attack}."
    return waiting_html(text, "Making it smaller" if smaller else "Looking for a change")


def under_way(plan: Plan, logits: Tensor, met: bool, least: float | None = None) -> str:
    """How the run stands; `least`: the norm of the smallest change so far, before rounding, that met the goal."""
    goal = plan.goal_name, plan.k, plan.roles
    if not plan.start:
        if least is None:
            return f"The goal: {aim(*goal)}. So far: {_so_far(plan, logits, met)}."
        return f"Goal reached: {aim(*goal, named_too=False)}. Stop keeps the smallest change so far."
    share = least / to_beat(plan.start.report) if least else 1.0
    # A whole per cent, as the rounding may undo what is less.
    smaller = (
        f"{in_percent(1 - share)} smaller so far (before rounding for saving)"
        if share <= 0.99
        else "Nothing smaller yet"
    )
    return f"{smaller}. The goal stays."


def _so_far(plan: Plan, logits: Tensor, met: bool) -> str:
    """What `logits` (1,m) have of the goal before a change that counts is found."""
    if met:
        return "it is met, but not yet as far ahead as asked"
    before, now = (top(plan.annotator.labels, of, plan.k) for of in (plan.photo.logits, logits))
    roles = {"true_labels": plan.roles.true, "targets": plan.roles.targets, "hidden": plan.roles.hidden}
    return so_far({"before": before, "after": now, "goal": plan.goal_name, "k": plan.k, **roles})


def closing(replay: Replay, factor: int = AMPLIFY) -> View:
    """The finished stage, all of it as the saved picture has it."""
    outcome, plan, end = replay.outcome, replay.outcome.plan, replayed(replay, replay.last, True, factor)
    return View(
        before=photo_card.before_html(plan.annotator, plan.photo, plan.roles, plan.k),
        change=end.change,
        after=end.after,
        race=race_of(plan, outcome.history, outcome),
        status=done_html(outcome),
        verdict=verdict_html(outcome.report),
        table=run_figures_html(outcome.report),
        outcome=outcome,
        replay=replay,
    )


def replayed(replay: Replay, at: int, lossless: bool, factor: int = AMPLIFY) -> View:
    """Pictures and top-k of one frame of a finished run; verdict, numbers and files stay those of its end."""
    plan, (x_adv, logits) = replay.outcome.plan, replay.picture(at)
    when = "after" if at == replay.last else f"at {replay.titles()[at]}"
    return View(
        change=photo_card.change_html(plan.photo.x, x_adv, lossless, factor),
        after=photo_card.after_html(plan, x_adv, logits, lossless, now=when),
    )


def views(
    plan: Plan,
    stop_asked: Callable[[], bool],
    budget: loop.Clock = loop.BUDGET_SECONDS,
    factor: Callable[[], int] = lambda: AMPLIFY,
) -> Iterator[View]:
    """The opening at once, then pictures with a `pause` between them, then the closing view.

    Once the goal is reached the pictures are of the smallest change so far: what an attack tries on the way to a smaller one
    may be far larger, or miss the goal. `factor`, how strong to draw the change, is asked again for every picture.
    """
    yield opening(plan, factor())
    frames, recorder = WithResult(run_plan(plan, stop_asked, budget)), Recorder()
    best = (plan.start.x_adv, plan.start.logits) if plan.start else None
    drawn: tuple[Tensor, int] | None = None
    began = time.perf_counter()
    due = began + pause(0)
    for frame in frames:
        recorder.take(frame)
        if frame.rounding:
            yield View(status=status_html(plan, frame))
            continue
        if frame.achieved and frame.history.norm[-1] == frame.history.least:
            best = frame.x_adv.clone(), frame.logits
        now = time.perf_counter()
        if now < due:
            continue
        due = now + pause(now - began)
        change = after = None
        (x_adv, logits), strength = best or (frame.x_adv, frame.logits), factor()
        if not best or not drawn or drawn[0] is not x_adv or drawn[1] != strength:
            drawn = x_adv, strength
            change = photo_card.change_html(plan.photo.x, x_adv, False, strength, photo_card.UNROUNDED)
            after = photo_card.after_html(plan, x_adv, logits, lossless=False, now="so far" if best else "now")
        yield View(
            change=change,
            after=after,
            race=race_of(plan, frame.history),
            status=status_html(plan, frame),
            verdict=running_html(plan, frame.logits, frame.met, frame.history.least),
        )
    yield closing(recorder.finish(frames.result), factor())
