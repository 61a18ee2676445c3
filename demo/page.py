"""The page put together, and its start."""

import atexit
import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup
from starlette.middleware import Middleware

import tkml_core as tk
from demo import api
from demo.catalog import privacy
from demo.catalog.english import TITLE
from demo.components import dark_switch, presenter, theme
from demo.components.blocks import RELOAD, Page
from demo.components.theme import Html
from demo.engine.annotators import working_first
from demo.export.files import KEEP_SECONDS
from demo.gradio_patches import (
    bounded_fetch,
    bounded_upload_progress,
    lean_sessions,
    no_backend,
    no_left_overs,
    one_app,
    seconds,
)
from demo.photos import upload_folder, uploads
from demo.photos.samples import write_samples
from demo.server import event_queue, refusals
from demo.server.kept_page import KeptPage
from demo.server.request_limits import RequestLimits
from demo.tabs.attack import tab as attack_tab
from demo.tabs.compare import tab as compare_tab
from demo.tabs.learn import tab as learn_tab
from demo.tabs.lesson import notes
from demo.tabs.lesson import tab as lesson_tab
from demo.tabs.tables import tab as tables_tab
from demo.tabs.universal import tab as universal_tab

VISITORS = 128  # whose frames are kept; who closed the page, or else was idle longest, is forgotten first


HEADER = """
<header class="top"><h1>Fool the top-k labels of a photo</h1>
<p>An annotator is a program that says what is on a photo: its k best guesses, such as 3. A tiny, well-chosen change fools it.
<a href="#lesson-tab">New here? Start with the Lesson.</a> <span class="paper">Method:
<b>T<sub>k</sub>ML-AP</b> (Hu et al., ICCV 2021).</span></p></header>
"""

NOTE = Markup("""
**What it is for.** Teaching, research and testing. It shows how fragile the ranked labels of an image annotator can be, and how
small a change is enough. Everything is measured on the saved 8-bit picture, and failures are shown as failures.

**What it is not for.** Do not use it to get harmful or private pictures past a filter, or against a system whose owner did not
agree. The changes are made for the annotator on this page. They often do not carry over to another one, to a screenshot or to a
JPEG copy. So a run here, won or lost, says nothing about the safety of another product.

**Your photo** {photo}

**The method** is from S. Hu, L. Ke, X. Wang and S. Lyu, *T<sub>k</sub>ML-AP: Adversarial Attacks to Top-k Multi-Label Learning*,
ICCV 2021. This is an independent implementation. The sample photos come with the packages scikit-image and Matplotlib; the
mosaics are made from them.
""").format(photo=privacy.PHOTO)


def launch_options() -> dict[str, Any]:
    """What `launch()` needs besides the environment's GRADIO_* variables."""
    return {
        "theme": theme.theme(),
        "css": theme.style(),
        "head": theme.head(RELOAD, dark_switch.SCRIPT),
        "max_file_size": uploads.MAX_FILE_SIZE,
        # Else Gradio hands it out only where the page is started in the project's folder.
        "allowed_paths": [str(notes.PDF)],
        "strict_cors": True,
        "run_history": False,
        "enable_monitoring": False,
        "footer_links": ["api"],  # Gradio's Settings reload the page, and record the screen
        "mcp_server": agents_can_call(),
        "state_session_capacity": VISITORS,
        "max_threads": event_queue.THREADS,
        "app_kwargs": {
            "middleware": [Middleware(RequestLimits, agents=agents_can_call()), Middleware(KeptPage)],
            "exception_handlers": refusals.handlers(),
        },
        # Once started, Gradio (6.31) asks for its page and ends with words about `share=True` where a busy machine answers after
        # more than 3 seconds. That it is started it has asked before, without a limit of time.
        "_frontend": False,
    }


def agents_can_call() -> bool:
    """Whether the endpoints are offered to agents too (MCP): where the package for it, Gradio's extra `mcp`, is installed."""
    return importlib.util.find_spec("mcp") is not None


def build() -> gr.Blocks:
    """The whole page with its endpoints; one annotator is loaded and one run finished before anybody comes."""
    try:
        names = working_first(tk.available())
    except ValueError as error:  # nothing to show, or TKML_ANNOTATORS names what is not there
        raise SystemExit(str(error)) from None
    upload_folder.claim()
    lean_sessions.install()
    seconds.install()
    no_backend.install()
    no_left_overs.install()
    bounded_upload_progress.install()
    bounded_fetch.install(uploads.MAX_FILE_SIZE)
    folder = Path(tempfile.mkdtemp(prefix="tkml-samples-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    files = {name: str(path) for name, path in write_samples(folder).items()}
    keeps = (KEEP_SECONDS, KEEP_SECONDS)
    with one_app.none_yet(), Page(title=TITLE, analytics_enabled=False, delete_cache=keeps) as page:
        header()
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            with gr.Tab("Attack", id="attack"):
                attack = attack_tab.build(page, names, files)
            with gr.Tab("Lesson", id="lesson-tab") as tab:
                lesson_tab.build(tab, tabs, attack)
            with gr.Tab("Compare", id="compare") as tab:
                compare_tab.build(tab, attack.entry, files)
            with gr.Tab("Universal", id="universal") as tab:
                universal_tab.build(tab, names, files)
            with gr.Tab("Tables", id="tables") as tab:
                tables_tab.build(tab, names, files)
            with gr.Tab("How it works", id="learn") as tab:
                learn_tab.build(tab, tabs, attack)
        note()
        dark_switch.lay_out()
        presenter.lay_out()
        api.build(names)
    event_queue.install(page)
    return page


def header() -> None:
    """What stands above the tabs."""
    Html(HEADER, elem_id="header")


def note() -> None:
    """What stands below the tabs."""
    with gr.Accordion("What this is for, and what it is not for", open=False, elem_id="note"):
        gr.Markdown(NOTE)
