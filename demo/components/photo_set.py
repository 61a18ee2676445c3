"""Many photos at once: samples to tick, a box for files, and a line that says which photos are not taken.

Samples that are ticked beforehand are for who has no photo. As soon as somebody uploads their own, these alone are taken, until
they tick samples themselves.
"""

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
    name: str, files: Mapping[str, str], most: int, ticked: list[str] | None = None, info: str = "", beside: int = 0
) -> PhotoSet:
    """Put them into the current place. name: how their ids begin; ticked: the samples taken at first, all of them if None.

    beside: how many of `most` are photos from elsewhere, whose place somebody's own photos take.
    """
    titles = {item.name: item.title for item in samples()}
    first = list(titles) if ticked is None else ticked
    boxes = gr.CheckboxGroup(
        [(title, key) for key, title in titles.items()], value=first,
        label="Samples", elem_id=f"{name}-samples", info=info or None,
    )  # fmt: skip
    uploads = gr.File(
        label=f"Your own photos, up to {most} in all", file_count="multiple", file_types=["image"], height=FILES,
        elem_id=f"{name}-uploads",
    )  # fmt: skip
    note = Html("", elem_id=f"{name}-photos-note")

    by_hand = gr.State(False)  # whether the visitor has ticked samples

    @plainly
    def on_choice(names: Any, paths: Any) -> str:
        room = most if paths else most - beside
        return note_html(selected(names, paths, files, room), room, bool(first))

    if first:
        boxes.input(lambda: True, None, by_hand, **QUIET)
        uploads.upload(lambda ticks, hand: ticks if hand else [], [boxes, by_hand], boxes, **QUIET)
    for box in (boxes, uploads):
        box.change(on_choice, [boxes, uploads], note, **QUIET)
    return PhotoSet(boxes, uploads, note, most)


def note_html(chosen: Selection, most: int, ticked: bool = False) -> str:
    """What was left out, by name, and that no sample is taken, where samples were ticked before; empty where there is no news."""
    words = []
    if ticked and chosen.uploads and not chosen.samples:
        own = "photo is" if len(chosen.uploads) == 1 else f"{len(chosen.uploads)} photos are"
        words.append(f"Only your {own} taken. Tick samples to have them, too.")
    if chosen.left_out:
        words.append(f"{most} photos are taken at a time. Left out: {listed(chosen.left_out, 8)}.")
    if not words:
        return ""
    return Markup('<p class="hint" role="status">{}</p>').format(" ".join(words))
