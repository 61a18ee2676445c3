"""`/attack` and `/annotate` for other programs: the page's own runner behind widgets that nobody sees.

Built on widgets because `gr.api` would hand over the path of a file that nobody checked.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from demo.catalog import attacks as menu
from demo.catalog.goals import GOALS
from demo.engine import loop
from demo.engine import run as elsewhere
from demo.engine.plan import Ask
from demo.photos.uploads import photo_input
from demo.tabs.attack import stage
from demo.tabs.attack.updates import plainly
from tkml_core.generators import drain

DEFAULT_STEPS = 200


def build(annotators: Sequence[str]) -> None:
    """Add both endpoints to the current `gr.Blocks`."""
    with gr.Column(visible=False):
        image = photo_input(label="image")
        # Free values on purpose: the runner's refusals name what is allowed, Gradio's own name the widget's choices.
        annotator = gr.Dropdown(list(annotators), value=annotators[0], label="annotator", allow_custom_value=True)
        k = gr.Number(3, label="k")
        attack = gr.Dropdown(
            list(menu.attacks()), value=next(iter(menu.attacks())), label="attack", allow_custom_value=True
        )
        true_labels = gr.JSON([], label="true_labels")
        target_case = gr.Dropdown(["", *menu.TARGET_CASES], value="", label="target_case", allow_custom_value=True)
        target_labels = gr.JSON([], label="target_labels")
        max_steps = gr.Number(DEFAULT_STEPS, label="max_steps")
        seed = gr.Number(0, label="seed")
        goal = gr.Dropdown(["", *GOALS], value="", label="goal", allow_custom_value=True)
        adversarial_png = gr.Image(type="filepath", format="png", label="adversarial_png")
        report = gr.JSON(label="report")
        labels = gr.JSON(label="labels")
        gr.Button("attack").click(
            run_attack,
            [image, annotator, k, attack, true_labels, target_case, target_labels, max_steps, seed, goal],
            [adversarial_png, report],
            api_name="attack",
            **loop.AT_ONCE,
        )
        gr.Button("annotate").click(annotate, [image, annotator, k], labels, api_name="annotate")


@plainly
def run_attack(
    image: str | None, annotator: str, k: Any, attack: str, true_labels: Any, target_case: str, target_labels: Any,
    max_steps: Any, seed: Any, goal: str = "",
) -> tuple[str, dict[str, Any]]:  # fmt: skip
    """Attack a picture: change it so little that nobody sees it, and so that the annotator's top-k labels become wrong.

    TkML-AP-Uv and kUAPs add what was made beforehand to the centre square of the picture, for some k only.

    Args:
        image: the picture, a file: JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF.
        annotator: the name of an annotator, "voc20" or "coco80".
        k: how many labels the annotator shows, from 1 to the number of labels that are not true.
        attack: TkML-AP-U, TkML-AP-T, TkML-AP-Uv, kFool, kUAPs, ML-AP, CW^k, MinNorm or BlackBox.
        true_labels: a list of label names; an empty one means the guess, every label with a probability of at least one half.
        target_case: best, random, worst or chosen. Where it is "", MinNorm and BlackBox push the true labels out.
        target_labels: with chosen, exactly k label names, in the order that CW^k is to reach; with the goal hide, true labels.
        max_steps: at most 2000; for BlackBox it counts queries.
        seed: for whatever is drawn at random.
        goal: "" for the attack's own, or another that it can have: cleared, inconsistent, targeted, ordered or hide.

    Returns:
        The adversarial picture as a PNG file, and a report that was measured on that file.
    """
    ask = Ask(annotator, k, attack, true_labels, target_case or "", target_labels, max_steps, seed, goal or "")
    outcome = drain(elsewhere.run(loop.plan(image, ask)))
    return stage.save_png(outcome, get_upload_folder()), outcome.report


@plainly
def annotate(image: str | None, annotator: str, k: Any) -> list[tuple[str, float]]:
    """The k best labels of a picture as [label, probability] pairs, best first: what the page shows.

    Args:
        image: the picture, a file: JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF.
        annotator: the name of an annotator, "voc20" or "coco80".
        k: how many labels, from 1 to all that the annotator has.
    """
    return loop.annotate(image, annotator, k)
