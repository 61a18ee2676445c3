"""What can happen to a picture on its way: noise, JPEG, blur, another size. From 8-bit pictures to 8-bit pictures.

All take and give (1,3,H,W) in [0,1] on k/255 levels, of the same size.
"""

import io
import math

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

import tkml_core as tk

_BISECTIONS = 25


def noise(x: Tensor, norm: float, seed: int) -> Tensor:
    """`x` with Gaussian noise whose ‖z‖₂, in 0–255 units, is `norm` after clipping and rounding.

    The noise is scaled until its rounded length is just below the wanted one, and the last few units of the squared
    length are spent as single levels where the noise is strongest among the values it has left alone. While there are
    such values, this is exact for every `norm` whose square is a whole number, as it is for 8-bit pictures.
    """
    base = x.detach().cpu().float().mul(255).round()
    draw = torch.randn(base.shape, generator=torch.Generator().manual_seed(seed))
    wanted = round(norm * norm)

    def levels(scale: float) -> Tensor:
        return (draw * scale).add_(base).round_().clamp_(0, 255).sub_(base)

    # No level ever gets smaller as the scale grows, so the length is monotone in it.
    low, high = 0.0, 2 + 4 * norm / math.sqrt(draw.numel())
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _squared(levels(middle)) <= wanted else (low, middle)
    z = levels(low)
    room = torch.where(draw > 0, base < 255, base > 0) & (z == 0)
    lacking = min(wanted - _squared(z), int(room.sum()))
    strongest = draw.abs().masked_fill(~room, -1).flatten().topk(lacking).indices
    z.view(-1)[strongest] = draw.sign().view(-1)[strongest]
    return base.add_(z).div_(255).to(x)


def _squared(z: Tensor) -> int:
    """‖z‖₂² of whole levels; summed in float64, which holds it exactly."""
    return int(z.square().sum(dtype=torch.float64))


def jpeg(x: Tensor, quality: int) -> Tensor:
    """`x` saved as JPEG and opened again, with Pillow's usual halved colour resolution (4:2:0)."""
    buffer = io.BytesIO()
    tk.to_pil(x).save(buffer, "JPEG", quality=quality)
    return _levels(Image.open(buffer), x)


def half(x: Tensor) -> Tensor:
    """`x` scaled to half its width and height and back, bilinear with antialiasing."""
    image = tk.to_pil(x)
    small = image.resize((max(image.width // 2, 1), max(image.height // 2, 1)), Image.Resampling.BILINEAR)
    return _levels(small.resize(image.size, Image.Resampling.BILINEAR), x)


def sigma(size: int) -> float:
    """Standard deviation, in pixels, that goes with a Gaussian kernel of `size` pixels: OpenCV's rule."""
    return 0.3 * ((size - 1) * 0.5 - 1) + 0.8


def blur(x: Tensor, size: int) -> Tensor:
    """`x` under a Gaussian kernel of `size` × `size` pixels (odd), mirrored at the border, each channel alone."""
    places = torch.arange(size, device=x.device, dtype=torch.float64) - size // 2
    weights = torch.exp(-places.square() / (2 * sigma(size) ** 2))
    weights = weights / weights.sum()
    padded = functional.pad(x.double(), [size // 2] * 4, mode="reflect")
    rows = functional.conv2d(padded, weights.view(1, 1, size, 1).expand(3, 1, size, 1), groups=3)
    both = functional.conv2d(rows, weights.view(1, 1, 1, size).expand(3, 1, 1, size), groups=3)
    return tk.quantize(both).to(x)


def _levels(image: Image.Image, like: Tensor) -> Tensor:
    """An RGB picture as a tensor on k/255 levels. `prepare` would be wrong here: it may scale."""
    pixels = torch.frombuffer(bytearray(image.convert("RGB").tobytes()), dtype=torch.uint8)
    return pixels.view(image.height, image.width, 3).permute(2, 0, 1)[None].to(like).div(255)
