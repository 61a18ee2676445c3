"""From any Pillow image to the tensor an annotator sees, and back, without losing a level."""

import math
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tkml_core.colour import upright_rgb

SMALLEST = 32  # pixels: least usable side


FITS = ("whole", "crop", "squash")


class InputSize(NamedTuple):
    """The pixels at which an annotator looks at photos: of the short side, and of the long one at most.

    fit: "whole" keeps all of the photo and its proportions. For networks that take one square only, of `short` pixels,
    "crop" keeps the centre square, and "squash" keeps all of the photo and gives up its proportions.
    """

    short: int = 224
    long: int = 448
    fit: str = "whole"


def fixed_square(side: int, fit: str = "crop") -> InputSize:
    """The input size of a network that takes squares of `side` pixels only."""
    return InputSize(side, side, fit)


USUAL = InputSize()
INTERPOLATION = "bilinear"  # Pillow's, which is antialiased where it makes smaller


def prepare(image: Image.Image, square: bool = False, size: InputSize = USUAL) -> Tensor:
    """(1,3,H,W) float32 on k/255 levels, scaled by min(224/short, 448/long), antialiased, neither cropped nor squashed.

    size: other numbers than these 224 and 448, or a fixed square.

    What this returns, saved as PNG and prepared again, comes back unchanged. `square=True` keeps the centre square only,
    so that sets of photos form batches. A side under 32 pixels, before or after scaling, is a ValueError.
    """
    if not isinstance(image, Image.Image):
        got = type(image).__name__
        raise ValueError(f"A Pillow image is expected; got {got}. Image.fromarray makes one of an array.")
    image = upright_rgb(image)
    box, scaled = geometry(image.size, square, size)
    if box != (0, 0, *image.size):
        image = image.crop(box)
    if scaled != image.size:
        image = image.resize(scaled, Image.Resampling[INTERPOLATION.upper()])
    pixels = torch.from_numpy(np.array(image, dtype=np.uint8))
    return pixels.permute(2, 0, 1)[None].float().div(255).contiguous()


def geometry(
    image: tuple[int, int], square: bool, size: InputSize
) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """The part of an image of this width and height that `prepare` keeps, a box as Pillow has them, and the size it gets."""
    width, height = image
    left = top = 0
    if square or size.fit == "crop":
        left, top = (width - min(image)) // 2, (height - min(image)) // 2
        width = height = min(image)
    scale = min(size.short / max(1, min(width, height)), size.long / max(1, width, height))
    scaled = (size.short, size.short) if size.fit == "squash" else (round(width * scale), round(height * scale))
    if min(width, height) < SMALLEST or min(scaled) < SMALLEST:
        raise ValueError(
            f"The image is {width} × {height} pixels and would be annotated at {scaled[0]} × {scaled[1]}; both sides need "
            f"at least {SMALLEST} pixels before and after scaling. Use a larger image, or one that is less of a strip."
        )
    return (left, top, left + width, top + height), scaled


def quantize(x: Tensor) -> Tensor:
    """Nearest 8-bit image: values of `x` (any shape, in [0,1]) rounded to k/255."""
    return x.mul(255).round().clamp(0, 255).div(255)


def to_pil(x: Tensor) -> Image.Image:
    """The Pillow RGB image of `x`, (3,H,W) or (1,3,H,W) in [0,1]; exact where `x` is on k/255 levels."""
    if x.ndim == 4 and x.shape[0] == 1:
        x = x[0]
    if x.ndim != 3 or x.shape[0] != 3:
        raise ValueError(f"One RGB image of shape (3,H,W) or (1,3,H,W) is expected; this has shape {tuple(x.shape)}.")
    levels = x.detach().mul(255).round().clamp(0, 255).to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).contiguous().cpu().numpy())


def check_pixels(x: Tensor) -> None:
    """ValueError unless `x` is a float32 or float64 (B,3,H,W) with finite values in [0,1]."""
    usable = isinstance(x, Tensor) and x.dtype in (torch.float32, torch.float64)  # half types blur the 256 levels
    if not usable or x.ndim != 4 or x.shape[1] != 3 or not math.prod(x.shape):
        got = f"shape {tuple(x.shape)}, dtype {x.dtype}" if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(
            f"Images are expected as a float32 or float64 tensor (B,3,H,W) in [0,1]; got {got}. "
            "annotator.prepare(image) makes one from a Pillow image."
        )
    if not bool(torch.isfinite(x).all()):
        raise ValueError("The image has NaN or infinite pixels; every pixel must be a number in [0,1].")
    low, high = (float(end) for end in x.detach().aminmax())
    if low < 0 or high > 1:
        raise ValueError(
            f"Pixels must be in [0,1]; these reach from {low:.4g} to {high:.4g}. Divide 0–255 values by 255."
        )


def each(values: Tensor) -> Tensor:
    """(B,) as (B,1,1,1), to go with images."""
    return values[:, None, None, None]
