"""The tab "Attack" put together: where its widgets stand, and what is in them at the start."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from demo.catalog import attacks as catalog
from demo.catalog.goals import GOALS
from demo.catalog.presets import PRESETS
from demo.components import presenter, replay
from demo.components.amplifier import AMPLIFIER
from demo.components.closer_look import CLOSER
from demo.components.label_menu import LabelMenu
from demo.components.label_toggles import NOTHING_NAMED, SWITCH
from demo.components.photo_input import photo_input, photo_note
from demo.components.sample_gallery import samples_html
from demo.components.share_card import SHARE, share_script
from demo.components.theme import Html, Live, script
from demo.engine import loop
from demo.engine.annotators import load_annotator
from demo.engine.plan import MAX_SEED, MAX_STEPS
from demo.engine.run_queue import CROWDED_SECONDS
from demo.engine.smaller import can_be_smaller
from demo.render.pictures import AMPLIFY
from demo.tabs.attack import downloads, typed_k
from demo.tabs.attack.arrival import Arrival
from demo.tabs.attack.easiest import button as button_of_easiest
from demo.tabs.attack.label_picker import k_shown
from demo.tabs.attack.robustness import panel
from demo.tabs.attack.session import MOST_OWN
from demo.tabs.attack.widgets import Widgets


def lay_out(annotators: Sequence[str], start: Arrival) -> Widgets:
    """Put the widgets of the tab "Attack" into the current one."""
    parts: dict[str, Any] = {}
    _bar(parts, start)
    # In the order of the keyboard: photo, labels, attack, and what comes of it. attack.css places them, on a phone piece by
    # piece: verdict and pictures, ready choices, labels, then the rest.
    with gr.Row(elem_id="main"):
        with gr.Column(elem_id="panel", min_width=0):
            with gr.Column(elem_id="choose-photo", elem_classes="pick", min_width=0):
                _photo(parts, annotators, start)
            with gr.Column(elem_id="choose-truth", elem_classes="pick", min_width=0):
                _truth(parts, start)
            with gr.Column(elem_id="quick", elem_classes="pick", min_width=0):
                _presets(parts)
            with gr.Column(elem_id="choose-attack", elem_classes="pick", min_width=0):
                _attack(parts, start)
        with gr.Column(elem_id="stage", min_width=0):
            _stage(parts, start)
        with gr.Column(elem_id="numbers", min_width=0):
            _numbers(parts, start)
    return Widgets(**parts)


def _bar(parts: dict[str, Any], start: Arrival) -> None:
    with gr.Row(elem_classes="runbar"):
        parts["attack_button"] = gr.Button("Attack", variant="primary", elem_id="attack-button", scale=0, min_width=120)
        parts["stop_button"] = gr.Button("Stop", interactive=False, elem_id="stop-button", scale=0, min_width=88)
        parts["status"] = Html(start.view.status, elem_id="status", elem_classes="runstatus")


def _stage(parts: dict[str, Any], start: Arrival) -> None:
    with gr.Row(elem_id="outcome"):
        parts["verdict"] = Html(start.view.verdict, js_on_load=script("tabs/attack/more_labels.js"), elem_id="verdict")
        with gr.Column(elem_id="next", min_width=0):
            # Its file comes as the page is opened: an address on the server's disk is not for the page's description.
            parts["png"] = gr.DownloadButton("Attacked photo (PNG)", elem_id="download-png", size="md", min_width=0)
            parts["link_button"] = downloads.link_button()
            with gr.Row(elem_id="share-row"):
                parts["share"] = Html({"link": ""}, html_template=SHARE, js_on_load=share_script(), elem_id="share")
                Html(presenter.enter())
                panel.way()
            outcome = start.view.outcome
            able = outcome is not None and can_be_smaller(outcome)
            parts["smaller_button"] = gr.Button(
                "Make the change smaller",
                elem_id="smaller-button",
                elem_classes=[] if able else ["absent"],
                size="md",
                min_width=0,
            )
    with gr.Row(elem_id="pictures"):
        parts["before"] = Live(start.view.before, elem_id="before")
        with gr.Column(elem_id="change-column", min_width=0):
            parts["change"] = Live(start.view.change, elem_id="change")
            parts["amplifier"] = Html(
                AMPLIFY,
                html_template=AMPLIFIER,
                js_on_load=script("components/amplifier.js"),
                elem_id="amplifier",
            )
        parts["after"] = Live(start.view.after, elem_id="after")
    with gr.Row(elem_id="look"):
        parts["replay"] = Html(
            replay.replay_value(start.view.replay),
            html_template=replay.REPLAY,
            js_on_load=script("components/replay.js"),
            elem_id="replay",
        )
        Html(html_template=CLOSER, js_on_load=script("components/closer_look.js"), elem_id="closer")
    parts["race"] = Live(start.view.race, elem_id="race")


def _numbers(parts: dict[str, Any], start: Arrival) -> None:
    with gr.Row(elem_id="downloads"):
        parts["report"] = gr.DownloadButton("Report (JSON)", elem_id="download-report", size="md", min_width=0)
    parts["downloads"] = downloads.lay_out(start.files[2], parts.pop("link_button"))
    parts["table"] = Html(start.view.table, elem_id="table")
    parts["robustness_button"], parts["robustness"] = panel.lay_out()


def _photo(parts: dict[str, Any], annotators: Sequence[str], start: Arrival) -> None:
    Html('<h2><span class="number">1</span>Choose a photo</h2>', elem_id="photo-heading")
    parts["photo"] = photo_input(
        label="Photo", show_label=False, elem_id="photo", height=150, buttons=[],
        sources=["upload", "webcam", "clipboard"], placeholder="Drop a photo here, or press to choose one",
    )  # fmt: skip
    photo_note()
    parts["samples"] = Html(
        samples_html(),
        js_on_load=script("components/sample_gallery.js"),
        elem_id="samples",
        chosen=start.sample,
        own="",
        most=MOST_OWN,
    )
    parts["annotator"] = gr.Radio(
        catalog.annotator_choices(annotators), value=start.annotator, label="Annotator", info=catalog.ANNOTATORS,
        elem_id="annotator",
    )  # fmt: skip


def _truth(parts: dict[str, Any], start: Arrival) -> None:
    Html('<h2><span class="number">2</span>Mark what is true</h2>')
    parts["toggles"] = Html(
        start.toggles, html_template=SWITCH + "${value ? value.html : ''}", js_on_load=script("components/label_toggles.js"),
        elem_id="chips", marking=NOTHING_NAMED, edge=start.k,
    )  # fmt: skip


def _presets(parts: dict[str, Any]) -> None:
    Html('<h2><span class="number">3</span>Choose the attack</h2>')
    Html(
        '<p class="hint if-marked">Press a ready choice to set it and start at once:</p>'
        '<p class="hint if-none-marked">A ready choice starts once a label is marked as true.</p>'
    )
    with gr.Row(elem_id="presets"):
        parts["presets"] = {
            name: gr.Button(preset.title, size="sm", min_width=0, elem_id=f"preset-{name}")
            for name, preset in PRESETS.items()
        }


def _attack(parts: dict[str, Any], start: Arrival) -> None:
    attacks = catalog.attacks()
    own = next(iter(attacks))
    parts["attack"] = gr.Dropdown(
        [(catalog.label_of(name), name) for name in attacks], value=own, label="Attack",
        info=catalog.sentence(own, start.annotator), filterable=False, elem_id="attack",
    )  # fmt: skip
    parts["goal"] = gr.Radio(
        [(goal.title, name) for name, goal in GOALS.items()], **catalog.goals_shown(own), label="Goal", elem_id="goal"
    )
    room = k_shown(load_annotator(start.annotator), len(start.toggles["truth"]), start.k)
    parts["k"] = gr.Slider(**room, step=1, label=catalog.K, elem_id="k")
    parts["counted"] = gr.Number(visible="hidden")
    parts["moved"] = typed_k.counter()
    parts["case"] = gr.Radio(
        [(title, name) for name, title in catalog.TARGET_CASES.items()], value="best", label=catalog.TARGETS, visible=False,
        elem_id="case",
    )  # fmt: skip
    parts["easiest"] = gr.Button(button_of_easiest(), visible=False, size="sm", elem_id="easiest")
    parts["chosen"] = LabelMenu([], multiselect=True, label="Target labels", visible=False, elem_id="chosen")
    with gr.Accordion("Advanced", open=False, elem_id="advanced") as parts["advanced"]:
        parts["max_steps"] = gr.Slider(
            1, MAX_STEPS, step=1, **catalog.steps_shown(own), elem_id="max-steps",
            info=f"A run lasts {loop.BUDGET_SECONDS:.0f}\u00a0seconds at most, {CROWDED_SECONDS:.0f} while others wait, "
            "rounding included",
        )  # fmt: skip
        # Text fields, because gr.Number turns "nothing" into 0 as soon as it is shown.
        with gr.Row(elem_id="settings"):
            parts["settings"] = {
                name: gr.Textbox(
                    **catalog.setting_shown(own, name), label=setting.label, info=setting.told,
                    elem_id=name.replace("_", "-"), min_width=150,
                )
                for name, setting in catalog.SETTINGS.items()
            }  # fmt: skip
        parts["seed"] = gr.Number(
            0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, info=catalog.SEED,
            elem_id="seed", visible=catalog.uses_seed(own),
        )  # fmt: skip
        parts["score_space"] = gr.Radio(
            [("raw scores (logits)", "logits"), ("probabilities (as in the paper)", "probability")], value="logits",
            label="Scores to attack", elem_id="score-space",
        )  # fmt: skip
