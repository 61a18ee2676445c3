"""What the tab's widgets do."""

import io
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder

import tkml_core as tk
from demo.components.run_bar import into_sight, wire
from demo.engine import loop
from demo.export import files as shelf
from demo.photos.selection import sample_sources, uploaded
from demo.render.photo_card import line_html
from demo.render.verdict import waiting_html
from demo.tabs.attack import stage as live
from demo.tabs.attack.choice_events import QUIET
from demo.tabs.attack.label_picker import Update
from demo.tabs.attack.updates import plainly
from demo.tabs.universal import craft, photo_set, render, trial
from tkml_core.generators import WithResult

OWN = "made here"  # the z that the visitor made, where one is chosen to be tried
Stop = Callable[[], bool]


def connect(tab: gr.Tab, box: dict[str, Any], files: dict[str, str]) -> None:
    """Have the tab's widgets do what they say."""

    def tried(change: trial.Change, used: Sequence[str], names: Sequence[str], uploads: Any) -> Update:
        annotator = loop.annotator(change.annotator)
        sources = sample_sources(names, files, annotator) + uploaded(uploads, trial.MOST_TRIED)
        notes = [photo_set.seen(name, used) for name in names] + ["yours"] * (len(sources) - len(names))
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
        bundled = trial.ready(which, name, int(k))
        factor = render.factor_for(float(tk.l2_norm(bundled.z)[0]))
        return {
            box["opened"]: True,
            box["verdict"]: waiting_html(
                "A ready-made z is shown so far. Press Craft to make one of your own, and watch."
            ),
            box["z"]: render.change_html(bundled.z, factor, "Change z, ready-made", lossless=True),
            **on_try(which, made, name, k, names, None),
        }

    def on_uploads(names: list[str], uploads: Any) -> list[str]:
        return names[: trial.room(uploads)]  # somebody's own photos come first

    def on_craft(
        stop_asked: Stop, used: list[str], uploads: Any, strangers: Any, more: bool, *wish: Any
    ) -> Iterator[Update]:
        asked = craft.checked(used, *wish)
        sources = sample_sources(used, files, loop.annotator(asked.annotator)) + uploaded(uploads)
        yield {box["status"]: line_html(f"reading {len(sources)} photos")}
        crowd = photo_set.gather(sources, asked.annotator, asked.k, more)
        made = yield from _moments(box, asked, crowd, stop_asked)
        unseen = photo_set.unseen(used, files) or list(files)
        npz, png = files_of(made)
        factor = render.factor_for(made.norm)
        yield {
            box["verdict"]: render.made_html(made, loop.BUDGET_SECONDS),
            box["z"]: render.change_html(made.z, factor, "Change z", lossless=True),
            box["rates"]: render.rates_html(made.points, asked.epochs, made.pictures),
            box["facts"]: render.facts_html(made),
            box["status"]: line_html(f"{made.updates} updates", f"‖z‖₂ {made.norm:.0f}", "done"),
            box["npz"]: gr.update(value=npz, interactive=True),
            box["png"]: gr.update(value=png, interactive=True),
            box["made"]: made,
            box["which"]: OWN,
            box["tried"]: unseen[: trial.room(strangers)],
            **tried(trial.own(made), used, unseen[: trial.MOST_TRIED], None),
        }

    asked_for = ("used", "uploads", "strangers", "views", "annotator", "k", "method", "budget", "epochs", "seed")
    wishes = [box[name] for name in asked_for]
    shown = [
        box[name]
        for name in ("verdict", "z", "rates", "facts", "npz", "png", "made", "which", "tried", "tally", "rows")
    ]
    wire(box["run"], box["stop"], box["status"], on_craft, wishes, shown)
    box["strangers"].upload(on_uploads, [box["tried"], box["strangers"]], box["tried"], **QUIET)
    choice = [box[name] for name in ("which", "made", "annotator", "k", "tried")]
    box["try"].click(None, None, None, js=f"() => {{{into_sight('try-verdict')}}}", **QUIET)
    box["try"].click(on_try, [*choice, box["strangers"]], [box["tally"], box["rows"]], api_visibility="private")
    first = [box[name] for name in ("opened", "verdict", "z", "tally", "rows")]
    tab.select(on_open, [box["opened"], *choice], first, **QUIET)


def _moments(
    box: dict[str, Any], asked: craft.Wish, crowd: photo_set.PhotoSet, stop_asked: Stop
) -> Generator[Update, None, craft.Made]:
    """Updates of the stage while the run goes on, at most so many a second; returns what was made."""
    n, factor = len(crowd.x), render.factor_for(asked.budget)
    running = f"Crafting with {asked.title} over {n} pictures of {crowd.photos} photos. Stop keeps the best so far."
    yield {
        box["verdict"]: waiting_html(running),
        box["rates"]: render.rates_html([], asked.epochs, n),
        box["facts"]: "",
        box["npz"]: gr.update(interactive=False),
        box["png"]: gr.update(interactive=False),
    }
    moments, drawn = WithResult(craft.craft(asked, crowd, stop_asked)), 0
    for moment in moments.every(live.PICTURES_EVERY):
        update = {
            box["z"]: render.change_html(moment.z, factor, "Change z", lossless=False),
            box["status"]: line_html(*render.progress(moment, asked)),
        }
        if len(moment.points) > drawn:
            drawn = len(moment.points)
            update[box["rates"]] = render.rates_html(moment.points, asked.epochs, n)
        yield update
    return moments.result


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
    factor = render.factor_for(made.norm)
    render.picture_of(made.z, factor).save(png, "PNG")
    place = shelf.new_place(get_upload_folder())
    name = f"{wish.method}-{wish.annotator}-k{wish.k}".lower()
    paths = place / f"{name}.npz", place / f"{name}-x{factor}.png"
    for path, content in zip(paths, (npz, png), strict=True):
        path.write_bytes(content.getvalue())
    return str(paths[0]), str(paths[1])
