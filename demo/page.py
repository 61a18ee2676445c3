"""The page put together, and its start."""

import atexit
import importlib.util
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

import tkml_core as tk
from demo import api
from demo.about import header, note
from demo.catalog import attacks as menu
from demo.components import theme
from demo.engine import loop
from demo.engine.plan import Ask
from demo.export import npz
from demo.export.files import KEEP_SECONDS
from demo.photos import uploads
from demo.photos.samples import samples, write_samples
from demo.render import photo_card
from demo.render.verdict import steps_words, table_html
from demo.tabs.attack import stage as live
from demo.tabs.attack import updates
from demo.tabs.attack.choice_events import QUIET, wire_choices
from demo.tabs.attack.layout import lay_out
from demo.tabs.attack.link_events import wire_link
from demo.tabs.attack.robustness import panel
from demo.tabs.attack.run_events import wire_run
from demo.tabs.attack.session import Asked, Current
from demo.tabs.attack.widgets import DEFAULT_K, Start
from demo.tabs.compare import tab as compare
from demo.tabs.learn import tab as learn
from demo.tabs.tables import tab as measuring
from demo.tabs.universal import tab as crafting

TITLE = "Fool the top-k labels of a photo"
VISITORS = 128  # whose frames are kept, at most 18 MB each; who was idle longest finds the page as at the start


def launch_options() -> dict[str, Any]:
    """What `launch()` needs besides the environment's GRADIO_* variables."""
    return {
        "theme": theme.theme(),
        "css": theme.style(),
        "head": theme.head(),
        "max_file_size": uploads.MAX_FILE_SIZE,
        "strict_cors": True,
        "run_history": False,
        "footer_links": ["api", "settings"],
        "mcp_server": agents_can_call(),
        "state_session_capacity": VISITORS,
    }


def agents_can_call() -> bool:
    """Whether the endpoints are offered to agents too (MCP): where the package for it, Gradio's extra `mcp`, is installed."""
    return importlib.util.find_spec("mcp") is not None


def build() -> gr.Blocks:
    """The whole page with its endpoints; one annotator is loaded and one run finished before anybody comes."""
    names = tk.available()
    if not names:
        raise RuntimeError("No annotator's weights are under assets/weights; the page needs at least one.")
    folder = Path(tempfile.mkdtemp(prefix="tkml-samples-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    files = {name: str(path) for name, path in write_samples(folder).items()}
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(KEEP_SECONDS, KEEP_SECONDS)) as page:
        start = arrival(names[0], files)
        kept = gr.State(start.view.reel, time_to_live=KEEP_SECONDS)
        own = gr.State(None, time_to_live=KEEP_SECONDS)
        current = Current(gr.State(start.photo), gr.State(start.sample), own, gr.State(True), kept)
        header()
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            with gr.Tab("Attack", id="attack"):
                w = lay_out(names, start)
            with gr.Tab("Compare", id="compare") as comparing:
                source = compare.Source(current.photo, w.annotator, w.k, w.chips, w.chosen)
                entry = compare.entry_of(start.photo, start.annotator, DEFAULT_K, start.chips, [])
                compare.build(comparing, source, entry)
            with gr.Tab("Universal", id="universal") as universal:
                crafting.build(universal, names, files)
            with gr.Tab("Tables", id="tables"):
                measuring.build(names, files)
            with gr.Tab("Learn", id="learn"):
                assert start.view.outcome is not None
                lesson = learn.lay_out(start.view.outcome, tabs)
        note()
        asked = Asked()
        wire_choices(w, files, current, asked)
        wire_run(w, current, asked)
        learn.wire(lesson, w, current)
        wire_link(page, w, files, current, start)
        panel.wire(w.real_button, w.real, current.reel, w.attack_button, **QUIET)
        api.build(names)
    page.queue(max_size=32)
    return page


def arrival(name: str, files: dict[str, str]) -> Start:
    """The first sample with the default attack already run on it."""
    item, annotator = samples()[0], loop.annotator(name)
    path, true = files[item.name], updates.known_truth(item, annotator)
    attack, choice = next(iter(menu.attacks().items()))
    ask = Ask(name, DEFAULT_K, attack, true, max_steps=choice.steps)
    *_, last = live.views(loop.plan(path, ask), lambda: False)
    outcome = last.outcome
    assert outcome is not None
    # The seconds would be those of a machine that is busy starting.
    last = replace(
        last,
        status=photo_card.line_html("made when the page started", steps_words(outcome.report)),
        table=table_html(outcome.report, took="at the start"),
    )
    chips = updates.chips_value(path, name, loop.read_photo(path, name), true, DEFAULT_K, "sample")
    png, report = (save(outcome, get_upload_folder()) for save in (live.save_png, live.save_report))
    data = Path(path).parent / "arrival.npz"  # stays as long as the samples do
    data.write_bytes(npz.to_bytes(npz.keep(outcome)))
    return Start(item.name, name, path, chips, last, (png, report, str(data)))
