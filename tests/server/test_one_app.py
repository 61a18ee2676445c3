"""The page's web application is made when the page is launched, and not before."""

import gradio as gr

from demo.gradio_patches import one_app


def test_a_page_has_no_application_while_it_is_built_and_one_after() -> None:
    with one_app.none_yet(), gr.Blocks() as built:
        gr.Button()
    assert built.app is None
    with gr.Blocks() as usual:
        gr.Button()
    assert usual.app is not None
