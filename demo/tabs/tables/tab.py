"""The tab's widgets, and what they do."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from demo.catalog import attacks as menu
from demo.components.run_bar import into_sight, wire
from demo.components.theme import Html
from demo.engine import loop
from demo.engine.plan import MAX_SEED, MAX_STEPS
from demo.export.files import KEEP_SECONDS
from demo.photos.samples import samples
from demo.photos.selection import sample_sources, uploaded
from demo.render.photo_card import line_html
from demo.tabs.attack import stage as live
from demo.tabs.attack.choice_events import QUIET
from demo.tabs.attack.label_picker import Update
from demo.tabs.attack.updates import plainly
from demo.tabs.attack.widgets import DEFAULT_K
from demo.tabs.tables import live_row
from demo.tabs.tables.measured import measured_html
from tkml_core.generators import WithResult

MOST_ROWS = 8
INTRO = """<p class="lead">What the attacks do to many photos, measured on this page’s annotators, beside the numbers that the
paper prints (shaded). The paper attacked <b>other networks</b>, trained on other photos. Its Pert, too, is another one: here
pixels go from 0 to 255, in its program from −1 to 1 and then times 255, which doubles every length. Compare how numbers change
down a column, not single numbers across.</p>"""


def build(names: Sequence[str], files: dict[str, str]) -> None:
    """Put the tab into the current one. names: the annotators; files: the samples' paths by name."""
    box: dict[str, Any] = {"rows": gr.State([], time_to_live=KEEP_SECONDS)}
    Html('<h2 class="part">Measure a row yourself</h2>')
    with gr.Row(elem_classes="runbar"):
        box["run"] = gr.Button("Measure", variant="primary", elem_id="live-run", scale=0, min_width=120)
        box["stop"] = gr.Button("Stop", interactive=False, elem_id="live-stop", scale=0, min_width=88)
        box["status"] = Html(line_html("ready"), elem_id="live-status", elem_classes="runstatus")
    with gr.Row(elem_id="live-choices"):
        _photos(box)
        _attack(box, names)
    box["table"] = Html(live_row.rows_html([]), elem_id="live-table")
    Html(f'<h2 class="part">Measured before</h2>{INTRO}')
    Html(measured_html(), elem_id="tables")
    _wire(box, files)


def _photos(box: dict[str, Any]) -> None:
    with gr.Column(min_width=0):
        choices = [(item.title, item.name) for item in samples()]
        box["samples"] = gr.CheckboxGroup(
            choices, value=[name for _, name in choices], label="Samples", elem_id="live-samples"
        )
        box["uploads"] = gr.File(
            label=f"Your own photos; up to {live_row.MOST_PHOTOS} with the samples",
            file_count="multiple", file_types=["image"], height=170, elem_id="live-uploads",
        )  # fmt: skip


def _attack(box: dict[str, Any], names: Sequence[str]) -> None:
    attacks = menu.attacks()
    own = next(iter(attacks))
    with gr.Column(min_width=0):
        box["annotator"] = gr.Radio(
            list(names), value=names[0], label="Annotator", info=menu.ANNOTATORS, elem_id="live-annotator"
        )
        box["attack"] = gr.Dropdown(
            [(f"{choice.title} ({name})", name) for name, choice in attacks.items()], value=own, label="Attack",
            filterable=False, elem_id="live-attack",
        )  # fmt: skip
        box["case"] = gr.Radio(**_cases_shown(own), label="Goal", elem_id="live-case")
    with gr.Column(min_width=0):
        box["k"] = gr.Slider(1, 10, value=DEFAULT_K, step=1, label="k", elem_id="live-k")
        box["max_steps"] = gr.Slider(
            1, MAX_STEPS, value=attacks[own].steps, step=1, label="Steps at most", elem_id="live-steps"
        )
        box["seed"] = gr.Number(0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="live-seed")


def _cases_shown(attack: str) -> dict[str, Any]:
    cases = live_row.cases_of(attack)
    return {
        "choices": [(words, name) for name, words in cases.items()],
        "value": next(iter(cases)),
        "visible": len(cases) > 1,
    }


def _wire(box: dict[str, Any], files: dict[str, str]) -> None:
    @plainly
    def on_attack(attack: str) -> Update:
        return {
            box["case"]: gr.update(**_cases_shown(attack)),
            box["max_steps"]: gr.update(
                value=menu.CHOICES[attack].steps, label=f"{menu.CHOICES[attack].counted} at most"
            ),
        }

    def on_run(
        stop_asked: Callable[[], bool], rows: list[live_row.Row], chosen: list[str], uploads: Any, name: str, attack: str,
        case: str, k: Any, max_steps: Any, seed: Any,
    ) -> Iterator[Update]:  # fmt: skip
        able = live_row.cases_of(attack)
        wish = live_row.ask(name, attack, case if case in able else next(iter(able)), k, max_steps, seed)
        case = wish.target_case or "cleared"
        sources = sample_sources(chosen, files, loop.annotator(name)) + uploaded(uploads, live_row.MOST_PHOTOS)
        run, done = WithResult(live_row.measure(wish, case, sources, stop_asked)), -1
        for now in run.every(live.PICTURES_EVERY):
            update = {box["status"]: line_html(f"{now.title}", f"step {now.step}", f"{now.row.done} done")}
            if now.row.done > done:
                done = now.row.done
                update[box["table"]] = live_row.rows_html([now.row, *rows])
            yield update
        rows = [run.result, *rows][:MOST_ROWS]
        yield {
            box["rows"]: rows,
            box["table"]: live_row.rows_html(rows),
            box["status"]: line_html(rows[0].state, f"{rows[0].done} photos", f"{rows[0].seconds:.0f} s"),
        }

    box["attack"].input(on_attack, box["attack"], [box["case"], box["max_steps"]], trigger_mode="always_last", **QUIET)
    wishes = [
        box[name] for name in ("rows", "samples", "uploads", "annotator", "attack", "case", "k", "max_steps", "seed")
    ]
    wire(
        box["run"],
        box["stop"],
        box["status"],
        on_run,
        wishes,
        [box["rows"], box["table"]],
        first=into_sight("live-table"),
    )
