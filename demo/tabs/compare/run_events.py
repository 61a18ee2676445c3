"""Compare and Stop: the methods in turn, on one photo after the other."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from gradio.utils import get_upload_folder

from demo.catalog.english import duration
from demo.components import run_bar
from demo.components.attack_choices import EntryWidgets
from demo.components.events import Update
from demo.engine.annotators import load_annotator
from demo.engine.guessed_truth import left_out_words
from demo.engine.outcome import Outcome
from demo.engine.run_queue import Turn
from demo.export import files as export_files
from demo.render.csv_file import NOTE, csv_link
from demo.render.status import line_html, pace_words, waiting_html
from demo.render.tables import sum_up
from demo.tabs.compare import figure_events, render, rounds, summary, totals
from demo.tabs.compare import methods as comparison
from demo.tabs.compare.events import UNMARKED, asked, entry_of, plan, strip, why_left_out
from demo.tabs.compare.follow import Wish
from demo.tabs.compare.limits import Limit
from demo.tabs.compare.rounds import Round
from demo.tabs.compare.widgets import CHOICES, Choices, CompareWidgets
from tkml_core.step_generators import WithResult

WISHES = len(Wish._fields)


def told(
    w: CompareWidgets, photos: list[Round], aim: str, limit: Limit, note: str, done: bool, number: int = 0,
    running: str = "",
) -> Update:  # fmt: skip
    """Sentence and table of how far it is, with CSV files beside the table once all is done.

    note: what is said of photos that are left out; number: the photo in the columns; running: the method whose run goes on,
    none between two runs.
    """
    first = comparison.reference(photos[0].plans)
    name = f"comparison-k{first.k}-{first.request.annotator}"
    counted = totals.counting(photos)
    runs = [(one.title, one.reports, one in counted) for one in photos]
    if len(photos) == 1:
        (one,) = photos
        name = export_files.name_of(first.photo.name, "comparison", first.k, first.request.annotator)
        sentence = summary.sentence(one.plans, one.reports, done, running, one.broken)
        given, more = summary.given_words(limit, one.reports), summary.over_words(limit, one.reports)
        table = summary.table_html(one.plans, one.reports, done, given, more, running)
    else:
        sentence = totals.sentence(photos, aim, done, number, running)
        table = totals.table_html(photos, limit, done, f"{name}-table")
    if done and any(one.ended for one in photos):
        table += csv_link(
            name,
            summary.runs_csv(runs, limit),
            "Table (CSV)" if len(photos) == 1 else "Every run (CSV)",
            f"{NOTE} {summary.MARGIN}",
        )
    return {w.words: sum_up(" ".join(filter(None, (sentence, note)))), w.table: table}


def wire_run(w: CompareWidgets, source: EntryWidgets, files: Mapping[str, str]) -> None:
    """The buttons, and all that a comparison shows."""

    def on_run(turn: Turn, *values: Any) -> Iterator[Update]:
        wish, values = Wish(*values[:WISHES]), values[WISHES:]
        choices, entry = Choices(*values[:CHOICES]), entry_of(*values[CHOICES:])
        added = why_left_out(choices, entry, files)
        if not entry.true and not added:
            raise ValueError(
                "Mark at least one label as true on the tab Attack, or add photos here: there is nothing to contradict yet."
            )
        limit, seed = choices.limit.checked(), 0 if choices.seed is None else choices.seed
        comparison.checked(entry, choices.goal, choices.methods, limit)
        asked_for = choices.goal, choices.methods, limit, seed
        first = [] if added else [Round(entry, comparison.plans(entry, *asked_for))]
        others = rounds.others(entry, choices.samples, choices.uploads, files)
        sources = others.sources(dict(files), load_annotator(entry.annotator), choices.marked)
        reading, count = WithResult(rounds.gathering(first, entry, sources, *asked_for)), len(sources) + len(first)
        for number in reading:
            yield {w.status: line_html(f"photo {number} of {count} read")}
            if turn.stop_asked():
                yield {w.status: line_html("stopped before anything was compared")}
                return
        photos, nothing_found = reading.result
        yield {
            w.strip: strip(choices, entry, files, nothing_found),
            w.plan: plan(choices, wish, entry, files, nothing_found),
            w.stale: "",
            w.about: replace(asked(choices, entry, files), nothing_found=tuple(nothing_found)),
            w.figures.kept: [],
            **dict.fromkeys(w.past, ""),
        }
        note = left_out_words(nothing_found, count, entry.annotator)
        if added == UNMARKED:
            note = " ".join(
                filter(None, (f"The photo on the tab Attack ({entry.title}) is left out, {UNMARKED}.", note))
            )
        yield from compared(w, turn, photos, choices.goal, limit, note)

    to_results = run_bar.into_sight("compare-verdict")
    run_bar.wire(
        w.run, w.stop, w.status, on_run, [*source.wish, *w.choices, *source.all],
        [*w.columns, *w.past, w.plan, w.strip, w.stale, w.about, w.words, w.heading, w.table, w.figures.kept], first=to_results,
    )  # fmt: skip


def compared(
    w: CompareWidgets, turn: Turn, photos: list[Round], aim: str, limit: Limit, note: str = ""
) -> Iterator[Update]:
    """The updates of all photos, and how it stands at the end, also where an error is the end, which is raised after that.

    note: as `told` has it.
    """
    saved: dict[Round, list[str]] = {}

    def kept() -> figure_events.Kept:
        """What figures are drawn of: of several photos those that sentence and table count."""
        if len(photos) == 1:
            return [(0, one.title, paths) for one, paths in saved.items() if paths]
        counted = totals.counting(photos)
        return [(number, one.title, saved[one]) for number, one in enumerate(photos, 1) if one in counted]

    def concluded() -> Update:
        cut = any(not one.complete for one in photos)
        return {
            **told(w, photos, aim, limit, note, done=True),
            w.status: line_html(
                totals.spent_words(photos).lower() if cut else "done", f"{duration(rounds.spent(photos))} in all"
            ),
            w.figures.kept: kept(),
        }

    for number, one in enumerate(photos):
        try:
            outcomes = yield from _photo(w, turn, photos, number, aim, limit, note)
            saved[one] = [export_files.save_data(made, get_upload_folder()) for made in outcomes]
        except Exception:
            one.broken = True  # else what is shown would say for good that a run goes on
            yield {**_without_result(w, one, "ended by an error"), **concluded()}
            raise
        over = turn.stop_asked() or rounds.spent(photos) >= rounds.SECONDS
        if over or number + 1 == len(photos):
            break
        yield {w.past[number]: render.past_html(number, one, outcomes)}
    yield concluded()


def _photo(
    w: CompareWidgets, turn: Turn, photos: list[Round], number: int, aim: str, limit: Limit, note: str
) -> Generator[Update, None, list[Outcome]]:
    """The updates of one photo; returns the outcomes of the methods that had their run."""
    one, outcomes = photos[number], list[Outcome]()
    yield {
        **dict(zip(w.columns, render.opening(one.plans, len(w.columns) - 1), strict=True)),
        **told(w, photos, aim, limit, note, done=False, number=number),
        w.heading: render.heading_html(number, photos),
        w.status: line_html(*_which(number, photos, 0), "starting"),
    }
    running = ""
    for update_of in comparison.column_updates(one.plans, turn.stop_asked, turn.clock, turn.next, limit.seconds):
        if update_of.waiting:
            yield {w.status: waiting_html(update_of.waiting)}
            continue
        contestant, which = one.plans[update_of.column], _which(number, photos, update_of.column)
        update: Update = {w.columns[update_of.column + 1]: render.column_html(contestant, update_of)}
        if update_of.frame:
            update[w.status] = line_html(*which, contestant.request.attack, *pace_words(contestant, update_of.frame))
            if running != contestant.request.attack:  # not before: it may wait for its run, or be stopped before it
                running = contestant.request.attack
                update |= told(w, photos, aim, limit, note, done=False, number=number, running=running)
        if update_of.outcome:
            outcomes.append(update_of.outcome)
            one.reports[update_of.column] = update_of.outcome.report
            update |= told(w, photos, aim, limit, note, done=False, number=number)
            update[w.status] = line_html(*which, contestant.request.attack, "ended")
        yield update
    if left := _without_result(w, one, "stopped before its turn"):
        yield left
    return outcomes


def _without_result(w: CompareWidgets, one: Round, words: str) -> Update:
    """The columns of the methods that have come to no end."""
    columns = zip(one.plans, w.columns[1:], one.reports, strict=False)
    return {box: render.waiting_html(plan, words) for plan, box, report in columns if report is None}


def _which(number: int, photos: list[Round], column: int) -> tuple[str, ...]:
    """Which method of how many it is, and of several photos which."""
    method = f"{column + 1} of {len(photos[number].plans)}"
    return (method,) if len(photos) == 1 else (f"photo {number + 1} of {len(photos)}", f"method {method}")
