"""The comparison as a figure in the layout of the paper's Figures 2 and 4, drawn when it is asked for."""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from demo.components.events import QUIET, Update, plainly
from demo.engine.value_checks import one_of
from demo.export import files as export_files
from demo.export import npz
from demo.tabs.compare.widgets import FigureWidgets

Kept = list[tuple[str, list[str]]]
HINT = """A row for each method: the photo with its top-k, the change 20 times as strong, and the attacked photo with its top-k,
as in the paper's Figures 2 and 4. The PDF keeps its words as text."""
_NOT_YET = '() => Array(2).fill({__type__: "update", interactive: false})'
GONE = "The files of this comparison are no longer on the server. Press Compare to make them again."


def lay_out() -> FigureWidgets:
    """Put the widgets into the current place."""
    with gr.Accordion("Figure in the paper's layout", open=False, elem_id="compare-figure") as more:
        gr.Markdown(HINT, elem_classes="hint")
        with gr.Row(elem_id="compare-figure-files"):
            photo = gr.Dropdown([], label="Photo", visible=False, filterable=False, elem_id="compare-figure-photo")
            png, pdf = (
                gr.DownloadButton(f"Figure ({kind.upper()})", interactive=False, elem_id=f"compare-{kind}", min_width=0)
                for kind in ("png", "pdf")
            )
    return FigureWidgets(gr.State([]), gr.State(False), more, photo, png, pdf)


def wire(w: FigureWidgets) -> None:
    """Draw where the box is open: as it opens, after a comparison, and for another photo."""

    @plainly
    def on_kept(kept: Kept, is_open: bool) -> Update:
        titles = [title for title, _ in kept]
        choices = [(f"{number + 1}: {title}", str(number)) for number, title in enumerate(titles)]
        last = str(len(titles) - 1) if titles else None
        photo = gr.update(choices=choices, value=last, visible=len(titles) > 1)
        return {w.photo: photo, **(_drawn(w, kept, last) if is_open else _none(w))}

    @plainly
    def on_open(kept: Kept, photo: Any) -> Update:
        return {**_drawn(w, kept, photo), w.is_open: True}

    @plainly
    def on_photo(kept: Kept, photo: Any) -> Update:
        return _drawn(w, kept, photo)

    drawing: dict[str, Any] = {**QUIET, "concurrency_id": "files", "concurrency_limit": 1}
    w.kept.change(on_kept, [w.kept, w.is_open], [w.photo, w.png, w.pdf], **drawing)
    w.more.expand(on_open, [w.kept, w.photo], [w.png, w.pdf, w.is_open], **drawing)
    w.more.collapse(lambda: False, None, w.is_open, **QUIET)
    # At once in the browser: until the new files are there, the buttons would give those of the photo before.
    w.photo.input(None, None, [w.png, w.pdf], js=_NOT_YET, **QUIET)
    w.photo.input(on_photo, [w.kept, w.photo], [w.png, w.pdf], **drawing)


def _none(w: FigureWidgets) -> Update:
    return {button: gr.update(value=None, interactive=False) for button in (w.png, w.pdf)}


def _drawn(w: FigureWidgets, kept: Kept, photo: Any) -> Update:
    """Both files of a photo; none while nothing has been compared."""
    if not kept:
        return _none(w)
    one_of("The photo", photo, map(str, range(len(kept))))
    _, paths = kept[int(photo)]
    if not all(Path(path).is_file() for path in paths):
        raise ValueError(GONE)
    from demo.export import figure  # late: Matplotlib's drawing takes a second to import, and only who asks needs it

    runs = [npz.load(path) for path in paths]
    report = runs[0].report
    name = export_files.name_of(report["photo"], "comparison", report["k"], report["annotator"])
    png, pdf = figure.save_comparison(runs, export_files.new_place(get_upload_folder()) / name)
    return {w.png: gr.update(value=str(png), interactive=True), w.pdf: gr.update(value=str(pdf), interactive=True)}
