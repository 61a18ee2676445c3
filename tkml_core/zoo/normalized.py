"""From pixels in [0,1] to what a network was trained to see, and from what it gives to logits."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tkml_core.outputs import to_logits, unwrapped

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, which most networks expect


class Normalized(nn.Module):
    """A network that takes pixels in [0,1]: subtracts the mean and divides by the deviation first."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, mean: Sequence[float] = MEAN, std: Sequence[float] = STD) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.network((x - self.mean) / self.std)


class Logits(nn.Module):
    """The logits of a network that gives probabilities. Those of exactly 0 or 1 have no gradient."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return to_logits(unwrapped(self.network(x)))
