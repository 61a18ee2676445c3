"""The widgets of the tab "Compare"."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import gradio as gr

from demo.components.photo_set import PhotoSet
from demo.tabs.compare.limits import Limit


@dataclass(frozen=True)
class CompareWidgets:
    """The tab's widgets; `about` holds the ComparisonRequest that the shown results are about, `followed` what was taken over
    last from the tab "Attack".

    `amounts`: how much of each of LIMITS there is at most; `past`: places for the photos before the one in the columns;
    `marked`: what was marked as true on uploads.
    """

    run: gr.Button
    stop: gr.Button
    status: gr.HTML
    stale: gr.HTML
    plan: gr.HTML
    strip: gr.HTML
    change: gr.Button
    goal: gr.Radio
    methods: gr.CheckboxGroup
    limit: gr.Radio
    amounts: dict[str, gr.Slider]
    seed: gr.Number
    photos: PhotoSet
    marked: gr.State
    about: gr.State
    followed: gr.State
    words: gr.HTML
    heading: gr.HTML
    columns: list[gr.HTML]
    table: gr.HTML
    past: list[gr.HTML]
    figures: "FigureWidgets"

    @property
    def choices(self) -> list[Any]:
        """What is chosen here, in the order of `Choices`."""
        return [
            self.goal, self.methods, self.limit, self.seed, *self.photos.all, self.marked, *self.amounts.values()
        ]  # fmt: skip


@dataclass(frozen=True)
class FigureWidgets:
    """`kept`: for each photo that counts its number, its title and the data files of its runs;
    `is_open`: whether the files are asked for."""

    kept: gr.State
    is_open: gr.State
    more: gr.Accordion
    photo: gr.Dropdown
    png: gr.DownloadButton
    pdf: gr.DownloadButton


class Choices(NamedTuple):
    """What the widgets say, as it arrives."""

    goal: Any
    methods: Any
    kind: Any
    seed: Any
    samples: Any
    uploads: Any
    marked: Any
    steps: Any
    gradients: Any
    seconds: Any

    @property
    def limit(self) -> Limit:
        return Limit(self.kind, getattr(self, self.kind) if self.kind in ("steps", "gradients", "seconds") else None)

    @property
    def ticked(self) -> list[str]:
        return list(self.methods or ())


CHOICES = len(Choices._fields)
