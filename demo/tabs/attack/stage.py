"""A run as the page shows it: throttled frames while it goes, everything lossless at its end."""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from demo.engine import loop
from demo.engine.frames import Frame
from demo.engine.outcome import Outcome
from demo.engine.plan import Plan
from demo.engine.replay import Recorder, Replay
from demo.engine.run import run_plan
from demo.engine.stream import at_most_every, mapped
from demo.render import photo_card
from demo.render.pictures import AMPLIFY
from demo.render.run_plots import race_of
from demo.render.status import done_html, status_html
from demo.render.verdict import aim, table_html, verdict_html, waiting_html

RACE_EVERY = 1 / 4
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
    """What the stage shows at once, before the first step: the untouched picture in all places."""
    return View(
        verdict=waiting_html(f"Running {plan.request.attack}. The goal: {aim(plan.goal_name, plan.k, plan.roles)}."),
        table="",
        before=photo_card.before_html(plan.annotator, plan.photo, plan.roles, plan.k),
        change=photo_card.change_html(plan.photo.x, plan.photo.x, lossless=False, factor=factor),
        after=photo_card.after_html(plan, plan.photo.x, plan.photo.logits, lossless=False, now="now"),
    )


def closing(replay: Replay, factor: int = AMPLIFY) -> View:
    """The finished stage, all of it as the saved picture has it."""
    outcome, plan, end = replay.outcome, replay.outcome.plan, replayed(replay, replay.last, True, factor)
    return View(
        before=photo_card.before_html(plan.annotator, plan.photo, plan.roles, plan.k),
        change=end.change,
        after=end.after,
        race=race_of(plan, outcome.history, outcome),
        status=done_html(outcome),
        verdict=verdict_html(outcome.report, loop.BUDGET_SECONDS),
        table=table_html(outcome.report),
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
    budget: float = loop.BUDGET_SECONDS,
    factor: Callable[[], int] = lambda: AMPLIFY,
) -> Iterator[View]:
    """Opening, then at most 8 pictures and 4 races a second, then the closing view.

    `factor`, how strong to draw the change, is asked again for every picture.
    """
    yield opening(plan, factor())
    recorder = Recorder()
    frames = at_most_every(run_plan(plan, stop_asked, budget), each=recorder.take)
    outcome = yield from _views(plan, frames, factor)
    yield closing(recorder.finish(outcome), factor())


def _views(
    plan: Plan, frames: Generator[Frame, None, Outcome], factor: Callable[[], int]
) -> Generator[View, None, Outcome]:
    """A view of each frame; the race, which costs most, is drawn for every other one at most."""
    due = 0.0

    def view(frame: Frame) -> View:
        nonlocal due
        now, race = time.perf_counter(), None
        if now >= due:
            due, race = now + RACE_EVERY, race_of(plan, frame.history)
        return View(
            change=photo_card.change_html(plan.photo.x, frame.x_adv, lossless=False, factor=factor()),
            after=photo_card.after_html(plan, frame.x_adv, frame.logits, lossless=False, now="now"),
            race=race,
            status=status_html(plan, frame),
        )

    return (yield from mapped(frames, view))
