"""The one network that is trained here: torchvision's MobileNetV2 with 80 outputs, and its batch norms folded away."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from tkml_core.labels import COCO80, label_indices
from tkml_core.zoo.normalized import Normalized
from tkml_core.zoo.weights import FOLDER, load_weights

WEIGHTS = FOLDER / "mobilenet_v2_coco80.safetensors"
Network = TypeVar("Network", bound=nn.Module)


def build(outputs: int = 80) -> nn.Module:
    """MobileNetV2 with `outputs` logits and random weights."""
    from torchvision.models import mobilenet_v2  # late: torchvision takes a second, and most annotators do without

    return mobilenet_v2(weights=None, num_classes=outputs)


def _pairs(network: nn.Module) -> Iterable[tuple[nn.Sequential, int]]:
    """Every (sequential, i) where a convolution at i is followed by its batch norm at i + 1."""
    for module in network.modules():
        if isinstance(module, nn.Sequential):
            for i in range(len(module) - 1):
                if isinstance(module[i], nn.Conv2d) and isinstance(module[i + 1], (nn.BatchNorm2d, nn.Identity)):
                    yield module, i


def fold(network: Network) -> Network:
    """The same function in evaluation mode, each batch norm multiplied into the convolution before it. In place."""
    network.eval()
    for sequential, i in list(_pairs(network)):
        if isinstance(sequential[i + 1], nn.BatchNorm2d):
            conv, norm = cast(nn.Conv2d, sequential[i]), cast(nn.BatchNorm2d, sequential[i + 1])
            sequential[i] = fuse_conv_bn_eval(conv, norm)
            sequential[i + 1] = nn.Identity()
    return network


def folded(outputs: int = 80) -> nn.Module:
    """The folded shape, to load folded weights into."""
    return fold(build(outputs))


def annotating(labels: Sequence[str], weights: Path = WEIGHTS) -> Normalized:
    """The trained network, from pixels in [0,1] to the logits of `labels`, which are COCO's or some of them."""
    network = load_weights(folded(len(COCO80)), weights)
    if tuple(labels) != COCO80:
        classifier = cast(nn.Sequential, network.classifier)
        full = cast(nn.Linear, classifier[1])
        columns = label_indices(labels, COCO80)
        head = nn.Linear(full.in_features, len(columns))
        head.weight.data, head.bias.data = full.weight.data[columns], full.bias.data[columns]
        classifier[1] = head
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the quicker layout, on CPUs too
    return Normalized(network)


def is_folded(network: nn.Module) -> bool:
    """Whether every batch norm only adds a bias, as in weights whose folding kept torchvision's key names."""
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    return all(not n.running_mean.any() and bool((n.weight == 1).all()) for n in norms)  # type: ignore[union-attr]


@torch.no_grad()
def unfold(network: nn.Module, pixels: Tensor) -> None:
    """Give identity batch norms the statistics of `pixels` (B,3,H,W), without changing the function. In place.

    Fine-tuning needs batch norms that normalise; folded weights have none left.
    """
    network.eval()
    moments: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}
    hooks = []
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):

            def measure(norm: nn.Module, args: tuple[Tensor, ...]) -> None:
                assert isinstance(norm, nn.BatchNorm2d)
                moments[norm] = (args[0].mean((0, 2, 3)), args[0].var((0, 2, 3), unbiased=False))

            hooks.append(module.register_forward_pre_hook(measure))
    network(pixels)
    for hook in hooks:
        hook.remove()
    for norm, (mean, variance) in moments.items():
        norm.running_mean, norm.running_var = mean.clone(), variance.clone()
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)
