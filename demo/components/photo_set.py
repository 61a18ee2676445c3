"""Many photos at once: samples to tick, a box for files, and a line that says how many are taken and which are left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from demo.catalog.english import listed
from demo.components.events import QUIET, plainly
from demo.components.theme import Html
from demo.photos.samples import samples
from demo.photos.selection import Selection, selected

FILES = 170  # pixels for a box of files: less cuts its words off


@dataclass(frozen=True)
class PhotoSet:
    """The widgets; `most` photos are taken at a time."""

    samples: gr.CheckboxGroup
    uploads: gr.File
    note: gr.HTML
    most: int

    @property
    def all(self) -> list[Any]:
        """In the order in which events hand over their contents."""
        return [self.samples, self.uploads]


def photo_set(
    name: str, files: Mapping[str, str], most: int, ticked: list[str] | None = None, own: str = "Your own photos", info: str = ""
) -> PhotoSet:  # fmt: skip
    """Put them into the current place. name: how their ids begin; ticked: the samples taken at first, all of them if None."""
    titles = {item.name: item.title for item in samples()}
    boxes = gr.CheckboxGroup(
        [(title, key) for key, title in titles.items()], value=list(titles) if ticked is None else ticked,
        label="Samples", elem_id=f"{name}-samples", info=info or None,
    )  # fmt: skip
    uploads = gr.File(
        label=f"{own}, up to {most} in all", file_count="multiple", file_types=["image"], height=FILES,
        elem_id=f"{name}-uploads",
    )  # fmt: skip
    note = Html("", elem_id=f"{name}-photos-note")

    @plainly
    def on_choice(names: Any, paths: Any) -> str:
        return note_html(selected(names, paths, files, most), most)

    for box in (boxes, uploads):
        box.change(on_choice, [boxes, uploads], note, **QUIET)
    return PhotoSet(boxes, uploads, note, most)


def note_html(chosen: Selection, most: int) -> str:
    """What was left out, by name; empty where everything is taken."""
    if not chosen.left_out:
        return ""
    words = f"{most} photos are taken at a time. Left out: {listed(chosen.left_out, 8)}."
    return Markup('<p class="hint" role="status">{}</p>').format(words)
