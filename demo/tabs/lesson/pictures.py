"""Pieces that the screens are put together from: pictures inside the page itself, and lists of labels."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

import tkml_core as tk
from demo.catalog.english import in_percent
from demo.catalog.labels import written
from demo.engine.recordings import Recording
from demo.photos.samples import sample
from demo.render.labels import scored, top_list
from demo.render.pictures import AMPLIFY, MOST_AMPLIFIED, amplified, to_image
from demo.render.size_words import OF_LEVELS
from demo.render.templates import piece

QUALITY = 82  # of WebP: the pictures are there to be looked at, what is said about them was measured on exact ones
PIECES = "tabs/lesson/pictures.html"
NOTHING = Markup("")
UNCHANGED = Markup('<p class="hint">Grey is unchanged.</p>')


def uri(image: Image.Image, exact: bool = False) -> str:
    """The picture inside a URI; exact: every level as it is."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=4, lossless=exact)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def picture(
    image: Image.Image, alt: str, title: str = "", below: Markup = NOTHING, badge: str = "", grains: bool = False,
    over: Image.Image | None = None,
) -> Markup:  # fmt: skip
    """A picture with a title above and HTML below it. over: another one that lies on it, for a script to fade.

    grains: made smaller smoothly, its single dots would fade into what is around them.
    """
    return piece(
        PIECES, "picture", source=uri(image, grains), width=image.width, height=image.height, alt=alt, title=title, badge=badge,
        below=below, over=uri(over) if over else "", grains=grains,
    )  # fmt: skip


def row(*parts: Markup) -> Markup:
    """Figures side by side."""
    return piece(PIECES, "row", parts=parts)


def labels(recording: Recording, logits: Tensor, title: str, k: int | None = None) -> Markup:
    """The top-k of `logits` (1,m) or (m,) as the page draws it everywhere."""
    plan = recording.outcome.plan
    return top_list(scored(plan.annotator, logits.view(1, -1))[: k or plan.k], plan.roles, title)


def best(recording: Recording, logits: Tensor) -> str:
    """The best label of (1,m) or (m,) logits, as people write it."""
    return written(recording.outcome.plan.annotator.labels[int(logits.view(-1).argmax())])


def original(recording: Recording) -> Image.Image:
    return to_image(recording.outcome.plan.photo.x)


def unattacked(recording: Recording) -> Image.Image:
    """The photo that a recording began with, sharper than the annotator sees it, for a wall."""
    return sample(recording.sample).open().convert("RGB")


def attacked(recording: Recording) -> Image.Image:
    return to_image(recording.outcome.x_adv)


def strength(recording: Recording) -> int:
    """How many times as strong a change of few levels is drawn to be seen: up to where black and white would cut it off."""
    most = numbers_changed(recording.outcome.plan.photo.x, recording.outcome.x_adv)[2]
    return max(AMPLIFY, min(MOST_AMPLIFIED, 255 // max(most, 1) // 10 * 10))


def difference(
    x: Tensor, x_adv: Tensor, title: str, times: int = AMPLIFY, below: Markup = NOTHING, alt: str = "The change"
) -> Markup:
    """What was added to a photo (1,3,H,W), amplified, dot by dot."""
    return picture(amplified(x, x_adv, times), f"{alt}, {times} times as strong", title, below, f"× {times}", True)


def change(recording: Recording, times: int = AMPLIFY, title: str = "The change", below: Markup = UNCHANGED) -> Markup:
    """A recording's perturbation, amplified."""
    return difference(recording.outcome.plan.photo.x, recording.outcome.x_adv, title, times, below)


def heated(x: Tensor, look: NDArray[np.uint8]) -> Image.Image:
    """The photo (1,3,H,W) in grey, and on it in colours the half of its places that a score depends on most."""
    from matplotlib import colormaps  # late: whoever does not open the lesson does without

    grey = to_image(x).convert("L")
    map_ = np.asarray(Image.fromarray(look).resize(grey.size, Image.Resampling.BICUBIC)).astype(float)
    low, high = np.percentile(map_, (50, 98))  # a few places would outshine all others
    heat = ((map_ - low) / max(high - low, 1e-9)).clip(0, 1)[..., None]
    photo = 60 + 0.55 * np.asarray(grey).astype(float)[..., None]
    colours = 255 * colormaps["inferno"](0.3 + 0.7 * heat[..., 0])[..., :3]  # equal steps look equally large
    over = 0.8 * heat.clip(0, 0.4) / 0.4
    return Image.fromarray((photo + over * (colours - photo)).clip(0, 255).astype(np.uint8))


@dataclass(frozen=True)
class Look:
    """What a label's score depends on in a recording's photo, "before" the attack or "after" it."""

    recording: Recording
    label: str
    when: str = "before"
    title: str = ""  # what counts for the label, where there is none

    @property
    def map(self) -> NDArray[np.uint8] | None:
        """None where the recording does not know."""
        found = (
            look for name, look in self.recording.looks.items() if written(name) == written(f"{self.when} {self.label}")
        )
        return next(found, None)

    def picture(self, bright: NDArray[np.uint8]) -> Markup:
        outcome = self.recording.outcome
        x = outcome.plan.photo.x if self.when == "before" else outcome.x_adv
        return picture(
            heated(x, bright),
            f"The places that {written(self.label)} depends on",
            self.title or f"What counts for {written(self.label)}",
        )


def looked_at(*looks: Look) -> Markup:
    """Where in the photo the scores of labels come from, side by side."""
    parts = [look.picture(bright) for look in looks if (bright := look.map) is not None]
    return piece(PIECES, "looks", parts=parts) if parts else NOTHING


@dataclass(frozen=True)
class Bar:
    """One of several quantities to compare: its share of the longest bar, from 0 to 1, and what it is in words."""

    name: str
    words: str
    share: float


def bars(*shown: Bar) -> Markup:
    """Quantities under each other, as lengths and in words."""
    return piece(PIECES, "bars", bars=shown)


def numbers_changed(x: Tensor, x_adv: Tensor) -> tuple[int, int, int]:
    """How many of a photo's numbers differ, how many there are, and by how many levels they differ at most."""
    z = (x_adv - x).mul(255).round()
    return int((z != 0).sum()), z.numel(), int(z.abs().max())


def average(x: Tensor, x_adv: Tensor) -> float:
    """The size of a change, in levels of 255: the root of the mean square over all the photo's numbers.

    By it sizes are compared, as by the length ‖z‖₂, and unlike that it does not grow with the photo.
    """
    return float((x_adv - x).double().mul(255).square().mean().sqrt())


def levels(number: float) -> str:
    """A number of levels, on the scale that screen 2 explains: "4 of 255", as the tab Attack has it."""
    return f"{f'{number:.0f}' if number >= 10 else f'{number:.2g}'} {OF_LEVELS}"


def size(recording: Recording) -> str:
    """The size of a recording's change: "0.15 of 255"."""
    return levels(average(recording.outcome.plan.photo.x, recording.outcome.x_adv))


def sure(recording: Recording, logits: Tensor, name: str) -> str:
    """A label's probability in words, such as "93%"."""
    value = float(logits.view(-1)[recording.outcome.plan.annotator.index(name)].sigmoid())
    return "more than 99%" if value > 0.995 else "less than 1%" if value < 0.01 else in_percent(value)


def meets(recording: Recording, logits: Tensor) -> bool:
    """Whether (m,) logits meet the recording's goal."""
    goal: tk.Goal = recording.outcome.plan.goal
    return bool(goal.margin(logits.view(1, -1))[0] < 0)
