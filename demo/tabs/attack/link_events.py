"""An address with settings in it sets the widgets."""

from typing import Any

import gradio as gr
from gradio.blocks import Block

from demo.engine import loop
from demo.photos.samples import photo_of, sample
from demo.tabs.attack import link
from demo.tabs.attack.choice_events import CHOICE
from demo.tabs.attack.session import Current
from demo.tabs.attack.widgets import Start, Widgets


def wire_link(page: gr.Blocks, w: Widgets, files: dict[str, str], current: Current, start: Start) -> None:
    """Whoever opens the page with settings in its address finds them; what cannot be had changes nothing."""

    def on_load(request: gr.Request) -> Any:
        try:
            asked = link.read(dict(request.query_params), start.sample, start.annotator)
            if asked is None:
                return gr.skip()
            path = photo_of(files, sample(asked.sample))
            update = link.restore(w, path, asked, loop.plan(path, asked.ask))
        except ValueError as error:
            gr.Warning(link.refusal(error))
            return gr.skip()
        now = {current.photo: path, current.sample: asked.sample, current.attacked: False, current.reel: None}
        return {**update, **now}

    shown = [widget for widget in vars(w).values() if isinstance(widget, Block)]
    states = [current.photo, current.sample, current.attacked, current.reel]
    page.load(on_load, None, [*shown, *w.settings.values(), w.away.kept, w.away.link, *states], **CHOICE)
