"""An address with settings in it sets the widgets."""

from typing import Any

import gradio as gr
from gradio.blocks import Block

from demo.components.events import CHOICE, Update, plainly
from demo.engine.plan import plan_for
from demo.photos.samples import photo_of, sample
from demo.tabs.attack import link
from demo.tabs.attack.arrival import Arrival
from demo.tabs.attack.session import SessionState
from demo.tabs.attack.widgets import Widgets


def wire_link(page: gr.Blocks, w: Widgets, files: dict[str, str], state: SessionState, start: Arrival) -> None:
    """Whoever opens the page with settings in its address finds them; what cannot be had changes nothing."""

    png, report, _ = start.files
    as_found: Update = {w.png: png, w.report: report}

    @plainly
    def on_load(request: gr.Request) -> Any:
        try:
            linked = link.read(dict(request.query_params), start.sample, start.annotator)
            if linked is None:
                return as_found
            path = photo_of(files, sample(linked.sample))
            update = link.restore(w, path, linked, plan_for(path, linked.request))
        except ValueError as error:
            gr.Warning(link.refusal(error))
            return as_found
        now = {state.photo: path, state.sample: linked.sample, state.attacked: False, state.replay: None}
        return {**update, **now}

    shown = [widget for widget in vars(w).values() if isinstance(widget, Block)]
    states = [state.photo, state.sample, state.attacked, state.replay]
    page.load(on_load, None, [*shown, *w.settings.values(), w.downloads.kept, w.downloads.link, *states], **CHOICE)
