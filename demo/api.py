"""`/attack` and `/annotate` for other programs: the page's own runner behind widgets that nobody sees.

Built on widgets because `gr.api` would hand over the path of a file that nobody checked. Of the
description of an argument in a docstring one line alone is shown to who reads about the endpoints.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import gradio as gr
from gradio.utils import get_function_description, get_upload_folder

from demo.catalog import attacks as catalog
from demo.catalog.english import listed
from demo.catalog.goals import GOALS
from demo.components.events import RUN, plainly
from demo.components.photo_input import photo_input
from demo.engine.annotators import annotate_photo
from demo.engine.plan import AttackRequest, Plan, UnfitSetting, plan_for
from demo.engine.run import run_plan
from demo.engine.run_queue import PLACES, Turn
from demo.engine.value_checks import real
from demo.export.files import save_png
from demo.server.callers import EventCaller
from tkml_core.step_generators import WithResult

DEFAULT_STEPS = 200
LEFT = "Nobody waited for the answer, so the run was left."
MOST_CALLS = 4  # of one program, that wait for their run
LOOK: dict[str, Any] = {"concurrency_id": "annotate", "concurrency_limit": 2}


def build(annotators: Sequence[str]) -> None:
    """Add both endpoints to the current `gr.Blocks`."""
    with gr.Column(visible=False):
        image = photo_input(label="image")
        # Free values on purpose: the runner's refusals name what is allowed, Gradio's own name the widget's choices.
        annotator = gr.Dropdown(list(annotators), value=annotators[0], label="annotator", allow_custom_value=True)
        k = gr.Number(3, label="k")
        attack = gr.Dropdown(
            list(catalog.attacks()), value=next(iter(catalog.attacks())), label="attack", allow_custom_value=True
        )
        true_labels = gr.JSON([], label="true_labels")
        target_case = gr.Dropdown(["", *catalog.TARGET_CASES], value="", label="target_case", allow_custom_value=True)
        target_labels = gr.JSON([], label="target_labels")
        max_steps = gr.Number(DEFAULT_STEPS, label="max_steps")
        seed = gr.Number(0, label="seed")
        goal = gr.Dropdown(["", *GOALS], value="", label="goal", allow_custom_value=True)
        confidence = gr.Number(0, label="confidence")
        beta = gr.Number(None, label="beta")
        adversarial_png = gr.Image(type="filepath", format="png", label="adversarial_png")
        report = gr.JSON(label="report")
        labels = gr.JSON(label="labels")
        asked = [
            image, annotator, k, attack, true_labels, target_case, target_labels, max_steps, seed, goal, confidence, beta,
        ]  # fmt: skip
        looked = [image, annotator, gr.Number(3, label="k")]  # a k of its own, which goes further
        for handler, inputs in ((run_attack, asked), (annotate, looked)):
            _describe(handler, inputs)
        gr.Button("attack").click(run_attack, asked, [adversarial_png, report], api_name="attack", **RUN)
        gr.Button("annotate").click(annotate, looked, labels, api_name="annotate", **LOOK)


def _describe(handler: Callable[..., Any], inputs: Sequence[Any]) -> None:
    """Have "Use via API" say of each argument what the docstring says, which Gradio itself tells agents alone."""
    for widget, words in zip(inputs, get_function_description(handler)[1].values(), strict=True):
        widget.api_info_as_input = partial(dict, widget.api_info(), additional_description=words)


@plainly
def run_attack(
    image: str | None, annotator: str, k: Any, attack: str, true_labels: Any, target_case: str, target_labels: Any,
    max_steps: Any, seed: Any, goal: str = "", confidence: Any = 0, beta: Any = None,
) -> tuple[str, dict[str, Any]]:  # fmt: skip
    """Attack a picture: change it, mostly by so little that it is hard to see, so that the annotator's top-k labels become wrong.

    TkML-AP-Uv and kUAPs add what was made beforehand to the centre square of the picture, for some k only: a texture that is
    seen. How large a change came out stands in the report (l2, linf, psnr).

    The margin of the win κ, by how much the goal must be ahead in raw scores (logits), is 0 here unless confidence says more:
    just met is enough. The page asks for 1, MinNorm there for 0, unless another is set below Advanced; so its changes are mostly
    larger than those from here. A report has κ in settings, as confidence; sizes compare at the same κ only.

    Args:
        image: the picture, a file: JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF. Empty is refused.
        annotator: the name of an annotator, such as "voc20" or "coco80". Empty is refused.
        k: how many labels the annotator shows, from 1 to the number of labels that are not true. Empty is refused.
        attack: TkML-AP-U, TkML-AP-T, TkML-AP-Uv, kFool, kUAPs, ML-AP, CW^k, QuadAttacK, MinNorm, TKMIA or BlackBox. Not empty.
        true_labels: a list of label names. [] is the guess: every label with a probability of at least one half, or the best one.
        target_case: best, random, worst or chosen. "" is chosen; where goal is "" too, MinNorm and BlackBox push true labels out.
        target_labels: if chosen, k names, in the order for CW^k and QuadAttacK; if goal is hide, true labels. [] is none of them.
        max_steps: from 1 to 2000; for BlackBox it counts queries. Empty is refused.
        seed: for whatever is drawn at random, a whole number from 0. Empty is refused.
        goal: cleared, inconsistent, targeted, ordered or hide, if the attack can have it. "" is its own (with targets: targeted).
        confidence: the margin of the win κ, in logits, from 0 to 10000. Empty is 0. TkML-AP-Uv and kUAPs can have no other.
        beta: the weight of size β, from 0 to 10000, for TkML-AP-U, TkML-AP-T, ML-AP and TKMIA alone. Empty is the attack's own.

    Returns:
        The adversarial picture as a PNG file, and a report that was measured on that file.
    """
    settings = {"confidence": real("confidence", confidence), "beta": real("beta", beta)}
    request = AttackRequest(
        annotator, k, attack, true_labels, target_case or "", target_labels, max_steps, seed, goal or "", settings
    )
    plan = _planned(image, request)
    with Turn(PLACES, EventCaller.now(), each=MOST_CALLS) as turn:
        deque(turn.next(), maxlen=0)
        if turn.stop_asked():
            raise ValueError(LEFT)
        with closing(run_plan(plan, turn.stop_asked, turn.clock)) as frames:
            run = WithResult(frames)
            for _ in run:
                if turn.stop_asked():  # the search that ends a run would keep the place, for nobody
                    raise ValueError(LEFT)
    return save_png(run.result, get_upload_folder()), run.result.report


def _planned(image: str | None, request: AttackRequest) -> Plan:
    """`plan_for`, with settings told of by the endpoint's names, and one that the attack does not have refused, not left out."""
    try:
        plan = plan_for(image, request)
    except UnfitSetting as error:
        raise ValueError(f"{error.name} = {error.said}") from None
    for name, value in request.settings.items():
        if value and name not in plan.settings:  # 0 asks for nothing
            able = listed([other for other in catalog.attacks() if name in catalog.setting_names(other)], 20)
            raise ValueError(f"{name} = {value:g}: {request.attack} has no such setting; it is for {able}.")
    return plan


@plainly
def annotate(image: str | None, annotator: str, k: Any) -> list[tuple[str, float]]:
    """The k best labels of a picture as [label, probability] pairs, best first: what the page shows.

    Args:
        image: the picture, a file: JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF. Empty is refused.
        annotator: the name of an annotator, such as "voc20" or "coco80". Empty is refused.
        k: how many labels, from 1 to all that the annotator has. Empty is refused.
    """
    return annotate_photo(image, annotator, k)
