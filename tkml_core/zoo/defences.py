"""Input defences as part of an annotator, so that an attack sees through them: `tk.load("voc20+jpeg")`.

A defence that changes the photo before the network stops attacks that do not know of it. One that does takes the gradient
as if the change were not there (backward pass differentiable approximation) and, where the change is random, the mean over
draws of it (expectation over transformation): Athalye, Carlini & Wagner, ICML 2018. Both are what autograd does with the
modules here, so every attack of this project is such an attack, and no defence looks better than it is.
"""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from tkml_core.head import head_weight
from tkml_core.images import to_pil
from tkml_core.zoo.entry import Entry

GREY = 0.5  # around a photo that a random resize made smaller


def jpeg(x: Tensor, quality: int) -> Tensor:
    """Each image of x (B,3,H,W) in [0,1] saved as JPEG (4:2:0) and opened again; no gradient."""
    opened = []
    for image in x.detach():
        buffer = io.BytesIO()
        to_pil(image).save(buffer, "JPEG", quality=quality)
        opened.append(torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1))
    return torch.stack(opened).to(x).div(255)


class JPEG(nn.Module):
    """What JPEG leaves of an image; its gradient is straight-through, that of leaving it alone (Dziugaite et al. 2016)."""

    def __init__(self, quality: int = 50) -> None:
        super().__init__()
        self.quality = quality

    def forward(self, x: Tensor, seed: int) -> Tensor:
        return x + (jpeg(x, self.quality) - x).detach()


class Blur(nn.Module):
    """A Gaussian of standard deviation `sigma` pixels, mirrored at the border."""

    kernel: Tensor

    def __init__(self, sigma: float = 1.5) -> None:
        super().__init__()
        reach = math.ceil(3 * sigma)
        weights = torch.exp(-torch.arange(-reach, reach + 1).double().square() / (2 * sigma**2))
        self.register_buffer("kernel", (weights / weights.sum()).float(), persistent=False)

    def forward(self, x: Tensor, seed: int) -> Tensor:
        size = len(self.kernel)
        kernel = self.kernel.to(x)
        x = functional.pad(x, [size // 2] * 4, mode="reflect")
        x = functional.conv2d(x, kernel.view(1, 1, size, 1).expand(3, 1, size, 1), groups=3)
        return functional.conv2d(x, kernel.view(1, 1, 1, size).expand(3, 1, 1, size), groups=3)


class RandomResize(nn.Module):
    """The image a little smaller, at a random place on grey, of the same size as before (after Xie et al., ICLR 2018)."""

    def __init__(self, smallest: float = 0.8) -> None:
        super().__init__()
        self.smallest = smallest

    def forward(self, x: Tensor, seed: int) -> Tensor:
        scale, across, down = torch.rand(3, generator=torch.Generator().manual_seed(seed)).tolist()
        scale = self.smallest + (1 - self.smallest) * scale
        height, width = x.shape[2:]
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        small = functional.interpolate(x, size, mode="bilinear", antialias=True)
        left, top = round(across * (width - size[1])), round(down * (height - size[0]))
        borders = [left, width - size[1] - left, top, height - size[0] - top]
        return functional.pad(small, borders, value=GREY)


class Defended(nn.Module):
    """The mean logits (B,m) of a network over `draws` of a change of its input, those of seeds `seed`, `seed` + 1, …

    The draws are the same at every call and for every image, so that what holds once holds again; its gradient is the mean
    over them. `with_seed` gives the same defence with draws that an attack has not seen.
    """

    def __init__(self, network: nn.Module, change: nn.Module, draws: int = 1, seed: int = 0) -> None:
        super().__init__()
        self.network, self.change, self.draws, self.seed = network, change, draws, seed

    def forward(self, x: Tensor) -> Tensor:
        logits = [self.network(self.change(x, self.seed + i)) for i in range(self.draws)]
        return torch.stack(logits).mean(0)

    def head_weight(self, x: Tensor) -> Tensor | None:
        """The network's own: a mean of logits is the linear map of the mean features."""
        return head_weight(self.network, self.change(x, self.seed))

    def with_seed(self, seed: int, draws: int = 1) -> "Defended":
        """The same network behind other draws."""
        return Defended(self.network, self.change, draws, seed)


@dataclass(frozen=True)
class Defence:
    """A change of the input by name, and over how many draws of it logits are averaged."""

    change: Callable[[], nn.Module]
    draws: int
    sentence: str


DEFENCES = {
    "jpeg": Defence(JPEG, 1, "each photo is first saved as JPEG of quality 50"),
    "blur": Defence(Blur, 1, "each photo is first blurred, σ = 1.5 pixels"),
    "random_resize": Defence(RandomResize, 4, "scores are means over four random sizes and places of the photo"),
}


def defended(entry: Entry, defence: str) -> Entry:
    """The annotator of `entry` behind one of DEFENCES, called such as voc20+jpeg."""
    kind = DEFENCES[defence]

    def build(**options: object) -> nn.Module:
        return Defended(entry.build(**options), kind.change(), kind.draws)

    return replace(
        entry,
        name=f"{entry.name}+{defence}",
        build=build,
        sentence=f"{entry.name} behind a defence: {kind.sentence}. Attacks here know of it.",
        kind=kind.sentence,
        optional=True,
    )
