"""The tab's widgets, and what is in them at the start."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from demo.catalog import attacks as catalog
from demo.components.photo_set import photo_set as photos_input
from demo.components.theme import Html
from demo.components.upload_truth import upload_truth
from demo.engine.plan import MAX_SEED
from demo.export.files import KEEP_SECONDS
from demo.photos.selection import MOST_UPLOADS
from demo.render.pictures import figure
from demo.render.status import line_html
from demo.render.verdict import waiting_html
from demo.tabs.universal import craft, events, photo_set, ready_made, render, trial
from demo.tabs.universal.changes import OWN
from demo.tabs.universal.widgets import UniversalWidgets
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.zoo.registry import DEFAULT
from tkml_core.zoo.universal_perturbations import FOLDER, XI, all_notes, xi_of

# The first share stands in assets/measured/universal_budgets.md, the second is that of the ready-made one.
FEW = Markup("""<p class="hint"><b>A few photos do not make a change that works on new ones.</b> For {name} at k = 3, one made
on 160 photos fooled 38% of new photos, one made on 1000 fooled 54%. Here you can take {most}: expect yours to fool its own
photos, and few new ones or none. Still you can see that one change fools many photos at once where random noise as large does
not, and why only photos that it has not seen count.</p>""")
INTRO = Markup("""<p class="lead">One change for <b>every</b> photo: an optimizer <i>crafts</i> it over a set of photos, then it
is added unaltered to photos that it has never seen.</p><details class="how"><summary>More about such a change</summary>
<p class="lead">In the paper it is z (§3.1). It is crafted step by step, and must be far larger than a change made for one photo.
<b>Fooled</b> means on this tab: no true label is left among the k labels shown (in the Lesson: the label on top is wrong). {}</p>
</details>""")
ABOUT_BUDGET = (
    "(‖z‖₂) At 4000 a colour value changes by 8 to 10 of 255 levels (root mean square), in the ready-made ones nowhere by "
    "more than {largest:.0f}, in yours perhaps by more: a texture through which you still see the photo"
)


def build(tab: gr.Tab, names: Sequence[str], files: dict[str, str]) -> UniversalWidgets:
    """Put the tab into the current one. names: the annotators; files: the samples' paths by name."""
    parts: dict[str, Any] = {
        "own": gr.State(None, time_to_live=KEEP_SECONDS), "opened": gr.State(False), "crafting": gr.State(False),
        "tried_with": gr.State(None),
    }  # fmt: skip
    Html(INTRO.format(ready_made.depends(names)))
    annotator, k = ready_made.best_start(names)  # a z that does something is seen first; others are a click away
    with gr.Row(elem_classes="runbar"):
        parts["run"] = gr.Button("Craft", variant="primary", elem_id="craft-button", scale=0, min_width=120)
        parts["stop"] = gr.Button("Stop", interactive=False, elem_id="craft-stop", scale=0, min_width=88)
        parts["status"] = Html(line_html("ready"), elem_id="craft-status", elem_classes="runstatus")
    with gr.Row(elem_id="craft"):
        with gr.Column(elem_id="craft-stage", min_width=0):
            _stage(parts)
        with gr.Column(elem_id="craft-panel", elem_classes="pick", min_width=0):
            _choices(parts, names, files, annotator, k)
            _trial(parts, files, annotator, k)
        with gr.Column(elem_id="try", min_width=0):
            with gr.Row(elem_id="try-notice"):
                parts["stale"] = Html("", elem_id="try-stale")
                parts["again"] = gr.Button(events.TRY, elem_id="try-again", scale=0, min_width=120)
            parts["try_verdict"] = Html(waiting_html("Choose photos, then press Try it."), elem_id="try-verdict")
            parts["try_rows"] = Html("", elem_id="try-rows")
    w = UniversalWidgets(**parts)
    events.wire_tab(tab, w, files)
    return w


def _stage(parts: dict[str, Any]) -> None:
    parts["verdict"] = Html(waiting_html("Press Craft to make a change of your own."), elem_id="craft-verdict")
    with gr.Row(elem_id="craft-pictures"):
        parts["z"] = Html(figure("The change", "", None, "", empty="What is crafted shows here."), elem_id="craft-z")
        parts["rates"] = Html(render.rates_html([], render.FIRST_EPOCHS, 0), elem_id="craft-rates")
    parts["facts"] = Html("", elem_id="craft-facts")
    with gr.Row(elem_id="craft-downloads"):
        parts["npz"] = gr.DownloadButton(
            "The change (NPZ)", interactive=False, elem_id="craft-npz", size="md", min_width=0
        )
        parts["png"] = gr.DownloadButton(
            "The change as shown (PNG)", interactive=False, elem_id="craft-png", size="md", min_width=0
        )


def _choices(parts: dict[str, Any], names: Sequence[str], files: dict[str, str], annotator: str, k: int) -> None:
    Html('<h2><span class="number">1</span>Choose the set</h2>')
    Html(FEW.format(name=DEFAULT, most=MOST_UPLOADS), elem_id="craft-few")
    parts["crafted"] = photos_input(
        "craft", files, MOST_UPLOADS, [name for name in photo_set.DEFAULT_SET if name in files],
        info="Those left out can show afterwards whether the change works on any photo",
    )  # fmt: skip
    truth_at = gr.Column(min_width=0)
    parts["views"] = gr.Checkbox(
        True, label=f"{photo_set.VIEWS} pictures of each photo", elem_id="craft-views",
        info="As it is, mirrored, and both cut closer: with few photos the change would otherwise fit only these",
    )  # fmt: skip
    Html('<h2><span class="number">2</span>Choose the attack</h2>')
    parts["annotator"] = gr.Radio(
        catalog.annotator_choices(names), value=annotator, label="Annotator", info=catalog.ANNOTATORS,
        elem_id="craft-annotator",
    )  # fmt: skip
    parts["method"] = gr.Radio(
        [(catalog.universal_title(name), name) for name in UNIVERSAL], value=next(iter(UNIVERSAL)), label="Method",
        elem_id="craft-method",
        info="The paper’s way lifts the labels that score lowest, all alike (Eq. 8); aimed straight, it lifts the one that "
        "still has to pass the true ones (margin). How often each succeeds stands on Tables",
    )  # fmt: skip
    parts["k"] = gr.Slider(1, craft.MOST_K, value=k, step=1, label=catalog.K, elem_id="craft-k")
    with truth_at:
        parts["crafted_truth"] = upload_truth("craft", parts["crafted"], parts["annotator"], parts["k"], square=True)
    parts["budget"] = gr.Slider(
        *craft.BUDGETS,
        value=4000,
        step=100,
        label="Size of the change at most",
        elem_id="craft-budget",
        info=ABOUT_BUDGET.format(
            largest=max(float(notes["linf"]) for notes in all_notes(FOLDER) if xi_of(notes) == XI)
        ),
    )
    with gr.Row():
        parts["epochs"] = gr.Slider(
            1,
            craft.MOST_EPOCHS,
            value=render.FIRST_EPOCHS,
            step=1,
            label="Rounds (epochs)",
            elem_id="craft-epochs",
            scale=2,
            min_width=140,
        )
        parts["seed"] = gr.Number(
            0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="craft-seed", min_width=90
        )


def _trial(parts: dict[str, Any], files: dict[str, str], annotator: str, k: int) -> None:
    Html('<h2><span class="number">3</span>Try it on other photos</h2>')
    bundled = ready_made.has_ready(annotator, k)
    tried = photo_set.whole(files) if bundled else photo_set.unseen(photo_set.DEFAULT_SET, files)
    parts["which"] = gr.Radio(
        [("made here", OWN), *((ready_made.bundled_title(name), name) for name in UNIVERSAL)],
        value=ready_made.strongest(annotator, k) if bundled else OWN,
        label="Which change", elem_id="try-which",
        info="Ready-made ones are for one annotator and one k, chosen above; not every annotator has any",
    )  # fmt: skip
    parts["tried"] = photos_input(
        "try", files, trial.MOST_TRIED, tried[: trial.MOST_TRIED],
        info=f"Up to {trial.MOST_TRIED}. At the start: the samples whose labels the annotator gets right. Once you have "
        "crafted a change: those that were not in its set. A photo that it was made on is known again by its pixels, marked, and "
        "counted apart. Photos are cut to their centre square",
    )  # fmt: skip
    parts["tried_truth"] = upload_truth("try", parts["tried"], parts["annotator"], parts["k"], square=True)
    parts["try_button"] = gr.Button(events.TRY, elem_id="try-button")
