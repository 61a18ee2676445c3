"""Pieces that the screens are put together from: pictures inside the page itself, and lists of labels."""

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

import tkml_core as tk
from demo.engine.label_roles import Roles
from demo.engine.recordings import Recording
from demo.render.labels import scored, top_list
from demo.render.pictures import AMPLIFY, amplified, to_image

QUALITY = 82  # of WebP: the pictures are there to be looked at, what is said about them was measured on exact ones
SHARP = 90  # of pictures of a change: a lower quality would smooth away single levels here and there


def uri(image: Image.Image, quality: int = QUALITY) -> str:
    """The picture inside a URI."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=4)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def picture(
    image: Image.Image, alt: str, title: str = "", below: str = "", badge: str = "", quality: int = QUALITY
) -> str:
    """A picture with a title above and HTML below it."""
    head = f"<h4>{escape(title)}</h4>" if title else ""
    mark = f'<span class="badge">{escape(badge)}</span>' if badge else ""
    return (
        f'<figure class="photo">{head}<div class="shot"><img src="{uri(image, quality)}" alt="{escape(alt, quote=True)}" '
        f'width="{image.width}" height="{image.height}">{mark}</div>{below}</figure>'
    )


def row(*parts: str) -> str:
    """Figures side by side."""
    return f'<div class="row n{len(parts)}">{"".join(parts)}</div>'


def labels(recording: Recording, logits: Tensor, title: str, k: int | None = None) -> str:
    """The top-k of `logits` (1,m) or (m,) as the page draws it everywhere."""
    plan = recording.outcome.plan
    return top_list(scored(plan.annotator, logits.view(1, -1))[: k or plan.k], plan.roles, title)


def best(recording: Recording, logits: Tensor) -> str:
    """The name of the best label of (1,m) or (m,) logits."""
    return str(recording.outcome.plan.annotator.labels[int(logits.view(-1).argmax())])


def original(recording: Recording) -> Image.Image:
    return to_image(recording.outcome.plan.photo.x)


def attacked(recording: Recording) -> Image.Image:
    return to_image(recording.outcome.x_adv)


def change(recording: Recording) -> str:
    """The perturbation, amplified."""
    x, x_adv = recording.outcome.plan.photo.x, recording.outcome.x_adv
    below = '<p class="hint">Grey is unchanged.</p>'
    return picture(
        amplified(x, x_adv, AMPLIFY),
        f"The change, {AMPLIFY} times as strong",
        "The change",
        below,
        f"× {AMPLIFY}",
        SHARP,
    )


def spotlight(x: Tensor, look: NDArray[np.uint8]) -> Image.Image:
    """The photo (1,3,H,W), dark where a score does not depend on it: brightness alone says it, no colours."""
    photo = np.asarray(to_image(x)).astype(float)
    size = (photo.shape[1], photo.shape[0])
    bright = np.asarray(Image.fromarray(look).resize(size, Image.Resampling.BICUBIC)).astype(float) / 255
    light = 0.2 + 0.8 * np.sqrt(bright)[..., None]
    return Image.fromarray((photo * light).clip(0, 255).astype(np.uint8))


def looked_at(recording: Recording, names: Sequence[str], when: str = "before") -> str:
    """Where in the photo the scores of labels come from, as far as the recording knows."""
    x = recording.outcome.plan.photo.x if when == "before" else recording.outcome.x_adv
    parts = [
        picture(
            spotlight(x, recording.looks[f"{when} {name}"]), f"The pixels that the score of {name} depends on", name
        )
        for name in names
        if f"{when} {name}" in recording.looks
    ]
    words = '<p class="hint">What the network looks at: the brighter a place, the more this label’s score depends on it.</p>'
    return f'<div class="looks">{row(*parts)}{words}</div>' if parts else ""


def numbers_changed(recording: Recording) -> tuple[int, int, int]:
    """How many of the photo's numbers differ, how many there are, and by how many levels they differ at most."""
    z = (recording.outcome.x_adv - recording.outcome.plan.photo.x).mul(255).round()
    return int((z != 0).sum()), z.numel(), int(z.abs().max())


def sure(recording: Recording, logits: Tensor, name: str) -> str:
    """A label's probability in words, such as "93 %"."""
    value = float(logits.view(-1)[recording.outcome.plan.annotator.index(name)].sigmoid()) * 100
    return "more than 99 %" if value > 99.5 else "less than 1 %" if value < 1 else f"{value:.0f} %"


def roles_of(true: Sequence[str]) -> Roles:
    return Roles(tuple(true))


def meets(recording: Recording, logits: Tensor) -> bool:
    """Whether (m,) logits meet the recording's goal."""
    goal: tk.Goal = recording.outcome.plan.goal
    return bool(goal.margin(logits.view(1, -1))[0] < 0)
