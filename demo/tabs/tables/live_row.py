"""A row of a table that a visitor measures: one attack on many photos, one after the other, with its figures so far."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.catalog.attack_words import AttackChoice
from demo.engine import loop
from demo.engine.annotators import load_annotator, read_photo
from demo.engine.guessed_truth import guessed_truth, nothing_left
from demo.engine.plan import AttackRequest, Plan, make_plan
from demo.engine.run import run_plan
from demo.engine.run_queue import ALONE_SECONDS, Waiting, no_waiting
from demo.engine.value_checks import one_of
from demo.photos.selection import Source
from tkml_core.step_generators import WithResult

MOST_PHOTOS = 12
SECONDS = 150.0  # wall clock of a whole row
CASES = {
    "cleared": "no true label left",
    "best": "add labels: best-scored",
    "random": "add labels: random",
    "worst": "add labels: worst-scored",
}


@dataclass(frozen=True)
class Row:
    """The figures so far. Pert is a sum over the photos with E = 0, `pert_won` one over those that met the goal.

    `state` says why the row is as long as it is.
    """

    annotator: str
    attack: str
    case: str
    k: int
    max_steps: int
    photos: int
    left_out: tuple[str, ...] = ()  # titles of photos with E = 0 before the attack: nothing to win there
    done: int = 0
    fooled: int = 0  # E = 0
    won: int = 0
    pert: float = 0.0
    pert_won: float = 0.0
    steps: int = 0
    seconds: float = 0.0
    cut: int = 0  # not counted: cut short by a clock that was shorter because others waited
    state: str = "running"
    nothing_found: tuple[str, ...] = ()  # titles of photos in which the annotator finds none of its labels


@dataclass(frozen=True)
class Progress:
    """Where the run is: the row so far, and the step of the photo under way, or how long that waits for its run."""

    row: Row
    title: str
    step: int
    waiting: Waiting | None = None


def attacks() -> dict[str, AttackChoice]:
    """The attacks that can have one of these goals, with their words."""
    return {name: choice for name, choice in catalog.attacks().items() if cases_of(name)}


def cases_of(attack: str) -> dict[str, str]:
    """The goals that an attack can have here, by name, with a visitor's words."""
    goals = catalog.goals_of(attack)
    able = {name: words for name, words in CASES.items() if ("cleared" if name == "cleared" else "targeted") in goals}
    return able


def request_for(annotator: str, attack: str, case: str, k: Any, max_steps: Any, seed: Any) -> AttackRequest:
    """The request for every photo; ValueError where the attack cannot have the goal."""
    one_of("attack", attack, attacks())
    one_of(f"The goal of {attack}", case, cases_of(attack))
    goal, target = ("cleared", "") if case == "cleared" else ("targeted", case)
    return AttackRequest(
        annotator, k, attack, target_case=target, max_steps=max_steps, seed=0 if seed is None else seed, goal=goal
    )


def measure(
    request: AttackRequest,
    case: str,
    sources: Sequence[Source],
    stop_asked: Callable[[], bool],
    limit: float = SECONDS,
    budget: loop.Clock = loop.BUDGET_SECONDS,
    next_turn: Callable[[], Iterator[Waiting]] = no_waiting,
) -> Generator[Progress, None, Row]:
    """Progress at every step of every photo; returns the row. A photo that was cut short by Stop or `limit` is not counted.

    Each photo's run has a turn of its own, and `budget` seconds. ValueError where nothing counts as true on any photo.
    """
    if not sources:
        raise ValueError("Choose or upload at least one photo to attack.")
    if len(sources) > MOST_PHOTOS:
        raise ValueError(f"At most {MOST_PHOTOS} photos are attacked in one row; {len(sources)} are chosen.")
    began = time.perf_counter()
    row = Row(request.annotator, request.attack, case, int(request.k), int(request.max_steps), len(sources))
    for place, source in enumerate(sources):
        try:
            plan = _plan(source, replace(request, seed=request.seed + place))
        except ValueError as error:
            raise ValueError(f"{source.title}: {error}") from error
        if plan is None:
            row = replace(row, nothing_found=(*row.nothing_found, source.title))
            continue
        if not bool(tk.consistent(plan.photo.logits, plan.true.to(plan.photo.logits.device), plan.k)[0]):
            row = replace(row, left_out=(*row.left_out, source.title))
            continue
        waits = time.perf_counter()
        for waiting in next_turn():
            yield Progress(row, source.title, 0, waiting)
        if stop_asked():
            return replace(row, state="stopped")
        began += time.perf_counter() - waits  # waiting does not count
        left = limit - (time.perf_counter() - began)
        report = yield from _attacked(plan, row, source.title, stop_asked, left, budget)
        row = replace(row, seconds=time.perf_counter() - began)
        if report["stopped"] == "user":
            return replace(row, state="stopped")
        if report["stopped"] == "time" and time.perf_counter() - began >= limit:
            return replace(row, state=f"limit of {limit:.0f} s")
        if report["stopped"] == "time" and report["time_limit"] < ALONE_SECONDS:
            row = replace(row, cut=row.cut + 1)
            continue
        fooled = not report["consistent"]
        row = replace(
            row, done=row.done + 1, fooled=row.fooled + fooled, won=row.won + report["achieved"],
            pert=row.pert + report["pert"] * fooled, pert_won=row.pert_won + report["pert"] * report["achieved"],
            steps=row.steps + report["steps"],
        )  # fmt: skip
    if len(row.nothing_found) == row.photos:
        raise ValueError(nothing_left(row.nothing_found, request.annotator))
    return replace(row, state=f"done, {row.cut} cut short as others waited and not counted" if row.cut else "done")


def _plan(source: Source, request: AttackRequest) -> Plan | None:
    """The plan for one photo; None where nobody said what is true on it and the annotator finds none of its labels."""
    annotator = load_annotator(request.annotator)
    photo = read_photo(source.path, request.annotator, square=catalog.precomputed(request.attack))
    true = source.truth or guessed_truth(photo, annotator)
    return make_plan(replace(request, true_labels=true, guessed=not source.truth), annotator, photo) if true else None


def _attacked(
    plan: Plan, row: Row, title: str, stop_asked: Callable[[], bool], left: float, budget: loop.Clock
) -> Generator[Progress, None, dict[str, Any]]:
    frames = WithResult(run_plan(plan, stop_asked, lambda: min(left, loop.seconds_of(budget))))
    for frame in frames:
        yield Progress(row, title, frame.index)
    return frames.result.report
