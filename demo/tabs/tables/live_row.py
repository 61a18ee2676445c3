"""A row of a table that a visitor measures: one attack on many photos, one after the other, with its figures so far."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.catalog.attack_words import AttackChoice
from demo.catalog.english import listed
from demo.engine import loop
from demo.engine.annotators import load_annotator, read_photo
from demo.engine.guessed_truth import RULE, guessed_truth, left_out_words, nothing_left
from demo.engine.plan import AttackRequest, Plan, make_plan
from demo.engine.run import run_plan
from demo.engine.run_queue import ALONE_SECONDS, Waiting, no_waiting
from demo.engine.value_checks import one_of
from demo.photos.selection import Source
from demo.render.csv_file import PERT, csv_link, csv_text
from demo.render.measured_table import Table, table_html
from demo.tabs.tables.numbers import EQ_14, GOAL, PERT_WON, number
from demo.tabs.tables.numbers import PERT as PERT_HEAD
from tkml_core.statistics import share
from tkml_core.step_generators import WithResult

MOST_PHOTOS = 12
SECONDS = 150.0  # wall clock of a whole row
CASES = {
    "cleared": "no true label left",
    "best": "add labels: best-scored",
    "random": "add labels: random",
    "worst": "add labels: worst-scored",
}
JUST_MET = (
    f"As in the tables above and at /attack, the attacks run at κ = 0 (the goal just met); Attack and Compare start with "
    f"κ = {catalog.FIRM:g}."
)


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


def rows_html(rows: Sequence[Row]) -> str:
    """All rows that were measured in this visit, the newest first."""
    cells = [
        [
            row.annotator, CASES[row.case], str(row.k), row.attack, f"{row.done} of {_attackable(row)}",
            share(row.fooled, row.done), share(row.won, row.done), *(number(mean) for mean in _means(row)),
            f"{row.steps / row.done:.0f} of {row.max_steps}" if row.done else f"– of {row.max_steps}", f"{row.seconds:.0f}",
            row.state,
        ]
        for row in rows
    ]  # fmt: skip
    sentence = (
        "Goal: what the paper’s tables print as ASR (attack success rate). E = 0: the top-k contradicts the truth afterwards, a "
        "wrong label in it and a true one out; ASR by its Eq. 14. "
        "[95%]: the range that chance leaves, wide with so few photos. Size per pixel (Pert) is the mean over the photos "
        f"with E = 0, as saved, whether or not they met the goal; beside it over those that met it. {JUST_MET} "
        f"What is true on an uploaded photo is what you marked, else the annotator’s guess: {RULE}."
    )
    if rows and (out := rows[0].left_out):
        names = listed(out, len(out))
        sentence += f" Left out of the newest row, as the top-k contradicts the truth before any attack: {names}."
    if rows and rows[0].nothing_found:
        words = left_out_words(rows[0].nothing_found, rows[0].photos, rows[0].annotator)
        sentence += f" In the newest row {words}"
    columns = (
        "annotator", "goal", "k", "attack", "photos", EQ_14, GOAL,
        PERT_HEAD, PERT_WON,
        "steps a photo (mean)", "seconds in all",
        "state",
    )  # fmt: skip
    nothing = "Nothing measured yet. Choose photos and an attack, then press Measure."
    table = table_html(Table("Your rows", sentence, columns, cells, heads=4, nothing=nothing))
    return table + csv_link("your-rows", csv_text(FIELDS, map(_fields, rows))) if rows else table


def _attackable(row: Row) -> int:
    """On how many of the photos something was to be won."""
    return row.photos - len(row.left_out) - len(row.nothing_found)


def _means(row: Row) -> tuple[float | None, float | None]:
    """Sizes per pixel ×10² over the photos with E = 0 and over those that met the goal, as `summary.Figures` has them."""
    return (
        100 * row.pert / row.fooled if row.fooled else None,
        100 * row.pert_won / row.won if row.won else None,
    )


_SIZES = {"pert": PERT, "pert_won": "pert_won_x100"}
FIELDS = tuple(_SIZES.get(name, name) for name in Row.__dataclass_fields__)


def _fields(row: Row) -> list[Any]:
    """A row of the file; sizes as the table has them, means."""
    means = dict(zip(_SIZES, _means(row), strict=True))
    return [means.get(name, getattr(row, name)) for name in Row.__dataclass_fields__]
