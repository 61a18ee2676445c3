"""The page's widgets and what is in them at the start, without any behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
from PIL import ImageOps

from demo import menu, runner, takeaway
from demo.goals import GOALS
from demo.live import View
from demo.pictures import data_uri
from demo.plan import MAX_SEED, MAX_STEPS, largest_k
from demo.samples import samples
from demo.theme import script
from demo.uploads import photo_input

DEFAULT_K = 3

HEADER = """
<header class="top"><h1>Fool the top-k labels of a photo</h1>
<p>An image annotator lists the k labels it finds most likely. Change the photo by less than you can see, and the list changes.
A live demo of <b>T<sub>k</sub>ML-AP</b> (Hu, Ke, Wang and Lyu, ICCV 2021).</p></header>
"""

NOTE = """
**What it is for.** Teaching, research and testing. It shows how fragile the ranked labels of an image annotator can be, and how
small a change is enough. Everything is measured on the saved 8-bit picture, and failures are shown as failures.

**What it is not for.** Do not use it to get harmful or private pictures past a filter, or against a system whose owner did not
agree. The changes are made for the annotator on this page. They often do not carry over to another one, to a screenshot or to a
JPEG copy. So a run here, won or lost, says nothing about the safety of another product.

**Your photo** stays on the machine that runs this page and is deleted after about an hour.

**The method** is from S. Hu, L. Ke, X. Wang and S. Lyu, *T<sub>k</sub>ML-AP: Adversarial Attacks to Top-k Multi-Label Learning*,
ICCV 2021. This is an independent implementation. The sample photos come with the packages scikit-image and Matplotlib; the
mosaics are made from them.
"""


def Html(value: Any = None, **options: Any) -> gr.HTML:
    """gr.HTML without Gradio's prose style, which would dress what style.css dresses."""
    return gr.HTML(value, apply_default_css=False, **options)


@dataclass(frozen=True)
class Widgets:
    """Every widget that some handler reads or writes."""

    attack_button: gr.Button
    stop_button: gr.Button
    status: gr.HTML
    verdict: gr.HTML
    before: gr.HTML
    change: gr.HTML
    after: gr.HTML
    race: gr.HTML
    table: gr.HTML
    png: gr.DownloadButton
    report: gr.DownloadButton
    away: takeaway.TakeAway
    annotator: gr.Radio
    photo: gr.Image
    samples: gr.HTML
    chips: gr.HTML
    attack: gr.Dropdown
    goal: gr.Radio
    k: gr.Slider
    case: gr.Radio
    chosen: gr.Dropdown
    advanced: gr.Accordion
    max_steps: gr.Slider
    settings: dict[str, gr.Textbox]  # by the names of menu.SETTINGS
    score_space: gr.Radio
    seed: gr.Number


def samples_html() -> str:
    """A button for every sample photo."""
    buttons = []
    for item in samples():
        small = ImageOps.fit(item.open().convert("RGB"), (144, 108))
        title = escape(item.title, quote=True)
        buttons.append(
            f'<button type="button" class="sample" data-sample="{item.name}" title="{title}">'
            f'<img src="{data_uri(small, lossless=False)}" width="72" height="54" alt="{title}"></button>'
        )
    credits = " · ".join(f"{escape(item.title)}: {item.credit}" for item in samples() if item.credit)
    below = f'<p class="credits">{credits}</p>' if credits else ""
    return f'<div class="samples" role="group" aria-label="Sample photos">{"".join(buttons)}</div>{below}'


@dataclass(frozen=True)
class Start:
    """What the page shows on arrival: a sample, and a finished run on it."""

    sample: str
    annotator: str
    photo: str
    chips: dict[str, Any]
    view: View
    files: tuple[str, str, str]  # adversarial PNG, report and exact data


def header() -> None:
    """What stands above the tabs."""
    Html(HEADER, elem_id="header")


def note() -> None:
    """What stands below the tabs."""
    with gr.Accordion("What this is for, and what it is not for", open=False, elem_id="note"):
        gr.Markdown(NOTE)


def lay_out(annotators: Sequence[str], start: Start) -> Widgets:
    """Put the widgets of the tab "Attack" into the current one."""
    parts: dict[str, Any] = {}
    _bar(parts, start)
    # Three blocks, so that a phone can show pictures, choices and figures in this order; style.css places them.
    with gr.Row(elem_id="main"):
        with gr.Column(elem_id="stage", min_width=0):
            _stage(parts, start)
        with gr.Column(elem_id="panel", min_width=0):
            _photo(parts, annotators, start)
            _attack(parts, start)
        with gr.Column(elem_id="numbers", min_width=0):
            _numbers(parts, start)
    return Widgets(**parts)


def _bar(parts: dict[str, Any], start: Start) -> None:
    with gr.Row(elem_id="bar"):
        parts["attack_button"] = gr.Button("Attack", variant="primary", elem_id="attack-button", scale=0, min_width=120)
        parts["stop_button"] = gr.Button("Stop", interactive=False, elem_id="stop-button", scale=0, min_width=88)
        parts["status"] = Html(start.view.status, elem_id="status")


def _stage(parts: dict[str, Any], start: Start) -> None:
    parts["verdict"] = Html(start.view.verdict, elem_id="verdict")
    with gr.Row(elem_id="pictures"):
        for name in ("before", "change", "after"):
            parts[name] = Html(getattr(start.view, name), elem_id=name)
    parts["race"] = Html(start.view.race, elem_id="race")


def _numbers(parts: dict[str, Any], start: Start) -> None:
    with gr.Row(elem_id="downloads"):
        png, report, data = start.files
        parts["png"] = gr.DownloadButton("Attacked photo (PNG)", png, elem_id="download-png", size="md", min_width=0)
        parts["report"] = gr.DownloadButton("Report (JSON)", report, elem_id="download-report", size="md", min_width=0)
    parts["away"] = takeaway.lay_out(data)
    parts["table"] = Html(start.view.table, elem_id="table")


def _photo(parts: dict[str, Any], annotators: Sequence[str], start: Start) -> None:
    Html('<h2><span class="number">1</span>Choose a photo</h2>')
    parts["photo"] = photo_input(
        label="Photo", show_label=False, elem_id="photo", height=150, buttons=[],
        sources=["upload", "webcam", "clipboard"], placeholder="Drop a photo here, or click to upload",
    )  # fmt: skip
    parts["samples"] = Html(samples_html(), js_on_load=script("samples.js"), elem_id="samples")
    choices = [(f"{name} · {len(runner.annotator(name).labels)} labels", name) for name in annotators]
    parts["annotator"] = gr.Radio(choices, value=start.annotator, label="Annotator", elem_id="annotator")
    Html('<h2><span class="number">2</span>Mark what is true</h2>')
    parts["chips"] = Html(
        start.chips, html_template="${value ? value.html : ''}", js_on_load=script("chips.js"), elem_id="chips"
    )


def _attack(parts: dict[str, Any], start: Start) -> None:
    attacks = menu.attacks()
    own = next(iter(attacks))
    Html('<h2><span class="number">3</span>Choose the attack</h2>')
    parts["attack"] = gr.Dropdown(
        [(f"{choice.title} ({name})", name) for name, choice in attacks.items()], value=own, label="Attack",
        info=menu.sentence(own, start.annotator), filterable=False, elem_id="attack",
    )  # fmt: skip
    parts["goal"] = gr.Radio(**goals_shown(own), label="Goal", elem_id="goal")
    parts["k"] = gr.Slider(
        1, largest_k(runner.annotator(start.annotator), len(start.chips["truth"])), value=DEFAULT_K, step=1, label="k",
        elem_id="k", info="How many labels the annotator shows",
    )  # fmt: skip
    parts["case"] = gr.Radio(
        [(title, name) for name, title in menu.TARGET_CASES.items()], value="best", label="Targets", visible=False,
        elem_id="case",
    )  # fmt: skip
    # Custom values, because a click that overtakes an update brings labels of the choices before it, which Gradio would
    # refuse in words for programmers; the plan checks every label.
    parts["chosen"] = gr.Dropdown(
        [], multiselect=True, allow_custom_value=True, label="Target labels", visible=False, elem_id="chosen"
    )
    with gr.Accordion("Advanced", open=False, elem_id="advanced") as parts["advanced"]:
        parts["max_steps"] = gr.Slider(1, MAX_STEPS, step=1, **steps_shown(own), elem_id="max-steps")
        # Text fields, because gr.Number turns "nothing" into 0 as soon as it is shown.
        with gr.Row(elem_id="settings"):
            parts["settings"] = {
                name: gr.Textbox(**setting_shown(own, name), label=label, elem_id=name.replace("_", "-"), min_width=90)
                for name, label in menu.SETTINGS.items()
            }
        parts["seed"] = gr.Number(
            0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, info="For whatever is drawn at random",
            elem_id="seed", visible=menu.uses_seed(own),
        )  # fmt: skip
        parts["score_space"] = gr.Radio(
            [("logits (default)", "logits"), ("probabilities (the paper's letter)", "probability")], value="logits",
            label="Scores to attack", elem_id="score-space",
        )  # fmt: skip


def goals_shown(attack: str) -> dict[str, Any]:
    """The goals that an attack can have, its own marked; a single one is no choice."""
    names = menu.goals_of(attack)
    return {"choices": [(GOALS[name].title, name) for name in names], "value": names[0], "visible": len(names) > 1}


def steps_shown(attack: str) -> dict[str, Any]:
    """How many steps an attack may take, and what it counts."""
    choice = menu.CHOICES[attack]
    return {"value": choice.steps, "label": f"{choice.counted} at most"}


def setting_shown(attack: str, name: str) -> dict[str, Any]:
    """A setting's field, where the attack has it, and what it stands for while it is empty: the attack's default."""
    if name not in menu.setting_names(attack):
        return {"visible": False}
    default = menu.setting_default(attack, name)
    return {"visible": True, "placeholder": "automatic" if default is None else f"{default:g}"}
