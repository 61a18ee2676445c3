"""What stands around the tabs: the page's head, and what it is for."""

import gradio as gr

from demo.components.theme import Html

HEADER = """
<header class="top"><h1>Fool the top-k labels of a photo</h1>
<p>An image annotator lists the k labels it finds most likely. Change the photo by less than you can see, and the list changes.
A live demo of <b>T<sub>k</sub>ML-AP</b> (Hu, Ke, Wang and Lyu, ICCV 2021).</p></header>
"""

NOTE = """
**What it is for.** Teaching, research and testing. It shows how fragile the ranked labels of an image annotator can be, and how
small a change is enough. Everything is measured on the saved 8-bit picture, and failures are shown as failures.

**What it is not for.** Do not use it to get harmful or private pictures past a filter, or against a system whose owner did not
agree. The changes are made for the annotator on this page. They often do not carry over to another one, to a screenshot or to a
JPEG copy. So a run here, won or lost, says nothing about the safety of another product.

**Your photo** stays on the machine that runs this page and is deleted after about an hour.

**The method** is from S. Hu, L. Ke, X. Wang and S. Lyu, *T<sub>k</sub>ML-AP: Adversarial Attacks to Top-k Multi-Label Learning*,
ICCV 2021. This is an independent implementation. The sample photos come with the packages scikit-image and Matplotlib; the
mosaics are made from them.
"""


def header() -> None:
    """What stands above the tabs."""
    Html(HEADER, elem_id="header")


def note() -> None:
    """What stands below the tabs."""
    with gr.Accordion("What this is for, and what it is not for", open=False, elem_id="note"):
        gr.Markdown(NOTE)
