"""The panel's widgets and wiring: a button that tests the last finished run of this visitor."""

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from demo.components.events import plain_error
from demo.components.theme import Html, script
from demo.engine.replay import Replay
from demo.tabs.attack.robustness.examine import Finished, examine
from demo.tabs.attack.robustness.render import examined_html

INTRO = (
    '<div class="real-intro"><h2>Is it real?</h2><p>What is left of the attack once the saved picture is compressed, blurred, '
    "resized or shown to an annotator with other labels, and what random noise of the same size does.</p></div>"
)
WORKING = '<p class="hint" role="status">Testing the saved picture…</p>'


def lay_out() -> tuple[gr.Button, gr.HTML]:
    """The button, and the place for what the test shows."""
    with gr.Column(elem_id="real", min_width=0):
        Html(INTRO)
        button = gr.Button("Test it", elem_id="real-button", size="md")
        return button, Html("", elem_id="real-result")


def way() -> gr.HTML:
    """The button that leads there, for a screen on which it is far from the verdict."""
    button = '<button type="button" class="tool to-real">Is it real?</button>'
    return Html(button, js_on_load=script("tabs/attack/robustness/to_real.js"), elem_id="to-real")


def fresh(button: gr.Button, result: gr.HTML, ready: bool) -> dict[Any, Any]:
    """Updates: nothing tested yet, and whether there is something to test."""
    return {button: gr.update(interactive=ready), result: ""}


def wire(button: gr.Button, result: gr.HTML, replay: gr.State, runs: Sequence[gr.Button], **quiet: Any) -> None:
    """Test on click; a new run drops a test that is still going on, since it is about the run before."""

    def on_test(last: Replay | None) -> Iterator[str]:
        if last is None:
            raise plain_error("There is no finished run to test. Press Attack first.")
        yield WORKING
        yield examined_html(examine(Finished.of(last.outcome)))

    tested = button.click(on_test, replay, result, trigger_mode="once", **quiet)
    for button in runs:
        button.click(None, None, None, cancels=[tested], **quiet)
