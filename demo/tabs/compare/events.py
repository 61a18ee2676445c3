"""What the tab's widgets do: choices, the run, and its table as a file."""

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from demo.components import run_bar
from demo.components.entry import EntryWidgets
from demo.components.events import CHOICE, plainly
from demo.components.label_toggles import marked_true
from demo.engine.annotators import load_annotator
from demo.engine.places import Turn
from demo.engine.plan import Plan
from demo.export import files
from demo.photos.identity import photo_id
from demo.photos.selection import known
from demo.render.status import line_html, speed_words, waiting_html
from demo.render.tables import sum_up
from demo.tabs.compare import methods as comparison
from demo.tabs.compare import render, summary
from demo.tabs.compare.methods import AIMS, ComparisonRequest, Entry
from demo.tabs.compare.widgets import CompareWidgets


def entry_of(photo: str, annotator: str, k: Any, toggles: Any, named: Any) -> Entry:
    """What stands on the tab "Attack"; ValueError while its parts do not belong together."""
    if not isinstance(toggles, dict) or (toggles.get("annotator"), toggles.get("photo")) != (
        annotator,
        photo_id(photo),
    ):
        raise ValueError("The labels of the new photo are still on their way. Please try again in a moment.")
    network = load_annotator(annotator)
    true = marked_true(toggles, network)
    # Labels to hide are named in the same place, and those are true.
    targets = [name for name in known(named if isinstance(named, list) else (), network) if name not in true]
    return Entry(photo, annotator, k, true, tuple(dict.fromkeys(targets)))


def wire_choices(tab: gr.Tab, w: CompareWidgets, source: EntryWidgets) -> None:
    """What is chosen here or on the tab "Attack" decides which methods are offered, and whether the results are stale."""

    @plainly
    def on_look(
        goal: str, wanted: Sequence[str], steps: Any, seed: Any, compared: ComparisonRequest | None, *attack: Any
    ) -> Any:
        entry = entry_of(*attack)
        offered = comparison.offered(goal, entry.annotator, entry.k)
        ticked = [name for name in wanted if name in offered]
        old = render.stale_html(compared, ComparisonRequest.of(entry, goal, ticked, steps, seed))
        return render.strip_html(entry, goal), old, gr.update(choices=list(offered), value=ticked)

    def on_aim(goal: str, _: Any, *rest: Any) -> Any:
        return on_look(goal, AIMS[goal].first, *rest)

    @plainly
    def on_choice(
        goal: str, ticked: Sequence[str], steps: Any, seed: Any, compared: ComparisonRequest | None, *attack: Any
    ) -> str:
        return render.stale_html(compared, ComparisonRequest.of(entry_of(*attack), goal, ticked, steps, seed))

    now = [*w.choices, w.about, *source.all]
    tab.select(on_look, now, [w.strip, w.stale, w.methods], **CHOICE)
    w.goal.input(on_aim, now, [w.strip, w.stale, w.methods], **CHOICE)
    for choice in (w.methods, w.max_steps, w.seed):
        choice.input(on_choice, now, w.stale, **CHOICE)


def wire_run(w: CompareWidgets, source: EntryWidgets) -> None:
    """Compare and Stop."""

    def told(plans: list[Plan], reports: summary.Reports, done: bool) -> dict[Any, Any]:
        sentence = summary.sentence(plans, reports, done)
        return {w.words: sum_up(sentence), w.table: summary.table_html(plans, reports, done)}

    def on_run(turn: Turn, aim: str, methods: Any, steps: Any, seed: Any, *attack: Any) -> Iterator[dict[Any, Any]]:
        entry = entry_of(*attack)
        if not entry.true:
            raise ValueError("Mark at least one label as true on the tab Attack: there is nothing to contradict yet.")
        plans = comparison.plans(entry, aim, methods, steps, 0 if seed is None else seed)
        reports: list[dict[str, Any] | None] = [None] * len(plans)
        yield {
            **dict(zip(w.columns, render.opening(plans, len(w.columns) - 1), strict=True)),
            **told(plans, reports, done=False),
            w.strip: render.strip_html(entry, aim),
            w.stale: "",
            w.about: ComparisonRequest.of(entry, aim, methods, steps, seed),
            w.status: line_html(f"1 of {len(plans)}", "starting"),
            w.file: gr.update(value=None, interactive=False),
        }
        for update_of in comparison.column_updates(plans, turn.stop_asked, turn.clock, turn.next):
            if update_of.waiting:
                yield {w.status: waiting_html(update_of.waiting)}
                continue
            plan = plans[update_of.column]
            update: dict[Any, Any] = {w.columns[update_of.column + 1]: render.column_html(plan, update_of)}
            if update_of.frame:
                speed = speed_words(update_of.frame.steps_per_second)
                which = f"{update_of.column + 1} of {len(plans)}"
                update[w.status] = line_html(which, plan.request.attack, f"step {update_of.frame.index}", speed)
            if update_of.outcome:
                reports[update_of.column] = update_of.outcome.report
                update |= told(plans, reports, done=False)
            yield update
        left = {
            box: render.waiting_html(plan, "stopped before its turn")
            for plan, box, report in zip(plans, w.columns[1:], reports, strict=False)
            if report is None
        }
        cut = any(report is None or report["stopped"] == "user" for report in reports)
        yield {
            **left,
            **told(plans, reports, done=True),
            w.status: line_html("stopped" if cut else "done"),
            w.file: gr.update(
                value=_save(comparison.reference(plans), summary.csv_text(reports)), interactive=any(reports)
            ),
        }

    to_results = run_bar.into_sight("compare-verdict")
    run_bar.wire(
        w.run, w.stop, w.status, on_run, [*w.choices, *source.all],
        [*w.columns, w.strip, w.stale, w.about, w.words, w.table, w.file], first=to_results,
    )  # fmt: skip


def _save(plan: Plan, text: str) -> str:
    """Path of the CSV file, in a folder of its own; it is called after the photo that `plan` is about."""
    name = files.name_of(plan.photo.name, "comparison", plan.k, plan.request.annotator)
    path = files.new_place(get_upload_folder()) / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)
