"""What a run came to, measured on the picture that a person can save: the PNG is decoded and annotated once more."""

import io
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from PIL import Image
from torch import Tensor

import tkml_core as tk
from demo.engine.annotators import Photo
from demo.engine.frames import History
from demo.engine.plan import Plan
from demo.engine.run_queue import ALONE_SECONDS
from demo.photos.attack_note import attack_note
from tkml_core.images import INTERPOLATION
from tkml_core.report import made_with, measured


class Timing(NamedTuple):
    """The clock of a run, in seconds: as the run began, as it ended, and how long a step had taken as it cut the run short."""

    at_start: float = ALONE_SECONDS
    limit: float = ALONE_SECONDS
    step: float | None = None


ALONE = Timing()


@dataclass(frozen=True)
class Outcome:
    """A finished run. `png` is the adversarial picture, `logits` (1,m) what the annotator says about that file."""

    plan: Plan
    png: bytes
    logits: Tensor
    history: History
    report: dict[str, Any]  # JSON values only

    @property
    def x_adv(self) -> Tensor:
        """(1,3,H,W) on k/255 levels, decoded from `png` each time: runs are kept for many visitors."""
        return decoded(self.png, self.plan)


def decoded(png: bytes, plan: Plan) -> Tensor:
    """The picture in `png` as the plan's annotator takes it, on the photo's device."""
    return plan.annotator.prepare(Image.open(io.BytesIO(png))).to(plan.photo.x.device)


def device_name(device: torch.device) -> str:
    """The device in words, for people: a GPU by its product name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()


def about_photo(photo: Photo) -> dict[str, Any]:
    """What a report says of the file, from which `prepare` made the picture of the report's width and height."""
    return {
        "photo": photo.name,
        "photo_size": photo.file_size and list(photo.file_size),
        "interpolation": INTERPOLATION,
    }


def true_scores(plan: Plan, logits: Tensor) -> list[list[Any]]:
    """The true labels as [label, probability] in `logits` (1,m), whether or not they are in the top-k."""
    return [[name, float(logits[0, plan.annotator.index(name)].sigmoid())] for name in plan.request.true_labels]


def conclude(
    plan: Plan, result: tk.Result, history: History, stopped: str | None, seconds: float, timing: Timing = ALONE
) -> Outcome:
    """The Outcome of a Result; `stopped` is None, "user" or "time", `timing` what its clock was."""
    buffer = io.BytesIO()
    note = attack_note(plan.request.attack, plan.request.annotator, plan.k)
    tk.to_pil(result.x_adv).save(buffer, "PNG", pnginfo=note)
    x = plan.photo.x
    x_adv = decoded(buffer.getvalue(), plan)
    with torch.inference_mode():
        logits = plan.annotator(x_adv)
    report = {
        **about_photo(plan.photo),
        "annotator": plan.request.annotator,
        "attack": plan.request.attack,
        "goal": plan.goal_name,
        "k": plan.k,
        "true_labels": list(plan.request.true_labels),
        "true_labels_guessed": plan.guessed,
        "target_case": plan.request.target_case if plan.roles.targets else "",
        "targets": list(plan.roles.targets),
        "hidden": list(plan.roles.hidden),
        **measured(plan.annotator.labels, plan.goal, x, plan.photo.logits, x_adv, logits),
        "true_after": true_scores(plan, logits),
        "l2_before_rounding": float(result.norm_float[0]),
        "l2_smallest_on_the_way": _smallest(result, history),
        "steps": int(result.steps[0]),
        "forwards": int(result.forwards[0]),
        "backwards": int(result.backwards[0]),
        "seconds": round(seconds, 3),
        "stopped": stopped,
        "time_limit": timing.limit,
        "time_limit_at_start": timing.at_start,
        "step_seconds": timing.step and round(timing.step, 3),
        "device": device_name(x.device),
        "seed": plan.seed,
        "max_steps": plan.max_steps,
        "max_gradients": plan.request.gradients,
        "settings": dict(sorted(plan.settings.items())),
        "started_from": plan.start and dict(plan.start.report),
        **made_with(plan.request.annotator),
    }
    return Outcome(plan, buffer.getvalue(), logits, history, report)


def _smallest(result: tk.Result, history: History) -> float | None:
    """The smallest norm with which the goal was met before rounding: at a step, or of what was rounded; None where it was not.

    What was rounded may be smaller than all steps, as an attack may shorten its change once more at the end.
    """
    met = [history.least] if history.least is not None else []
    return min([*met, float(result.norm_float[0])] if bool(result.achieved[0]) else met, default=None)


SAME = 1e-2  # logits: a last step this close to the saved picture needs no point of its own


def saved_apart(outcome: Outcome) -> bool:
    """Whether the saved picture is another one than the last step's, so that race and replay give it a place of its own."""
    return bool((outcome.history.logits[-1] - outcome.logits[0].float().cpu()).abs().max() > SAME)
