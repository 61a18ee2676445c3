"""A run as the page shows it: throttled frames while it goes, everything lossless at its end."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.engine import loop
from demo.engine import run as elsewhere
from demo.engine.outcome import Outcome
from demo.engine.plan import Plan
from demo.engine.replay import Camera, Reel, develop
from demo.export import files, npz
from demo.render import photo_card
from demo.render.pictures import AMPLIFY
from demo.render.verdict import aim, table_html, verdict_html, waiting_html
from tkml_core.generators import WithResult

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
    reel: Reel | None = None


def opening(plan: Plan, factor: int = AMPLIFY) -> View:
    """What the stage shows at once, before the first step: the untouched picture in all places."""
    return View(
        verdict=waiting_html(f"Running {plan.ask.attack}. The goal: {aim(plan.goal_name, plan.k, plan.roles)}."),
        table="",
        before=photo_card.before_html(plan.annotator, plan.photo, plan.roles, plan.k),
        change=photo_card.change_html(plan.photo.x, plan.photo.x, lossless=False, factor=factor),
        after=photo_card.after_html(plan, plan.photo.x, plan.photo.logits, lossless=False, now="now"),
    )


def closing(reel: Reel, factor: int = AMPLIFY) -> View:
    """The finished stage, all of it as the saved picture has it."""
    outcome, plan, end = reel.outcome, reel.outcome.plan, replayed(reel, reel.last, True, factor)
    return View(
        before=photo_card.before_html(plan.annotator, plan.photo, plan.roles, plan.k),
        change=end.change,
        after=end.after,
        race=photo_card.race_of(plan, outcome.history, outcome),
        status=photo_card.done_html(outcome),
        verdict=verdict_html(outcome.report, loop.BUDGET_SECONDS),
        table=table_html(outcome.report),
        outcome=outcome,
        reel=reel,
    )


def replayed(reel: Reel, at: int, lossless: bool, factor: int = AMPLIFY) -> View:
    """Pictures and top-k of one frame of a finished run; verdict, numbers and files stay those of its end."""
    plan, (x_adv, logits) = reel.outcome.plan, reel.picture(at)
    when = "after" if at == reel.last else f"at {reel.titles()[at]}"
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
    frames, camera = WithResult(elsewhere.run(plan, stop_asked, budget)), Camera()
    pictures_due = race_due = 0.0
    for frame in frames:
        camera.take(frame)
        now = time.perf_counter()
        if now < pictures_due:
            continue
        pictures_due = now + PICTURES_EVERY
        race = None
        if now >= race_due:
            race_due = now + RACE_EVERY
            race = photo_card.race_of(plan, frame.history)
        yield View(
            change=photo_card.change_html(plan.photo.x, frame.x_adv, lossless=False, factor=factor()),
            after=photo_card.after_html(plan, frame.x_adv, frame.logits, lossless=False, now="now"),
            race=race,
            status=photo_card.status_html(plan, frame),
        )
    yield closing(develop(camera, frames.result), factor())


def save_png(outcome: Outcome, folder: str | Path) -> str:
    """Path of the adversarial PNG, in a folder of its own below `folder`."""
    return str(_place(outcome, folder, ".png", outcome.png))


def save_report(outcome: Outcome, folder: str | Path) -> str:
    """Path of the report as JSON, in a folder of its own below `folder`."""
    text = json.dumps(outcome.report, indent=2, ensure_ascii=False) + "\n"
    return str(_place(outcome, folder, ".json", text.encode()))


def save_data(outcome: Outcome, folder: str | Path) -> str:
    """Path of the exact perturbation with both pictures (NPZ), in a folder of its own below `folder`."""
    return str(_place(outcome, folder, ".npz", npz.to_bytes(npz.keep(outcome))))


def file_name(report: dict[str, Any]) -> str:
    """What the files of a run are called, without ending."""
    return name_of(report["photo"], report["attack"], report["k"], report["annotator"])


def name_of(photo: str, what: str, k: int, annotator: str) -> str:
    """What a file about a photo is called, without ending; `what` is in it, at which k."""
    return f"{photo}-{what}-k{k}-{annotator}".lower().replace("^", "")


def _place(outcome: Outcome, folder: str | Path, ending: str, content: bytes) -> Path:
    path = files.new_place(folder) / f"{file_name(outcome.report)}{ending}"
    path.write_bytes(content)
    return path
