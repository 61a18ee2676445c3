"""What a visitor takes away besides photo and report: a link, a figure, the exact data, how to cite. Made when asked for."""

from dataclasses import dataclass

import gradio as gr

from demo.components.theme import Html
from demo.export import citation, npz
from tkml_core.report import ARRAYS

FILES = {
    "figure-png": "Figure (PNG)",
    "figure-pdf": "Figure (PDF)",
    "change-png": "Change (PNG)",
    "data": "Exact data (NPZ)",
    "full-size": "Full-size photo (PNG)",
}
HINT = f"""The figure has the layout of the paper's Figures 1 and 2; the change is shown 20 times as strong. The full-size photo
is the one you brought, not made smaller, with the change carried over to it. The exact data are NumPy arrays:
{"; ".join(f"`{name}`, {told}" for name, told in ARRAYS.items())}."""
CITED = "BibTeX: the paper, and this demo with what the run can be made again from"
LINK_HINTS = {
    "copied sample": "Copied",  # on the button itself
    "copied own": "Copied, without your photo and labels",
    "selected": "Your browser does not let the page copy it. It is selected: press Ctrl+C.",
    "sample": "Whoever opens it finds these settings and the sample photo, and only has to press Attack.",
    "own": "Your own photo is not in the link, nor are the labels you marked or named: whoever opens it "
    "starts from a sample photo with the other settings.",
}


@dataclass(frozen=True)
class Downloads:
    """The widgets. `kept` is the path of the finished run's data file, None while there is no finished run."""

    kept: gr.State
    link_button: gr.Button
    link: gr.Textbox
    more: gr.Accordion
    is_open: gr.State
    buttons: dict[str, gr.DownloadButton]
    full_size_note: gr.HTML
    cite: gr.Accordion
    entries: gr.Textbox


def link_button() -> gr.Button:
    """It stands beside the verdict, apart from the others."""
    return gr.Button("Link to these settings", elem_id="link-button", size="md", min_width=0)


def lay_out(data: str, link_button: gr.Button) -> Downloads:
    """Put the other widgets into the current column; `data` is the data file of the run on arrival."""
    box = gr.Textbox(
        visible=False, label="Link", elem_id="link", info=LINK_HINTS["sample"], interactive=True, max_lines=1
    )
    with gr.Accordion(
        "More files: full-size photo, figure, change, exact data", open=False, elem_id="more-files"
    ) as more:
        gr.Markdown(HINT, elem_classes="hint")
        with gr.Row(elem_id="files"):
            buttons = {
                name: gr.DownloadButton(title, interactive=False, elem_id=f"download-{name}", size="md", min_width=0)
                for name, title in FILES.items()
            }
        note = Html("", elem_id="full-size-note")
    with gr.Accordion("How to cite", open=False, elem_id="cite") as cite:
        entries = gr.Textbox(
            citation.bibtex(npz.load(data).report), label=CITED, lines=8, max_lines=60, interactive=False, buttons=["copy"],
            elem_id="bibtex",
        )  # fmt: skip
    return Downloads(gr.State(data), link_button, box, more, gr.State(False), buttons, note, cite, entries)
