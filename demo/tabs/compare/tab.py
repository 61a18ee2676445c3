"""The tab "Compare" built: laid out and wired."""

import gradio as gr

from demo.components.entry import EntryWidgets
from demo.components.events import QUIET
from demo.components.theme import Html, script
from demo.engine import loop
from demo.engine.places import CROWDED_SECONDS
from demo.engine.plan import MAX_SEED, MAX_STEPS
from demo.export.files import KEEP_SECONDS
from demo.render.status import line_html
from demo.tabs.compare import events, render
from demo.tabs.compare import methods as comparison
from demo.tabs.compare.methods import AIMS
from demo.tabs.compare.widgets import CompareWidgets

STEPS = 200
INTRO = (
    '<div class="compare-intro"><h2>Compare methods</h2><p>The same photo, the same truth, the same goal: which method gets '
    "there, and with how little change? They run one after the other, as in the paper's Figures 2 and 4.</p></div>"
)


def build(tab: gr.Tab, source: EntryWidgets) -> CompareWidgets:
    """Fill the current tab. source: the widgets that say what is attacked."""
    start = events.entry_of(*source.values)
    Html(INTRO)
    with gr.Row(elem_classes="runbar"):
        run = gr.Button("Compare", variant="primary", elem_id="compare-button", scale=0, min_width=120)
        stop = gr.Button("Stop", interactive=False, elem_id="compare-stop", scale=0, min_width=88)
        status = Html(line_html("ready"), elem_id="compare-status", elem_classes="runstatus")
        stale = Html("", elem_id="compare-stale")
    with gr.Row(elem_id="compare-entry"):
        strip = Html(render.strip_html(start, "cleared"), elem_id="compare-strip")
        change = gr.Button("Change them on Attack", size="md", scale=0, min_width=250, elem_id="compare-change")
    with gr.Row(elem_id="compare-choices"):
        goal = gr.Radio(
            [(choice.title, name) for name, choice in AIMS.items()],
            value="cleared",
            label="Goal",
            elem_id="compare-goal",
        )
        methods = gr.CheckboxGroup(
            list(comparison.offered("cleared", start.annotator, start.k)), value=list(AIMS["cleared"].first),
            label="Methods", elem_id="compare-methods",
        )  # fmt: skip
        max_steps = gr.Slider(
            1, MAX_STEPS, value=STEPS, step=1, label="Steps at most", elem_id="compare-steps",
            info=f"For each method, {loop.BUDGET_SECONDS:.0f}\u00a0s at most, {CROWDED_SECONDS:.0f} while others wait; "
            "BlackBox counts queries and wants about 2000",
        )  # fmt: skip
        seed = gr.Number(
            0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="compare-seed",
            info="For random targets and BlackBox",
        )  # fmt: skip
    Html(render.methods_html(), elem_id="compare-methods-told")
    about = gr.State(None, time_to_live=KEEP_SECONDS)  # the ComparisonRequest that what is shown is about
    words = Html(render.EMPTY, elem_id="compare-verdict")
    with gr.Row(elem_id="compare-columns"):
        columns = [Html("", elem_classes="compare-slot") for _ in range(comparison.most_columns() + 1)]
    table = Html("", elem_id="compare-table")
    file = gr.DownloadButton("Table (CSV)", None, interactive=False, elem_id="compare-csv", size="md", scale=0)

    w = CompareWidgets(
        run, stop, status, stale, strip, change, goal, methods, max_steps, seed, about, words, columns, table, file
    )
    change.click(None, None, None, js=script("tabs/compare/to_attack.js"), **QUIET)
    events.wire_choices(tab, w, source)
    events.wire_run(w, source)
    return w
