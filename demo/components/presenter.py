"""Presenter mode: the stage or the lesson as large as the screen, led by keys or a finger, with a QR code for who looks on."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from demo.components.events import QUIET, plainly
from demo.components.theme import Html, script
from demo.engine.value_checks import web_address
from demo.render.qr_code import qr_svg
from demo.server.addresses import for_others

ENTER = Markup(
    '<a class="tool enter" href="?present{}"><svg viewBox="0 0 16 16" aria-hidden="true">'
    '<path d="M1.5 2.5h13v8.5h-13zM8 11v1.5M5 14.5l3-2 3 2"/></svg><span>Present</span></a>'
)
# What is to be expected once there is a code
NETWORK = (
    "Phones in the same network then open the address that is shown; a guest network or a firewall may forbid it. On Hugging "
    "Face Spaces the page’s own link works as it is."
)
PRESENTER = Markup("""
<aside class="present" aria-label="For who looks on"><p class="sure" role="alert" hidden></p><div class="qr"></div>
<p class="scan" hidden>Scan to open it on your own device: <b></b>
<span class="instead" hidden>There a sample photo stands in: this one is the presenter’s own, and not in the link.</span></p>
<p class="alone" hidden><span>No QR code: <b></b> reaches this computer only. Start the page with
<code>python app.py --address 0.0.0.0</code> to have one. {network}</span>
<button type="button" class="close" aria-label="Close this line">×</button></p>
<details class="help"><summary>Keys (?)</summary>
<dl data-tab="attack"><div><dt>Space</dt><dd>attack, stop</dd></div><div><dt>← →</dt><dd>other photos</dd></div>
<div><dt>Both</dt><dd>twice, where a result of yours goes</dd></div>
<div><dt>Esc</dt><dd>leave</dd></div></dl>
<dl data-tab="lesson-tab" hidden><div><dt>← →</dt><dd>back, on (Page ↑ ↓, too)</dd></div>
<div><dt>↑ ↓</dt><dd>dial: click it first</dd></div><div><dt>1 … 9</dt><dd>one more hand</dd></div>
<div><dt>⌫</dt><dd>take it back</dd></div><div><dt>0</dt><dd>twice: hands to none</dd></div>
<div><dt>S</dt><dd>twice: start over</dd></div>
<div><dt>Esc</dt><dd>leave</dd></div></dl></details>
<div class="moves"><button type="button" class="tool" data-by="-1" aria-label="Back">←</button>
<button type="button" class="tool" data-by="1" aria-label="On">→</button></div>
<button type="button" class="tool leave">Leave</button>
<button type="button" class="no-code" aria-label="Why there is no QR code" aria-expanded="false" hidden>QR?</button></aside>
""").format(network=NETWORK)


def enter(tab: str = "") -> Markup:
    """The link that begins it on a tab, on the first one without."""
    return ENTER.format(f"#{tab}" if tab else "")


def lay_out() -> gr.HTML:
    """What is shown in it besides the page's own widgets; wired, since it needs nothing else."""
    widget = Html(
        {"link": "", "qr": "", "address": None},
        html_template=PRESENTER,
        js_on_load=script("components/presenter.js"),
        elem_id="presenter",
    )
    widget.submit(_drawn, widget, widget, trigger_mode="always_last", **QUIET)
    return widget


@plainly
def _drawn(asked: Any, request: gr.Request) -> dict[str, str]:
    """A code of the link, or of the same page at an address that others reach; none where they reach it at none."""
    link = web_address("The link of a QR code", asked.get("link") if isinstance(asked, dict) else asked)
    address = for_others(link, request)
    return {"link": link, "qr": qr_svg(address) if address else "", "address": address}
