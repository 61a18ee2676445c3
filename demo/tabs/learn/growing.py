"""Step 6: one photo under a growing change, the attack's own against the same one with its pixels shuffled."""

from dataclasses import dataclass
from typing import Any

import torch
from markupsafe import Markup
from PIL import Image
from torch import Tensor

import tkml_core as tk
from demo.catalog.english import are
from demo.catalog.labels import listed_labels
from demo.engine.outcome import Outcome
from demo.render.formulas import unbroken
from demo.render.labels import scored, top_list
from demo.render.pictures import AMPLIFY, data_uri, to_image
from demo.render.templates import fill

# Times the change that the attack found; 1 is the picture that it saved.
SIZES = (0.0, 0.5, 0.75, 1.0, 2.0, 8.0)
SAVED = SIZES.index(1.0)
KINDS = {"attack": "the attack's change", "shuffled": "the same change, shuffled"}
SHUFFLE_SEED = 0


@dataclass(frozen=True)
class Grown:
    """One change at all SIZES: z (1,3,H,W) in whole levels, and one row a size of logits (S,m) and norms (S,)."""

    z: Tensor
    logits: Tensor
    norms: list[float]


def shuffled(z: Tensor) -> Tensor:
    """The same values at other places: as large in every norm, and aimed at nothing."""
    order = torch.randperm(z.numel(), generator=torch.Generator().manual_seed(SHUFFLE_SEED))
    return z.flatten()[order.to(z.device)].view_as(z)


def grow(annotator: tk.Annotator, x: Tensor, z: Tensor) -> Grown:
    """Annotate x + s·z, clamped to [0,1], for every s of SIZES; x and z (1,3,H,W) in [0,1] units."""
    pictures = torch.cat([(x + size * z).clamp(0, 1) for size in SIZES])
    with torch.inference_mode():
        logits = annotator(pictures)
    return Grown(z, logits, [tk.size_of(picture[None] - x).l2 for picture in pictures])


def growing(outcome: Outcome) -> Markup:
    """Sliders, pictures, lists and what came of every size."""
    plan = outcome.plan
    z = outcome.x_adv - plan.photo.x
    runs = {
        "attack": grow(plan.annotator, plan.photo.x, z),
        "shuffled": grow(plan.annotator, plan.photo.x, shuffled(z)),
    }
    layers = {"photo": to_image(plan.photo.x)} | {kind: _layer(run.z) for kind, run in runs.items()}
    return fill(
        "tabs/learn/growing.html", amplify=AMPLIFY, sizes=SIZES, saved=SAVED, kinds=KINDS, request=plan.request,
        size=layers["photo"].size, layers={name: data_uri(image, lossless=True) for name, image in layers.items()},
        lists=[_list(outcome, run, at, kind) for kind, run in runs.items() for at in range(len(SIZES))],
        agreed={kind: _agrees(outcome, run) for kind, run in runs.items()},
    )  # fmt: skip


def _layer(z: Tensor) -> Image.Image:
    """A change as a picture that the browser adds to the photo: level 128 stands for 0."""
    return to_image(z + 128 / 255)


def _agrees(outcome: Outcome, run: Grown) -> list[bool]:
    return tk.consistent(run.logits, outcome.plan.true.to(run.logits.device), outcome.plan.k).tolist()


def _list(outcome: Outcome, run: Grown, at: int, kind: str) -> dict[str, Any]:
    """The top-k at one size, with the sentence that the script shows for it."""
    plan = outcome.plan
    logits = run.logits[at : at + 1]
    top = scored(plan.annotator, logits)[: plan.k]
    left = [label.name for label in top if label.name in plan.roles.true]
    agrees = _agrees(outcome, run)[at]
    found = f"Of the true labels, {listed_labels(left)} {are(left)} left." if left else "No true label is left."
    shown_now = listed_labels([label.name for label in top])
    says = (
        f"Size {SIZES[at]:g} (‖z‖₂ = {run.norms[at]:.0f}): the list {'agrees with' if agrees else 'contradicts'} the "
        f"truth (E = {int(agrees)}). The top {plan.k} is {shown_now}.{'' if agrees else f' {found}'}"
    )
    shown = kind == "attack" and at == SAVED
    html = top_list(top, plan.roles, f"Top {plan.k} at size {SIZES[at]:g}")
    return {"kind": kind, "at": at, "says": unbroken(says), "shown": shown, "html": html}
