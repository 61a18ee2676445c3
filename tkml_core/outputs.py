"""What networks return, as logits (B,m): unwrapped, and computed back where they are probabilities already."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

OUTPUTS = ("logits", "probabilities")
FEW = 8  # scores: fewer of them may all be in [0,1] by chance
_LIKELIHOODS = ("SigmoidBackward", "SoftmaxBackward")
_SAME_NUMBERS = (
    "View", "UnsafeView", "ReshapeAlias", "Alias", "Slice", "Select", "IndexSelect", "Squeeze", "Unsqueeze", "Clone",
    "ToCopy", "Clamp", "ClampMin", "ClampMax", "Permute", "Transpose", "T", "Flatten",
)  # fmt: skip


def unwrapped(output: Any) -> Any:
    """The tensor in what a network returned: its `logits` (Hugging Face's outputs), or the only element of a tuple or list."""
    if isinstance(output, Tensor):
        return output
    if isinstance(output, Mapping) and "logits" in output:
        return output["logits"]
    if isinstance(getattr(output, "logits", None), Tensor):
        return output.logits
    if isinstance(output, (tuple, list)) and len(output) == 1:
        return unwrapped(output[0])
    return output


def to_logits(p: Tensor) -> Tensor:
    """log(p / (1 − p)) of probabilities, finite for 0 and 1 too; after a sigmoid its gradient is the one by the logits."""
    info = torch.finfo(p.dtype)
    return p.clamp(info.tiny, 1 - info.eps / 2).logit()


def in_unit_interval(scores: Tensor) -> bool:
    """Whether all of some scores could be probabilities."""
    return bool(((scores >= 0) & (scores <= 1)).all())


def are_probabilities(module: nn.Module, x: Tensor) -> bool:
    """Whether what the module returns for images (B,3,H,W) was last in a sigmoid or softmax: its graph says so."""
    with torch.inference_mode(False), torch.enable_grad():
        scores = unwrapped(module(x.detach().clone().requires_grad_().clone()))
    node = scores.grad_fn
    while node is not None:
        name = node.name().removesuffix("0").removesuffix("1")
        if name in _LIKELIHOODS:
            return True
        if name.removesuffix("Backward") not in _SAME_NUMBERS or not node.next_functions:
            return False
        node = node.next_functions[0][0]
    return False
