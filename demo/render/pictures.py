"""Pictures as HTML: JPEG previews while a run goes on, lossless PNG at its end."""

import base64
import io
from html import escape

import torch
from PIL import Image
from torch import Tensor

AMPLIFY = 20  # the paper's figures show perturbations times 20
MOST_AMPLIFIED = 100


def to_image(x: Tensor) -> Image.Image:
    """(1,3,H,W) in [0,1] as a Pillow picture, rounded to 8 bit."""
    levels = x[0].detach().permute(1, 2, 0).contiguous()  # floats: PyTorch moves single bytes four times as slowly
    return Image.fromarray(levels.mul(255).round_().clamp_(0, 255).to(torch.uint8).cpu().numpy())


def amplified(x: Tensor, x_adv: Tensor, factor: float = AMPLIFY) -> Image.Image:
    """The perturbation as 0.5 + factor · z / 2: grey is unchanged."""
    return to_image((x_adv - x).mul_(factor).div_(2).add_(0.5))


def data_uri(image: Image.Image, lossless: bool) -> str:
    """The picture inside a URI: nothing is stored, and all pictures of a frame arrive together."""
    buffer = io.BytesIO()
    if lossless:
        image.save(buffer, "PNG", compress_level=4)
    else:
        image.save(buffer, "JPEG", quality=85)
    kind = "png" if lossless else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def figure(
    title: str, alt: str, image: Image.Image | None, below: str, lossless: bool = True, badge: str = "", empty: str = ""
) -> str:
    """One column of the stage: title, picture (or the words `empty` in a box of the same kind), and HTML below it."""
    if image is None:
        box = f'<div class="shot empty"><span>{escape(empty)}</span></div>'
    else:
        mark = f'<span class="badge">{escape(badge)}</span>' if badge else ""
        # decoding="sync": otherwise browsers may show an empty box for a moment at every new frame.
        box = (
            f'<div class="shot"><img src="{data_uri(image, lossless)}" alt="{escape(alt, quote=True)}" '
            f'width="{image.width}" height="{image.height}" decoding="sync">{mark}</div>'
        )
    return f'<section class="figure"><h2>{escape(title)}</h2>{box}{below}</section>'
