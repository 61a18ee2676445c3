"""The tab's widgets, and what they do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.catalog import attacks as catalog
from demo.catalog.english import counted
from demo.components.events import QUIET, Update, plainly
from demo.components.fetched import fetched, once
from demo.components.photo_set import PhotoSet, photo_set
from demo.components.run_bar import into_sight, wire
from demo.components.theme import Html
from demo.components.upload_truth import upload_truth
from demo.engine.annotators import load_annotator
from demo.engine.plan import DEFAULT_K, MAX_SEED, MAX_STEPS
from demo.engine.run_queue import Turn
from demo.engine.stream import pause
from demo.export.files import KEEP_SECONDS
from demo.photos.selection import selected
from demo.render.status import line_html, waiting_html
from demo.tabs.tables import live_row, live_table
from demo.tabs.tables.intro import intro_html
from demo.tabs.tables.sections import measured_html
from tkml_core.step_generators import WithResult

MOST_ROWS = 8


@dataclass(frozen=True)
class TablesWidgets:
    """The tab's widgets; `rows` holds the rows measured in this visit, the newest first."""

    rows: gr.State
    run: gr.Button
    stop: gr.Button
    status: gr.HTML
    table: gr.HTML
    photos: PhotoSet
    marked: gr.State
    annotator: gr.Radio
    attack: gr.Dropdown
    case: gr.Radio
    k: gr.Slider
    max_steps: gr.Slider
    seed: gr.Number


def what_was_measured() -> str:
    """All that comes of the lines in `assets/measured`."""
    return intro_html() + measured_html()


contents = once(what_was_measured)


def build(tab: gr.Tab, names: Sequence[str], files: dict[str, str]) -> TablesWidgets:
    """Put the tab into the current one, which is `tab`. names: the annotators; files: the samples' paths by name."""
    parts: dict[str, Any] = {"rows": gr.State([], time_to_live=KEEP_SECONDS)}
    fetched(tab, contents, "The tables are being fetched", "tables")
    Html('<h2 class="part" id="live-part">Measure a row yourself</h2>')
    with gr.Row(elem_classes="runbar"):
        parts["run"] = gr.Button("Measure", variant="primary", elem_id="live-run", scale=0, min_width=120)
        parts["stop"] = gr.Button("Stop", interactive=False, elem_id="live-stop", scale=0, min_width=88)
        parts["status"] = Html(line_html("ready"), elem_id="live-status", elem_classes="runstatus")
    with gr.Row(elem_id="live-choices"):
        with gr.Column(min_width=0):
            parts["photos"] = photo_set("live", files, live_row.MOST_PHOTOS)
            truth_at = gr.Column(min_width=0)
        _attack(parts, names)
        with truth_at:
            parts["marked"] = upload_truth("live", parts["photos"], parts["annotator"], parts["k"])
    parts["table"] = Html(live_table.rows_html([]), elem_id="live-table")
    w = TablesWidgets(**parts)
    _wire(w, files)
    return w


def _attack(parts: dict[str, Any], names: Sequence[str]) -> None:
    attacks = live_row.attacks()
    own = next(iter(attacks))
    with gr.Column(min_width=0):
        parts["annotator"] = gr.Radio(
            catalog.annotator_choices(names),
            value=names[0],
            label="Annotator",
            info=catalog.ANNOTATORS,
            elem_id="live-annotator",
        )
        parts["attack"] = gr.Dropdown(
            [(catalog.label_of(name), name) for name in attacks], value=own, label="Attack",
            filterable=False, elem_id="live-attack",
        )  # fmt: skip
        parts["case"] = gr.Radio(**_cases_shown(own), label="Goal", elem_id="live-case")
    with gr.Column(min_width=0):
        parts["k"] = gr.Slider(1, 10, value=DEFAULT_K, step=1, label=catalog.K, elem_id="live-k")
        parts["max_steps"] = gr.Slider(
            1, MAX_STEPS, value=attacks[own].steps, step=1, label="Steps at most", elem_id="live-steps"
        )
        parts["seed"] = gr.Number(
            0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, info=catalog.SEED, elem_id="live-seed"
        )


def _cases_shown(attack: str) -> dict[str, Any]:
    cases = live_row.cases_of(attack)
    return {
        "choices": [(words, name) for name, words in cases.items()],
        "value": next(iter(cases)),
        "visible": len(cases) > 1,
    }


def _wire(w: TablesWidgets, files: dict[str, str]) -> None:
    @plainly
    def on_attack(attack: str) -> Update:
        return {
            w.case: gr.update(**_cases_shown(attack)),
            w.max_steps: gr.update(
                value=catalog.choice_of(attack).steps, label=f"{catalog.choice_of(attack).counted} at most"
            ),
        }

    def on_run(
        turn: Turn, rows: list[live_row.Row], chosen: list[str], uploads: Any, marked: Any, name: str, attack: str,
        case: str, k: Any, max_steps: Any, seed: Any,
    ) -> Iterator[Update]:  # fmt: skip
        able = live_row.cases_of(attack)
        request = live_row.request_for(
            name, attack, case if case in able else next(iter(able), case), k, max_steps, seed
        )
        case = request.target_case or "cleared"
        sources = selected(chosen, uploads, files, w.photos.most).sources(files, load_annotator(name), marked)
        row = live_row.measure(request, case, sources, turn.stop_asked, budget=turn.clock, next_turn=turn.next)
        run, done = WithResult(row), -1
        for now in run.paced(pause):
            if now.waiting:
                yield {w.status: waiting_html(now.waiting)}
                continue
            update: dict[Any, str] = {w.status: line_html(f"{now.title}", f"step {now.step}", f"{now.row.done} done")}
            if now.row.done > done:
                done = now.row.done
                update[w.table] = live_table.rows_html([now.row, *rows])
            yield update
        rows = [run.result, *rows][:MOST_ROWS]
        yield {
            w.rows: rows,
            w.table: live_table.rows_html(rows),
            w.status: line_html(rows[0].state, counted(rows[0].done, "photo"), f"{rows[0].seconds:.0f} s"),
        }

    w.attack.input(on_attack, w.attack, [w.case, w.max_steps], trigger_mode="always_last", **QUIET)
    inputs = [w.rows, *w.photos.all, w.marked, w.annotator, w.attack, w.case, w.k, w.max_steps, w.seed]
    wire(
        w.run,
        w.stop,
        w.status,
        on_run,
        inputs,
        [w.rows, w.table],
        first=into_sight("live-table"),
    )
