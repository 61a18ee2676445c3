"""What both trainings share: the rate's course over the steps, and the running average of the weights."""

import math

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, step: int, decay: float) -> None:
    """Exponential average of weights and statistics; the start is shortened so that it forgets the first weights."""
    keep = min(decay, (1 + step) / (10 + step))
    pairs = list(zip(average.state_dict().values(), network.state_dict().values(), strict=True))
    old, new = zip(*(pair for pair in pairs if pair[0].is_floating_point()), strict=True)
    get_ema_multi_avg_fn(keep)(list(old), list(new), step)
    for a, b in pairs:
        if not a.is_floating_point():
            a.copy_(b)


def rate(step: int, total: int) -> float:
    """Warm-up over 4% of the steps, then a cosine down to a hundredth; 1 at its highest."""
    warm = max(1, total // 25)
    if step < warm:
        return (step + 1) / warm
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))
