"""A change found at the annotator's size, carried to the size of the photo: what is saved there is annotated as attacked.

`prepare` makes a photo smaller by a linear map R, but for roundings. Of all changes Z of the large photo with R Z = z the
shortest is Rᵀ (R Rᵀ)⁻¹ z; R works on rows and columns apart, so that two small matrices are enough. Rounded to whole levels and
prepared again, Z comes back as z but for a level here and there. What is missing is carried over too, once; where
the goal does not hold then, z is made longer. Whether it holds is asked of `prepare` and the annotator alone.
"""

from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tkml_core.annotator import Annotator
from tkml_core.goals import Goal
from tkml_core.images import geometry
from tkml_core.metrics import size_of
from tkml_core.pixel_grid import TOLERANCE

SCALES = (1.0, 1.15, 1.4, 2.0)  # of z, one after the other until the goal holds
TRIES = 2  # for each of them: the second carries over what rounding took from the first
_STRIP = 256  # pixels whose part in all others is found at a time: a long side's matrix would take much memory


class FullSize(NamedTuple):
    """The photo with the change, and what it is like there."""

    image: Image.Image  # 8-bit RGB of the photo's size
    achieved: bool  # whether it meets the goal, prepared and annotated
    logits: Tensor  # (1,m), what the annotator says about it
    l2: float  # of the change at this size, in 0–255 units
    linf: float  # whole levels


def full_size(annotator: Annotator, photo: Image.Image, x_adv: Tensor, goal: Goal, confidence: float = 0.0) -> FullSize:
    """`photo`, RGB and upright, with the change of x_adv (1,3,h,w) in its size: the first that meets the goal by `confidence`.

    Where none does it is the one that comes nearest. ValueError where x_adv is no picture that `prepare` makes of this photo.
    """
    x = annotator.prepare(photo)
    if x_adv.shape != x.shape:
        raise ValueError(
            f"x_adv has shape {tuple(x_adv.shape)}; prepared, this photo of {photo.width} × {photo.height} pixels has "
            f"{tuple(x.shape)}."
        )
    box, (width, height) = geometry(photo.size, False, annotator.input_size)
    part = torch.from_numpy(np.array(photo.crop(box), dtype=np.uint8)).permute(2, 0, 1).float()
    rows, columns = lift(part.shape[1], height), lift(part.shape[2], width)
    x_adv, goal = x_adv.to(x), goal.fit(1, x.device)
    best: tuple[float, Image.Image, Tensor, Tensor] | None = None
    for scale in SCALES:
        wanted = (x + scale * (x_adv - x)).clamp(0, 1)
        change, seen = torch.zeros_like(part), x
        for _ in range(TRIES):
            change += torch.stack([rows @ channel @ columns.T for channel in (wanted - seen)[0].mul(255).cpu()])
            levels = (part + change).round().clamp(0, 255)
            image = photo.copy()
            image.paste(Image.fromarray(levels.byte().permute(1, 2, 0).contiguous().numpy()), box[:2])
            seen = annotator.prepare(image)
            with torch.no_grad():
                logits = annotator(seen)
            margin = float(goal.margin(logits)[0])
            if best is None or margin < best[0]:
                best = margin, image, logits, (levels - part)[None] / 255
            if margin <= -TOLERANCE - confidence:
                break
        else:
            continue
        break
    assert best is not None
    margin, image, logits, z = best
    size = size_of(z)
    return FullSize(image, margin <= -TOLERANCE, logits, size.l2, size.linf)


def lift(large: int, small: int) -> Tensor:
    """(large,small): what Pillow's resize from `large` to `small` pixels takes to exactly what it is given, the shortest such."""
    down = torch.cat([_strip(large, small, at) for at in range(0, large, _STRIP)])  # (large,small): Rᵀ
    return (down @ torch.linalg.pinv(down.T @ down, hermitian=True)).float()


def _strip(large: int, small: int, at: int) -> Tensor:
    """Some rows of Rᵀ, from `at` on: what each of these pixels, alone, is made into."""
    ones = np.eye(min(_STRIP, large - at), large, at, dtype=np.float32)
    image = Image.fromarray(ones).resize((small, len(ones)), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(image)).double()
