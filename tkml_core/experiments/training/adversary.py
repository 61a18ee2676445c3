"""The loss that both players of adversarial training (Madry et al., ICLR 2018) share, and the player that raises it."""

import torch
from torch import Tensor, nn

from tkml_core.images import each


def loss_of(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Binary cross-entropy, summed over labels, mean over photos."""
    entropy = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (entropy * weight).sum(1).mean()


class Adversary:
    """A perturbation of each photo of a batch, which climbs by the gradient that the weights' own step computes anyway.

    "Free" adversarial training (Shafahi et al., NeurIPS 2019): a batch is shown `replays` times, and one backward pass gives
    the gradient of the weights, which descend, and of the pixels, which ascend within an L2 ball.
    """

    def __init__(self, x: Tensor, radius: float, replays: int) -> None:
        """x: photos (B,3,H,W) in [0,1]; radius: largest ‖z‖₂, in [0,1] units; each photo has its own share of it."""
        self.x = x
        self.limit = radius * torch.rand(len(x), device=x.device).sqrt()  # smaller changes are to be withstood too
        self.length = 2.5 * self.limit / replays
        self.z = torch.randn_like(x)
        self._shorten(self.limit / 2)

    def leaf(self) -> Tensor:
        """The changed photos, in [0,1], whose gradient `climb` reads."""
        return (self.x + self.z).clamp(0, 1).requires_grad_()

    def climb(self, leaf: Tensor) -> None:
        """One step up the loss, after its backward pass, and back into the ball."""
        assert leaf.grad is not None
        direction = leaf.grad / each(leaf.grad.flatten(1).norm(dim=1).clamp(min=1e-12))
        self.z = leaf.detach() - self.x + each(self.length) * direction
        self._shorten(self.limit)

    def _shorten(self, limit: Tensor) -> None:
        self.z *= each((limit / self.z.flatten(1).norm(dim=1).clamp(min=1e-12)).clamp(max=1))
