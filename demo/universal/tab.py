"""The tab's widgets, and what they do."""

import io
import json
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder

from demo import live, runner
from demo.actions import Update, plainly
from demo.pictures import figure
from demo.plan import MAX_SEED
from demo.runs import QUIET, wire
from demo.samples import samples
from demo.sources import MOST_UPLOADS, sample_sources, uploaded
from demo.stage import line_html
from demo.universal import craft, drawing, photos, trial
from demo.verdict import waiting_html
from demo.widgets import DEFAULT_K, Html

KEEP_SECONDS = 3600  # a visitor's z; uploads are deleted after as long
OWN = "made here"
Stop = Callable[[], bool]
INTRO = """<p class="lead">One change z for <b>every</b> photo: it is crafted over a set, then added unaltered to photos that it
has never seen (§3.1 of the paper). It must be far larger than a change made for one photo.</p>"""
ABOUT_BUDGET = (
    "‖z‖₂ in 0–255 units on 224 × 224 pixels. 4000, as long as the bundled ones, moves a value by 10 of 255 levels on "
    "average: a texture that you see but read the photo through. 1000 moves it by 2.6."
)


def build(tab: gr.Tab, names: Sequence[str], files: dict[str, str]) -> None:
    """Put the tab into the current one. names: the annotators; files: the samples' paths by name."""
    box: dict[str, Any] = {"made": gr.State(None, time_to_live=KEEP_SECONDS), "opened": gr.State(False)}
    Html(INTRO)
    with gr.Row(elem_classes="runbar"):
        box["run"] = gr.Button("Craft", variant="primary", elem_id="craft-button", scale=0, min_width=120)
        box["stop"] = gr.Button("Stop", interactive=False, elem_id="craft-stop", scale=0, min_width=88)
        box["status"] = Html(line_html("ready"), elem_id="craft-status", elem_classes="runstatus")
    with gr.Row(elem_id="craft"):
        with gr.Column(elem_id="craft-stage", min_width=0):
            _stage(box)
        with gr.Column(elem_id="craft-panel", elem_classes="pick", min_width=0):
            _choices(box, names)
    with gr.Column(elem_id="try", elem_classes="pick", min_width=0):
        _trial(box)
    _wire(tab, box, files)


def _stage(box: dict[str, Any]) -> None:
    box["verdict"] = Html(waiting_html("Press Craft to make a change of your own."), elem_id="craft-verdict")
    with gr.Row(elem_id="craft-pictures"):
        box["z"] = Html(figure("Change z", "", None, "", empty="What is crafted shows here."), elem_id="craft-z")
        box["rates"] = Html(drawing.rates_html([], 10, 0), elem_id="craft-rates")
    with gr.Row(elem_id="craft-downloads"):
        box["npz"] = gr.DownloadButton("Change z (NPZ)", interactive=False, elem_id="craft-npz", size="md", min_width=0)
        box["png"] = gr.DownloadButton(
            "z as shown (PNG)", interactive=False, elem_id="craft-png", size="md", min_width=0
        )


def _choices(box: dict[str, Any], names: Sequence[str]) -> None:
    choices = {item.name: item.title for item in samples()}
    Html('<h2><span class="number">1</span>Choose the set</h2>')
    box["used"] = gr.CheckboxGroup(
        [(title, name) for name, title in choices.items()], value=[n for n in photos.DEFAULT_SET if n in choices],
        label="Samples", elem_id="craft-used",
        info="Those left out can show afterwards whether z is universal",
    )  # fmt: skip
    box["uploads"] = gr.File(
        label=f"Your own photos, up to {MOST_UPLOADS}", file_count="multiple", file_types=["image"], height=130,
        elem_id="craft-uploads",
    )  # fmt: skip
    box["views"] = gr.Checkbox(
        True, label=f"{photos.VIEWS} pictures of each photo", elem_id="craft-views",
        info="As it is, mirrored, and both cut closer: with few photos z would otherwise learn them by heart",
    )  # fmt: skip
    Html('<h2><span class="number">2</span>Choose the attack</h2>')
    labels = [(f"{name} · {len(runner.annotator(name).labels)} labels", name) for name in names]
    box["annotator"] = gr.Radio(labels, value=names[0], label="Annotator", elem_id="craft-annotator")
    box["method"] = gr.Radio(
        list(craft.METHODS), value=craft.METHODS[0], label="Method", elem_id="craft-method",
        info="TkML-AP-Uv is the paper's; kUAPs is the older one it is compared with, and slower",
    )  # fmt: skip
    box["k"] = gr.Slider(1, craft.MOST_K, value=DEFAULT_K, step=1, label="k", elem_id="craft-k")
    box["budget"] = gr.Slider(
        *craft.BUDGETS,
        value=4000,
        step=100,
        label="Length of the change at most",
        elem_id="craft-budget",
        info=ABOUT_BUDGET,
    )
    with gr.Row():
        box["epochs"] = gr.Slider(
            1, craft.MOST_EPOCHS, value=10, step=1, label="Epochs at most", elem_id="craft-epochs", min_width=140
        )
        box["seed"] = gr.Number(
            0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, elem_id="craft-seed", min_width=90
        )


def _trial(box: dict[str, Any]) -> None:
    Html('<h2><span class="number">3</span>Try it on other photos</h2>')
    with gr.Row(elem_id="try-choices"):
        box["which"] = gr.Radio(
            [("made here", OWN), *((f"bundled, {name}", name) for name in craft.METHODS)], value=craft.METHODS[0],
            label="Which z", elem_id="try-which", info="A bundled one is for the annotator and the k chosen above",
        )  # fmt: skip
        choices = {item.name: item.title for item in samples()}
        box["tried"] = gr.CheckboxGroup(
            [(title, name) for name, title in choices.items()], value=photos.unseen(photos.DEFAULT_SET, choices),
            label="Samples", elem_id="try-samples", info="At the start, those that share no photo with the set",
        )  # fmt: skip
        box["strangers"] = gr.File(
            label="Photos of your own", file_count="multiple", file_types=["image"], height=120, elem_id="try-uploads"
        )
    box["try"] = gr.Button("Try it", elem_id="try-button", scale=0, min_width=120)
    box["tally"] = Html(waiting_html("Choose photos, then press Try it."), elem_id="try-verdict")
    box["rows"] = Html("", elem_id="try-rows")


def _wire(tab: gr.Tab, box: dict[str, Any], files: dict[str, str]) -> None:
    def tried(change: trial.Change, used: Sequence[str], names: Sequence[str], uploads: Any) -> Update:
        annotator = runner.annotator(change.annotator)
        sources = sample_sources(names, files, annotator) + uploaded(uploads, trial.MOST_TRIED)
        notes = [photos.seen(name, used) for name in names] + ["yours"] * (len(sources) - len(names))
        tally, rows = trial.try_html(change, sources, notes)
        return {box["tally"]: tally, box["rows"]: rows}

    @plainly
    def on_try(which: str, made: Any, name: str, k: Any, names: list[str], uploads: Any) -> Update:
        if which == OWN:
            if made is None:
                raise ValueError("Nothing has been made here yet. Press Craft first, or choose a bundled change.")
            return tried(trial.own(made), made.wish.used, names, uploads)
        return tried(trial.ready(which, name, int(k)), (), names, uploads)

    @plainly
    def on_open(opened: bool, which: str, made: Any, name: str, k: Any, names: list[str]) -> Any:
        if opened:
            return gr.skip()
        return {**on_try(which, made, name, k, names, None), box["opened"]: True}

    def on_craft(stop_asked: Stop, used: list[str], uploads: Any, more: bool, *wish: Any) -> Iterator[Update]:
        asked = craft.checked(used, *wish)
        sources = sample_sources(used, files, runner.annotator(asked.annotator)) + uploaded(uploads)
        yield {box["status"]: line_html(f"reading {len(sources)} photos")}
        crowd = photos.gather(sources, asked.annotator, asked.k, more)
        made = yield from _moments(box, asked, crowd, stop_asked)
        unseen = (photos.unseen(used, files) or list(files))[: trial.MOST_TRIED]
        npz, png = files_of(made)
        factor = drawing.factor_for(made.norm)
        yield {
            box["verdict"]: drawing.made_html(made, runner.BUDGET_SECONDS),
            box["z"]: drawing.change_html(made.z, factor, "Change z", lossless=True),
            box["rates"]: drawing.rates_html(made.points, asked.epochs, made.pictures),
            box["status"]: line_html(f"{made.updates} updates", f"‖z‖₂ {made.norm:.0f}", "done"),
            box["npz"]: gr.update(value=npz, interactive=True),
            box["png"]: gr.update(value=png, interactive=True),
            box["made"]: made,
            box["which"]: OWN,
            box["tried"]: unseen,
            **tried(trial.own(made), used, unseen, None),
        }

    wishes = [
        box[name] for name in ("used", "uploads", "views", "annotator", "k", "method", "budget", "epochs", "seed")
    ]
    shown = [box[name] for name in ("verdict", "z", "rates", "npz", "png", "made", "which", "tried", "tally", "rows")]
    wire(box["run"], box["stop"], box["status"], on_craft, wishes, shown)
    choice = [box[name] for name in ("which", "made", "annotator", "k", "tried")]
    box["try"].click(on_try, [*choice, box["strangers"]], [box["tally"], box["rows"]], api_visibility="private")
    tab.select(on_open, [box["opened"], *choice], [box["tally"], box["rows"], box["opened"]], **QUIET)


def _moments(
    box: dict[str, Any], asked: craft.Wish, crowd: photos.PhotoSet, stop_asked: Stop
) -> Generator[Update, None, craft.Made]:
    """Updates of the stage while the run goes on, at most so many a second; returns what was made."""
    n, factor = len(crowd.x), drawing.factor_for(asked.budget)
    running = f"Crafting with {asked.method} over {n} pictures of {crowd.photos} photos. Stop keeps the best so far."
    yield {
        box["verdict"]: waiting_html(running),
        box["rates"]: drawing.rates_html([], asked.epochs, n),
        box["npz"]: gr.update(interactive=False),
        box["png"]: gr.update(interactive=False),
    }
    moments, due, drawn = craft.craft(asked, crowd, stop_asked), 0.0, 0
    try:
        while True:
            moment = next(moments)
            now = time.perf_counter()
            if now < due:
                continue
            due = now + live.PICTURES_EVERY
            update = {
                box["z"]: drawing.change_html(moment.z, factor, "Change z", lossless=False),
                box["status"]: line_html(*drawing.progress(moment, asked)),
            }
            if len(moment.points) > drawn:
                drawn = len(moment.points)
                update[box["rates"]] = drawing.rates_html(moment.points, asked.epochs, n)
            yield update
    except StopIteration as end:
        made: craft.Made = end.value
        return made
    finally:
        moments.close()


def files_of(made: craft.Made) -> tuple[str, str]:
    """Paths of z as NPZ (whole levels, and what they are for) and as the amplified PNG."""
    wish, levels = made.wish, (made.z * 255).round().cpu().numpy().astype(np.int16)
    about = {
        "annotator": wish.annotator, "k": wish.k, "method": wish.method, "norm": made.norm, "settings": repr(wish.attack()),
        "photos": made.photos, "pictures": made.pictures, "fooled": made.fooled, "inconsistent": made.inconsistent,
        "noise_fooled": made.noise, "use": "quantize(clamp(x + levels / 255, 0, 1)), x a photo prepared with square=True",
    }  # fmt: skip
    npz, png = io.BytesIO(), io.BytesIO()
    np.savez_compressed(npz, levels=levels, about=np.array(json.dumps(about, ensure_ascii=False)))
    factor = drawing.factor_for(made.norm)
    drawing.picture_of(made.z, factor).save(png, "PNG")
    place = Path(get_upload_folder()) / uuid.uuid4().hex
    place.mkdir(parents=True)
    name = f"{wish.method}-{wish.annotator}-k{wish.k}".lower()
    paths = place / f"{name}.npz", place / f"{name}-x{factor}.png"
    for path, content in zip(paths, (npz, png), strict=True):
        path.write_bytes(content.getvalue())
    return str(paths[0]), str(paths[1])
