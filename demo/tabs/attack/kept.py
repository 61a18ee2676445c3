"""The visitor's photos and their marks come back after a reload or a restart of the server: the browser keeps them (kept.js).

What it sends is as little trusted as any upload. Settings, and samples with what is marked on them, are in the address.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import Dependency
from gradio.utils import get_upload_folder
from markupsafe import Markup

from demo.catalog import attacks as catalog
from demo.components.events import CHOICE, QUIET, Update, plainly
from demo.components.theme import Html, script
from demo.engine.annotators import load_annotator
from demo.engine.value_checks import whole
from demo.photos.public_names import UPLOAD, photo_file
from demo.photos.upload_folder import stay
from demo.render.verdict import waiting_html
from demo.tabs.attack.choice_events import own_button, staged
from demo.tabs.attack.label_picker import MANY, Naming
from demo.tabs.attack.own_marks import marks_of, marks_read
from demo.tabs.attack.photo_updates import choose
from demo.tabs.attack.session import MOST_OWN, Own, OwnPhoto, SessionState, with_upload
from demo.tabs.attack.widgets import Widgets

# An address that names no photo brings settings alone, be it the page's own or a link that somebody sent.
BACK = Markup(
    "Your photo is back, with the settings of this address. "
    '<span class="unpresented">Check which labels are marked as true, then press Attack.</span>'
    '<span class="when-presented">Press Attack.</span>'
)
_SEEN = """({photo, truth, origin, annotator}, chosen, way, k) =>
  ({__type__: "update", props: {seen: {photo, truth, origin, annotator, chosen, way, k}}})"""
_UPLOADED = '(uploaded) => ({__type__: "update", props: {uploaded}})'
_READY = '() => ({__type__: "update", props: {ready: true}})'


def wire_kept(w: Widgets, state: SessionState, opened: Dependency) -> None:
    """Have the browser keep the visitor's photos, and bring them back when the page's start, `opened`, is over."""
    keeper = Html(
        html_template="", js_on_load=script("tabs/attack/kept.js"), elem_id="kept", visible="hidden",
        ready=False, seen=None, uploaded=None,
    )  # fmt: skip
    opened.then(None, None, keeper, js=_READY, **QUIET)
    w.photo.change(None, w.photo, keeper, js=_UPLOADED, **QUIET)  # at its `input` the browser has no address yet
    shown: list[Any] = [w.toggles, w.chosen, w.case, w.k]
    gr.on([widget.change for widget in shown], None, shown, keeper, js=_SEEN, **QUIET)

    @plainly
    def on_kept(*values: Any) -> Update:
        return brought_back(w, state, *values)

    outputs = [*staged(w), w.samples, state.photo, state.sample, state.own, state.attacked, state.replay]
    keeper.submit(on_kept, [keeper, w.annotator, w.k, w.goal, w.case, w.attack], outputs, **CHOICE)


def brought_back(
    w: Widgets, state: SessionState, kept: Any, name: str, k: Any, goal: str, case: str, attack: str
) -> Update:
    """The visitor's photos among the samples, the last one on the stage too where it is `shown`.

    ValueError where that one cannot be had; of the `others` those that cannot are left out.
    """
    last = _own(kept)
    button = own_button(last)
    own: Own = ()
    buttons = []
    others = kept.get("others")
    for other in others[: MOST_OWN - 1] if isinstance(others, list) else ():
        with suppress(ValueError):
            one = _own(other)
            buttons.append(own_button(one))
            own = with_upload(own, one)
    own = with_upload(own, last)
    gallery: dict[str, Any] = {"own": Markup("").join([*buttons, button])}
    if not kept.get("shown"):
        return {state.own: own, w.samples: gr.update(**gallery)}
    path, true = last.photo, marks_of(last, load_annotator(name))
    way = kept.get("way")
    case = way if isinstance(way, str) and way in catalog.TARGET_CASES else case
    if kept.get("k") is not None:
        k = min(whole("k", kept["k"], 1, MANY), len(load_annotator(name).labels) - 1)
    update = choose(w, path, name, k, true, "yours", Naming(goal, case, kept.get("chosen"), attack))
    update[w.case] = {**update[w.case], "value": case}
    if update[w.toggles]["value"]["truth"]:  # else the verdict's place says why nothing is ticked
        update[w.verdict] = waiting_html(BACK)
    stands = {state.photo: path, state.sample: None, state.own: own, state.attacked: False, state.replay: None}
    return {**update, w.samples: gr.update(chosen=last.name, **gallery), **stands}


def _own(kept: Any) -> OwnPhoto:
    """What the browser sent of one photo. ValueError where it is none that lies among the uploads."""
    photo = kept.get("photo") if isinstance(kept, dict) else None
    if not isinstance(photo, str) or not photo.startswith(UPLOAD):
        raise ValueError(f"The browser keeps photos that were uploaded; it sent {kept!r:.100}.")
    marked = kept.get("truth") if kept.get("origin") == "yours" else None
    path = photo_file(photo, {}, get_upload_folder(), kept.get("called"))
    stay(Path(path))
    marks = marks_read(marked, kept.get("annotator")) if isinstance(marked, list) else {}
    return OwnPhoto(path, **marks)
