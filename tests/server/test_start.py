"""What the page does without until somebody asks for it, also while events are answered; and how it starts on a busy machine."""

import os
import subprocess
import sys
from pathlib import Path

import gradio as gr
import pytest
from gradio import networking

from demo.page import launch_options

# The last is what a network on the device "meta" brings, with 160 MB.
LATE = ("scipy", "matplotlib", "torchvision", "skimage", "timm", "transformers", "sympy")
START = """
import sys
import gradio
from demo.page import build
build()
with gradio.utils.MatplotlibBackendMananger():  # as around every event
    pass
print([name for name in {late!r} if name in sys.modules])
from demo.tabs.tables.tab import what_was_measured
assert "in numbers" in what_was_measured()
print("scipy" in sys.modules)
"""


def test_the_page_is_built_without_the_packages_that_take_long_to_import(tmp_path: Path) -> None:
    """Each of them takes about a second, and some 50 MB."""
    env = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path), "GRADIO_ANALYTICS_ENABLED": "False"}
    command = [sys.executable, "-c", START.format(late=LATE)]
    made = subprocess.run(command, capture_output=True, text=True, env=env, cwd=Path(__file__).parents[2], check=True)
    at_start, of_tables = made.stdout.split("\n")[-3:-1]
    assert at_start == "[]"
    assert of_tables == "False"  # paired tests were done with the measurements


def test_a_machine_too_busy_to_answer_at_once_starts_the_page_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networking, "url_ok", lambda url: False)  # what three seconds without an answer come to
    with gr.Blocks() as page:
        gr.Markdown("started")
    try:
        page.launch(**launch_options(), prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
        assert page.is_running
    finally:
        page.close()
