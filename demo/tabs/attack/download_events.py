"""What happens when a visitor takes something away: files and citation follow the run, the link follows the widgets."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.utils import get_upload_folder

from demo.components.theme import script
from demo.export import citation, npz
from demo.export import files as shelf
from demo.tabs.attack import link, stage
from demo.tabs.attack.choice_events import QUIET
from demo.tabs.attack.downloads import LINK_HINT, UPLOAD_HINT, TakeAway
from demo.tabs.attack.label_picker import Update
from demo.tabs.attack.updates import plainly


def wire(away: TakeAway, wishes: Sequence[Component], sample: gr.State, plan: Callable[..., Any]) -> None:
    """Connect them. `wishes` are what `plan` makes a checked plan of; `sample` is the sample's name, None for an upload."""
    buttons = list(away.buttons.values())

    def on_kept(data: str | None, is_open: bool) -> Update:
        return {
            **(_files(away, data) if is_open else _none(away)),
            away.cite: citation.bibtex(npz.load(data).report if data and Path(data).is_file() else None),
        }

    def on_open(data: str | None) -> Update:
        return {**_files(away, data), away.is_open: True}

    @plainly
    def on_link(name: str | None, *wish: Any) -> dict[str, Any]:
        query = link.query(plan(*wish), name)
        return gr.update(value=query, visible=True, info=LINK_HINT if name else UPLOAD_HINT)

    files: dict[str, Any] = {**QUIET, "concurrency_id": "files", "concurrency_limit": 1}
    away.kept.change(on_kept, [away.kept, away.is_open], [*buttons, away.cite], **files)
    away.more.expand(on_open, away.kept, [*buttons, away.is_open], **files)
    away.more.collapse(lambda: False, None, away.is_open, **QUIET)
    asked = away.link_button.click(on_link, [sample, *wishes], away.link, **QUIET)
    asked.then(None, away.link, away.link, js=script("tabs/attack/link.js"), **QUIET)


def _none(away: TakeAway) -> Update:
    return {button: gr.update(value=None, interactive=False) for button in away.buttons.values()}


def _files(away: TakeAway, data: str | None) -> Update:
    """The files of a run; none where its data have gone with time."""
    if not data or not Path(data).is_file():
        return _none(away)
    from demo.export import figure  # late: Matplotlib's drawing takes a second to import, and only who asks needs it

    run = npz.load(data)
    name = stage.file_name(run.report)
    place = shelf.new_place(get_upload_folder())
    png, pdf = figure.save(run, place / f"{name}-figure")
    change, copy = place / f"{name}-change.png", place / f"{name}.npz"
    run.amplified().save(change)
    shutil.copyfile(data, copy)
    return {
        button: gr.update(value=str(path), interactive=True)
        for button, path in zip(away.buttons.values(), (png, pdf, change, copy), strict=True)
    }
