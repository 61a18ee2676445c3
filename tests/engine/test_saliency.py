"""Which pixels a score depends on, on a network whose answer is known."""

import numpy as np
import torch
from torch import nn

import tkml_core as tk
from demo.engine.saliency import LONGEST, saliency


class LooksLeft(nn.Module):
    """The first score is the sum of the left half, the second that of the right half."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        half = x.shape[3] // 2
        return torch.stack([x[..., :half].sum((1, 2, 3)), x[..., half:].sum((1, 2, 3))], 1)


def test_the_map_is_bright_where_the_score_comes_from() -> None:
    annotator = tk.Annotator(LooksLeft(), ["left", "right"], "cpu")
    x = torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(0))
    left, right = (saliency(annotator, x, name) for name in ("left", "right"))
    assert left.dtype == np.uint8 and left.shape == (LONGEST // 2, LONGEST)
    quarter = LONGEST // 4
    assert left[:, :quarter].min() > 200 and left[:, -quarter:].max() < 50
    assert right[:, :quarter].max() < 50 and right[:, -quarter:].min() > 200
