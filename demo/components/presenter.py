"""Presenter mode: the two photos, their labels and one button, as large as the screen; a QR code of the settings beside them."""

from typing import Any

import gradio as gr

from demo.components.events import QUIET, plainly
from demo.components.theme import Html, script
from demo.engine.value_checks import web_address
from demo.render.qr_code import qr_svg

PRESENTER = """
<a class="tool enter" href="?present"><svg viewBox="0 0 16 16" aria-hidden="true">
<path d="M1.5 2.5h13v8.5h-13zM8 11v1.5M5 14.5l3-2 3 2"/></svg><span>Present</span></a>
<aside class="present" aria-label="For who looks on"><div class="qr"></div>
<p class="scan">Scan to try it on your own device.</p>
<p class="alone" hidden>This address, <b></b>, reaches this computer only. So that others can open it, start the page with
<code>GRADIO_SERVER_NAME=0.0.0.0</code> and open it by the computer's address in your network.</p>
<dl><div><dt>Space</dt><dd>attack, stop</dd></div><div><dt>← →</dt><dd>photos</dd></div><div><dt>Esc</dt><dd>leave</dd></div></dl>
<button type="button" class="tool leave">Leave</button></aside>
"""


def lay_out() -> gr.HTML:
    """The link that begins it, and what is shown in it besides the page's own widgets; wired, since it needs nothing else."""
    widget = Html(
        {"link": "", "qr": ""},
        html_template=PRESENTER,
        js_on_load=script("components/presenter.js"),
        elem_id="presenter",
    )
    widget.submit(_drawn, widget, widget, trigger_mode="always_last", **QUIET)
    return widget


@plainly
def _drawn(asked: Any) -> dict[str, str]:
    link = web_address("The link of a QR code", asked.get("link") if isinstance(asked, dict) else asked)
    return {"link": link, "qr": qr_svg(link)}
