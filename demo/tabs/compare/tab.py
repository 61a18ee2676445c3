"""The tab "Compare" built: laid out and wired."""

import gradio as gr

from demo.catalog import attacks as catalog
from demo.components.attack_choices import EntryWidgets
from demo.components.events import QUIET
from demo.components.photo_set import photo_set
from demo.components.theme import Html, script
from demo.components.upload_truth import upload_truth
from demo.engine import loop
from demo.engine.guessed_truth import RULE
from demo.engine.plan import MAX_SEED
from demo.engine.run_queue import CROWDED_SECONDS
from demo.export.files import KEEP_SECONDS
from demo.render.methods import columns_html
from demo.render.status import line_html
from demo.tabs.compare import events, figure_events, render, rounds, run_events
from demo.tabs.compare import methods as comparison
from demo.tabs.compare.limits import FIRST, LIMITS, MOST
from demo.tabs.compare.methods import AIMS
from demo.tabs.compare.widgets import CompareWidgets

INTRO = (
    '<div class="compare-intro"><h2>Compare methods</h2><p>The same photos, the same truth, the same goal: which method gets '
    "there, and with how little change? They run one after the other, as in the paper's Figures 2 and 4.</p></div>"
)
PHOTOS_TOLD = (
    "Samples come behind the photo on the tab Attack; photos of your own take its place. A table sums up. What is true on a "
    f"sample is known; on a photo of yours it is the annotator’s guess ({RULE}) until you correct it; a photo in which it finds "
    "nothing is left out. "
    f"A comparison computes for {rounds.SECONDS / 60:.0f} minutes at most: no photo begins after them, and one that not every "
    "method came to is not counted"
)
STOPS = (
    "It is the most each may take, not what it takes: TkML-AP-U stops soon after its first success, MinNorm goes on to make the "
    "change smaller. A gradient says, for all pixels at once, which way helps"
)
CLOCK = f"{loop.BUDGET_SECONDS:.0f}\u00a0s a run at most, {CROWDED_SECONDS:.0f} while others wait, rounding included"
# By the names of LIMITS: label, and what it means
AMOUNTS = {
    "steps": (
        "Steps at most",
        f"{CLOCK}; BlackBox counts queries (looks at the scores) and wants about 2000",
    ),
    "gradients": (
        "Gradients at most",
        f"{CLOCK}. A step takes one or more, the rounding for saving a few more. BlackBox takes none, so it is out",
    ),
    "seconds": (
        "Seconds at most",
        f"{CROWDED_SECONDS:.0f} is the most, as a run has no more while others wait. Others' runs make this machine slower",
    ),
}


def build(tab: gr.Tab, source: EntryWidgets, files: dict[str, str]) -> CompareWidgets:
    """Fill the current tab. source: the widgets that say what is attacked; files: the samples' paths by name."""
    start = events.entry_of(*source.values)
    Html(INTRO)
    with gr.Row(elem_classes="runbar"):
        run = gr.Button("Compare", variant="primary", elem_id="compare-button", scale=0, min_width=120)
        stop = gr.Button("Stop", interactive=False, elem_id="compare-stop", scale=0, min_width=88)
        status = Html(line_html("ready"), elem_id="compare-status", elem_classes="runstatus")
        stale = Html("", elem_id="compare-stale")
    plan = Html("", elem_id="compare-plan")  # as the tab opens
    with gr.Row(elem_id="compare-entry"):
        strip = Html(render.strip_html(start, "cleared"), elem_id="compare-strip")
        change = gr.Button("Change them on Attack", size="md", scale=0, min_width=250, elem_id="compare-change")
    with gr.Accordion("More photos", open=False, elem_id="compare-photos"):
        photos = photo_set("compare", files, rounds.MOST_PHOTOS, [], PHOTOS_TOLD, beside=1)
        marked = upload_truth("compare", photos, source.annotator, source.k)
    with gr.Row(elem_id="compare-choices"):
        goal = gr.Radio(
            [(choice.title, name) for name, choice in AIMS.items()],
            value="cleared",
            label="Goal",
            elem_id="compare-goal",
        )
        methods = gr.CheckboxGroup(
            comparison.titled(comparison.offered("cleared", start.annotator, start.k)), value=list(AIMS["cleared"].first),
            label="Methods", elem_id="compare-methods",
        )  # fmt: skip
        limit = gr.Radio(
            [(title, name) for name, title in LIMITS.items()], value="steps", label="Limit, the same for every method",
            info=STOPS, elem_id="compare-limit",
        )  # fmt: skip
        # compare.css shows the one that is chosen
        amounts = {
            name: gr.Slider(
                1, most, value=FIRST[name], step=1, label=AMOUNTS[name][0], info=AMOUNTS[name][1], elem_id=f"compare-{name}"
            )
            for name, most in MOST.items()
        }  # fmt: skip
        seed = gr.Number(
            0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="compare-seed",
            info=f"{catalog.SEED}. For random targets and BlackBox",
        )  # fmt: skip
    Html(render.methods_html(), elem_id="compare-methods-told")
    about = gr.State(None, time_to_live=KEEP_SECONDS)  # the ComparisonRequest that what is shown is about
    followed = gr.State(None, time_to_live=KEEP_SECONDS)
    words = Html(render.EMPTY, elem_id="compare-verdict")
    table = Html("", elem_id="compare-table")
    Html(columns_html(), elem_id="compare-columns-told")
    heading = Html("", elem_id="compare-heading")
    with gr.Row(elem_id="compare-columns", elem_classes="compare-row"):
        columns = [Html("", elem_classes="compare-slot") for _ in range(comparison.most_columns() + 1)]
    figures = figure_events.lay_out()
    past = [Html("", elem_classes="compare-past") for _ in range(rounds.MOST_PHOTOS - 1)]

    w = CompareWidgets(
        run, stop, status, stale, plan, strip, change, goal, methods, limit, amounts, seed, photos, marked, about, followed,
        words, heading, columns, table, past, figures,
    )  # fmt: skip
    change.click(None, None, None, js=script("tabs/compare/to_attack.js"), **QUIET)
    events.wire_choices(tab, w, source, files)
    run_events.wire_run(w, source, files)
    figure_events.wire(figures)
    return w
