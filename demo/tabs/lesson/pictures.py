"""Pieces that the screens are put together from: pictures inside the page itself, and lists of labels."""

import base64
import io
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

import tkml_core as tk
from demo.engine.recordings import Recording
from demo.render.labels import scored, top_list
from demo.render.pictures import AMPLIFY, amplified, to_image
from demo.render.templates import fill

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
        f'<figure class="photo">{head}<div class="shot" style="{ratio(image)}"><img src="{uri(image, quality)}" '
        f'alt="{escape(alt, quote=True)}" width="{image.width}" height="{image.height}">{mark}</div>{below}</figure>'
    )


def ratio(image: Image.Image) -> str:
    """What the style sheet has to know to let a picture grow to the width or the height that there is room for."""
    return f"--ratio: {image.width / image.height:.4f}"


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


def change(recording: Recording, times: int = AMPLIFY) -> str:
    """The perturbation, amplified."""
    x, x_adv = recording.outcome.plan.photo.x, recording.outcome.x_adv
    below = '<p class="hint">Grey is unchanged.</p>'
    return picture(
        amplified(x, x_adv, times),
        f"The change, {times} times as strong",
        "The change",
        below,
        f"× {times}",
        SHARP,
    )


def spotlight(x: Tensor, look: NDArray[np.uint8]) -> Image.Image:
    """The photo (1,3,H,W), dark where a score does not depend on it: brightness alone says it, no colours."""
    photo = np.asarray(to_image(x)).astype(float)
    size = (photo.shape[1], photo.shape[0])
    bright = np.asarray(Image.fromarray(look).resize(size, Image.Resampling.BICUBIC)).astype(float) / 255
    light = 0.2 + 0.8 * np.sqrt(bright)[..., None]
    return Image.fromarray((photo * light).clip(0, 255).astype(np.uint8))


@dataclass(frozen=True)
class Look:
    """What a label's score depends on in a recording's photo, "before" the attack or "after" it."""

    recording: Recording
    label: str
    when: str = "before"
    title: str = ""  # the label, where there is none

    @property
    def map(self) -> NDArray[np.uint8] | None:
        """None where the recording does not know."""
        return self.recording.looks.get(f"{self.when} {self.label}")

    def picture(self, bright: NDArray[np.uint8]) -> str:
        outcome = self.recording.outcome
        x = outcome.plan.photo.x if self.when == "before" else outcome.x_adv
        return picture(spotlight(x, bright), f"The places that {self.label} depends on", self.title or self.label)


def looked_at(*looks: Look) -> str:
    """Where in the photo the scores of labels come from, side by side."""
    parts = [look.picture(bright) for look in looks if (bright := look.map) is not None]
    words = '<p class="hint">What the annotator looks at: the brighter a place, the more it counts for this label.</p>'
    return f'<div class="looks">{row(*parts)}{words}</div>' if parts else ""


@dataclass(frozen=True)
class Bar:
    """One of several quantities to compare: its share of the longest bar, from 0 to 1, and what it is in words."""

    name: str
    words: str
    share: float


def bars(*shown: Bar) -> str:
    """Quantities under each other, as lengths and in words."""
    return str(fill("tabs/lesson/bars.html", bars=shown))


def numbers_changed(recording: Recording) -> tuple[int, int, int]:
    """How many of the photo's numbers differ, how many there are, and by how many levels they differ at most."""
    z = (recording.outcome.x_adv - recording.outcome.plan.photo.x).mul(255).round()
    return int((z != 0).sum()), z.numel(), int(z.abs().max())


def sure(recording: Recording, logits: Tensor, name: str) -> str:
    """A label's probability in words, such as "93 %"."""
    value = float(logits.view(-1)[recording.outcome.plan.annotator.index(name)].sigmoid()) * 100
    return "more than 99 %" if value > 99.5 else "less than 1 %" if value < 1 else f"{value:.0f} %"


def meets(recording: Recording, logits: Tensor) -> bool:
    """Whether (m,) logits meet the recording's goal."""
    goal: tk.Goal = recording.outcome.plan.goal
    return bool(goal.margin(logits.view(1, -1))[0] < 0)
