"""The comparison as a figure in the layout of the paper's Figures 2 and 4, drawn when it is asked for."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from demo.components.events import QUIET, Update, plainly
from demo.export import files as export_files
from demo.export import npz
from demo.tabs.compare.widgets import FigureWidgets

Kept = list[
    tuple[int, str, list[str]]
]  # photos that count: number among those compared (0: it is alone), title, data files
ALL = "all"  # in place of a photo's place
HINT = """A figure for each photo that counts, with a row for each method: the photo with its top-k, the change 20 times as
strong, and the attacked photo with its top-k, as in the paper's Figures 2 and 4. The PDF keeps its words as text."""
_NOT_YET = '() => Array(2).fill({__type__: "update", interactive: false})'
ONE, OF_SEVERAL = "Figure ({})", "Photo {} ({{}})"
GONE = "The files of this comparison are no longer on the server. Press Compare to make them again."


def lay_out() -> FigureWidgets:
    """Put the widgets into the current place."""
    with gr.Accordion("Figure in the paper's layout", open=False, elem_id="compare-figure") as more:
        gr.Markdown(HINT, elem_classes="hint")
        with gr.Row(elem_id="compare-figure-files"):
            photo = gr.Dropdown([], label="Photos", visible=False, filterable=False, elem_id="compare-figure-photo")
            png, pdf = (
                gr.DownloadButton(ONE.format(kind.upper()), interactive=False, elem_id=f"compare-{kind}", min_width=0)
                for kind in ("png", "pdf")
            )
    return FigureWidgets(gr.State([]), gr.State(False), more, photo, png, pdf)


def wire(w: FigureWidgets) -> None:
    """Draw where the box is open: as it opens, after a comparison, and for another photo."""

    @plainly
    def on_kept(kept: Kept, is_open: bool) -> Update:
        choices = _choices(kept)
        first = choices[0][1] if choices else None
        photo = gr.update(choices=choices, value=first, visible=len(kept) > 1)
        return {w.photo: photo, **(_drawn(w, kept, first) if is_open else _none(w))}

    @plainly
    def on_open(kept: Kept, photo: Any) -> Update:
        return {**_drawn(w, kept, photo), w.is_open: True}

    @plainly
    def on_photo(kept: Kept, photo: Any) -> Update:
        return _drawn(w, kept, photo)

    drawing: dict[str, Any] = {**QUIET, "concurrency_id": "comparison figures", "concurrency_limit": 1}
    w.kept.change(on_kept, [w.kept, w.is_open], [w.photo, w.png, w.pdf], **drawing)
    w.more.expand(on_open, [w.kept, w.photo], [w.png, w.pdf, w.is_open], **drawing)
    w.more.collapse(lambda: False, None, w.is_open, **QUIET)
    # At once in the browser: until the new files are there, the buttons would give those of the photo before.
    w.photo.input(None, None, [w.png, w.pdf], js=_NOT_YET, **QUIET)
    w.photo.input(on_photo, [w.kept, w.photo], [w.png, w.pdf], **drawing)


def _choices(kept: Kept) -> list[tuple[str, str]]:
    """All photos, where there are several, and each of them by its place."""
    each = [(f"{number}: {title}", str(place)) for place, (number, title, _) in enumerate(kept)]
    return [(f"all {len(kept)} photos", ALL)] * (len(kept) > 1) + each


def _none(w: FigureWidgets) -> Update:
    return {
        button: gr.update(value=None, label=ONE.format(kind), interactive=False)
        for button, kind in ((w.png, "PNG"), (w.pdf, "PDF"))
    }


def _drawn(w: FigureWidgets, kept: Kept, photo: Any) -> Update:
    """Both files of a photo, or of all; none while nothing has been compared."""
    if not kept:
        return _none(w)
    offered = [value for _, value in _choices(kept)]
    png, pdf, words = drawn(kept, photo if photo in offered else offered[0])  # it may be of the comparison before
    files = zip((w.png, w.pdf), (png, pdf), words, strict=True)
    return {button: gr.update(value=str(path), label=label, interactive=True) for button, path, label in files}


def drawn(kept: Kept, photo: str) -> tuple[Path, Path, tuple[str, str]]:
    """Both files of one photo by its place in `kept`, or of ALL, and what they hold. ValueError where the runs are gone."""
    chosen = kept if photo == ALL else [kept[int(photo)]]
    if not all(Path(path).is_file() for *_, paths in chosen for path in paths):
        raise ValueError(GONE)
    from demo.export import (
        comparison_figures,
        figure,
    )  # late: Matplotlib takes a second to import, and only who asks needs it

    place, names = export_files.new_place(get_upload_folder()), [_name(paths[0]) for *_, paths in chosen]
    if photo != ALL:
        png, pdf = figure.save_comparison(_runs(chosen[0][2]), place / names[0])
        of = OF_SEVERAL.format(chosen[0][0]) if chosen[0][0] else ONE
        return png, pdf, (of.format("PNG"), of.format("PDF"))
    photos = [
        (f"{number}-{name}", partial(_runs, paths)) for name, (number, _, paths) in zip(names, chosen, strict=True)
    ]
    made = comparison_figures.save_all(photos, place / _name(kept[0][2][0], f"{len(kept)}-photos"))
    of = f"All {len(kept)} photos" if made.drawn == len(kept) else f"First {made.drawn} of {len(kept)} photos"
    return made.zipped, made.pdf, (f"{of} (PNGs in a ZIP)", f"{of} (PDF, a page each)")


def _runs(paths: Sequence[str]) -> list[npz.SavedRun]:
    return [npz.load(path) for path in paths]


def _name(path: str, of: str = "") -> str:
    """What the figure is called, without ending: by the photo of a run, or `of` what else it is."""
    report = npz.load(path).report
    return export_files.name_of(of or report["photo"], "comparison", report["k"], report["annotator"])
