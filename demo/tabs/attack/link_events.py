"""An address with settings in it sets the widgets, and the widgets keep the address."""

import json
from html import escape
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency
from gradio.utils import abspath, get_upload_folder

from demo.components.events import CHOICE, QUIET, Update, plainly
from demo.components.theme import Html, script
from demo.engine.plan import Plan, plan_for
from demo.engine.recordings import recording_of
from demo.export.files import save_data
from demo.photos.samples import photo_of, sample
from demo.tabs.attack import link
from demo.tabs.attack.arrival import Arrival, recorded
from demo.tabs.attack.run_events import ended, on_stage
from demo.tabs.attack.session import SessionState
from demo.tabs.attack.widgets import Widgets


def wire_link(page: gr.Blocks, w: Widgets, files: dict[str, str], state: SessionState, start: Arrival) -> Dependency:
    """Whoever opens the page with settings in its address finds them, as far as they can be had.

    From then on the address says what is chosen. That is done in the browser alone. Returns the event, for what follows it.
    """

    png, report, _ = start.files
    as_found: Update = {w.png: png, w.report: report}
    for button, file in ((w.png, png), (w.report, report)):
        button.keep_in_cache.add(str(abspath(file)))  # Gradio deletes what it has handed out after an hour

    def path_of(linked: link.Linked) -> str:
        return photo_of(files, sample(linked.sample))

    def plan_of(linked: link.Linked) -> Plan:
        return plan_for(path_of(linked), linked.request)

    @plainly
    def on_load(request: gr.Request) -> Any:
        try:
            followed = link.follow(dict(request.query_params), start.sample, start.annotator, plan_of)
        except ValueError as error:
            gr.Warning(escape(str(error), quote=False))
            return as_found
        if followed is None:
            return as_found
        if followed.dropped:
            gr.Warning(escape(link.refusal(followed.dropped), quote=False))
        linked = followed.linked
        path = path_of(linked)
        now = {state.photo: path, state.sample: linked.sample, state.attacked: False, state.replay: None}
        update = {**link.restore(w, path, linked, followed.plan), **now}
        kept = None if linked.stands_in else recording_of(linked.sample, followed.plan)
        if kept is None:  # nothing is computed for who only opens a link
            return update
        view = recorded(kept)
        data = save_data(kept.outcome, get_upload_folder())
        return {
            **update,
            **on_stage(w, view),
            **ended(w, state, view, made=False),
            w.downloads.kept: data,
            state.attacked: True,
        }

    shown = [widget for widget in vars(w).values() if isinstance(widget, Block)]
    states = [state.photo, state.sample, state.attacked, state.replay]
    opened = page.load(
        on_load, None, [*shown, *w.settings.values(), w.downloads.kept, w.downloads.link, *states], **CHOICE
    )

    address = Html(
        {"query": "", "when": ""}, html_template="<i hidden></i>", js_on_load=script("tabs/attack/address.js"),
        elem_id="address", names=link.KEYS,
    )  # fmt: skip
    form: list[Any] = [
        w.annotator, w.toggles, w.k, w.attack, w.goal, w.case, w.chosen, w.max_steps, w.seed, w.score_space,
        *w.settings.values(),
    ]  # fmt: skip

    def say(when: str) -> dict[str, Any]:
        query = f"({script('tabs/attack/link.js')})({json.dumps(link.rules())}, values)"
        said = f"{{query: {query}, when: {json.dumps(when)}, stood: replay?.run ?? ''}}"
        return {"inputs": [w.replay, *form], "outputs": address, "js": f"(replay, ...values) => ({said})", **QUIET}

    for follows in (opened.then, opened.failure):
        follows(None, **say("opened"))
    gr.on([box.change for box in form], None, **say("chosen"))
    w.attack_button.click(None, **say("run"))
    w.smaller_button.click(None, **say("smaller"))
    return opened
