"""Which pixels a label's score depends on, as a picture: the length of its gradient, smoothed.

SmoothGrad (Smilkov et al. 2017): the gradient of a network jumps from one picture to the next almost the same, so it is
averaged over copies of the photo with a little noise.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

import tkml_core as tk

COPIES = 8
NOISE = 0.08  # deviation, of the range of a pixel
LONGEST = 96  # pixels of the map's longer side: it is smooth, so that more would only take room


def saliency(annotator: tk.Annotator, x: torch.Tensor, label: str) -> NDArray[np.uint8]:
    """A map (h,w) of how much the score of `label` on the photo `x` (1,3,H,W) depends on each place; 255 is the most."""
    draws = torch.Generator().manual_seed(0)
    place, total = annotator.index(label), torch.zeros(1, 1, *x.shape[2:])
    for _ in range(COPIES):
        noise = torch.randn(x.shape, generator=draws).mul(NOISE).to(x)
        copy = (x.detach() + noise).clamp(0, 1).requires_grad_()
        (slope,) = torch.autograd.grad(annotator(copy)[0, place], copy)
        total += slope.square().sum(1, keepdim=True).sqrt().cpu()
    height, width = x.shape[2:]
    scale = LONGEST / max(height, width)
    small = functional.adaptive_avg_pool2d(total, (max(round(height * scale), 1), max(round(width * scale), 1)))
    smooth = functional.avg_pool2d(small, 5, 1, 2, count_include_pad=False)
    smooth = functional.avg_pool2d(smooth, 3, 1, 1, count_include_pad=False)[0, 0]
    low, high = smooth.quantile(0.05), smooth.quantile(0.995)
    return ((smooth - low) / (high - low).clamp_min(1e-12)).clamp(0, 1).mul(255).byte().numpy()
