"""A run as the page shows it: throttled frames while it goes, everything lossless at its end."""

import json
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import elsewhere, kept, runner, shelf, stage
from demo.history import Frame
from demo.plan import Plan
from demo.report import Outcome
from demo.verdict import aim, table_html, verdict_html, waiting_html

PICTURES_EVERY = 1 / 8  # seconds; generators have no back-pressure, a browser would be flooded
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


def opening(plan: Plan) -> View:
    """What the stage shows at once, before the first step: the untouched picture in all places."""
    return View(
        verdict=waiting_html(f"Running {plan.ask.attack}. The goal: {aim(plan.goal_name, plan.k, plan.roles)}."),
        table="",
        before=stage.before_html(plan.annotator, plan.photo, plan.roles, plan.k),
        change=stage.change_html(plan.photo.x, plan.photo.x, lossless=False),
        after=stage.after_html(plan, plan.photo.x, plan.photo.logits, lossless=False, now="now"),
    )


def closing(outcome: Outcome) -> View:
    """The finished stage, all of it as the saved picture has it."""
    plan = outcome.plan
    return View(
        before=stage.before_html(plan.annotator, plan.photo, plan.roles, plan.k),
        change=stage.change_html(plan.photo.x, outcome.x_adv, lossless=True),
        after=stage.after_html(plan, outcome.x_adv, outcome.logits, lossless=True, now="after"),
        race=stage.race_of(plan, outcome.history, outcome),
        status=stage.done_html(outcome),
        verdict=verdict_html(outcome.report, runner.BUDGET_SECONDS),
        table=table_html(outcome.report),
        outcome=outcome,
    )


def views(plan: Plan, stop_asked: Callable[[], bool], budget: float = runner.BUDGET_SECONDS) -> Iterator[View]:
    """Opening, then at most 8 pictures and 4 races a second, then the closing view."""
    yield opening(plan)
    frames = elsewhere.run(plan, stop_asked, budget)
    try:
        outcome = yield from _frames(plan, frames)
    finally:
        frames.close()
    yield closing(outcome)


def _frames(plan: Plan, frames: Generator[Frame, None, Outcome]) -> Generator[View, None, Outcome]:
    pictures_due = race_due = 0.0
    while True:
        try:
            frame = next(frames)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        now = time.perf_counter()
        if now < pictures_due:
            continue
        pictures_due = now + PICTURES_EVERY
        race = None
        if now >= race_due:
            race_due = now + RACE_EVERY
            race = stage.race_of(plan, frame.history)
        yield View(
            change=stage.change_html(plan.photo.x, frame.x_adv, lossless=False),
            after=stage.after_html(plan, frame.x_adv, frame.logits, lossless=False, now="now"),
            race=race,
            status=stage.status_html(plan, frame),
        )


def save_png(outcome: Outcome, folder: str | Path) -> str:
    """Path of the adversarial PNG, in a folder of its own below `folder`."""
    return str(_place(outcome, folder, ".png", outcome.png))


def save_report(outcome: Outcome, folder: str | Path) -> str:
    """Path of the report as JSON, in a folder of its own below `folder`."""
    text = json.dumps(outcome.report, indent=2, ensure_ascii=False) + "\n"
    return str(_place(outcome, folder, ".json", text.encode()))


def save_data(outcome: Outcome, folder: str | Path) -> str:
    """Path of the exact perturbation with both pictures (NPZ), in a folder of its own below `folder`."""
    return str(_place(outcome, folder, ".npz", kept.to_bytes(kept.keep(outcome))))


def file_name(report: dict[str, Any]) -> str:
    """What the files of a run are called, without ending."""
    return f"{report['attack']}-k{report['k']}-{report['annotator']}".lower().replace("^", "")


def _place(outcome: Outcome, folder: str | Path, ending: str, content: bytes) -> Path:
    path = shelf.new_place(folder) / f"{file_name(outcome.report)}{ending}"
    path.write_bytes(content)
    return path
