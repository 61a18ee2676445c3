"""What the training starts from: published or trained numbers without norms, with batch norms that normalise again."""

from pathlib import Path

import torch
from torch import Tensor, nn

from tkml_core.zoo.checksums import fill_exactly, tensors
from tkml_core.zoo.mobilenet import fold, unfold
from tkml_core.zoo.yolox import Detector, YOLOXAnnotator

BOXES = 4  # outputs of a box regressor, which an annotator does without
Numbers = list[tuple[Tensor, Tensor]]  # weights and biases of convolutions, in their order of use


def read_onnx(path: Path) -> Numbers:
    """The published file's convolutions, without the box regressors. Needs the package onnx, which only this needs."""
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise SystemExit("Reading the published weights needs the package onnx: pip install onnx.") from error
    graph = onnx.load(str(path)).graph
    values = {i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).copy()) for i in graph.initializer}
    convolutions = [(values[n.input[1]], values[n.input[2]]) for n in graph.node if n.op_type == "Conv"]
    return [(weight, bias) for weight, bias in convolutions if len(bias) != BOXES]


def in_use(detector: Detector) -> list[nn.Conv2d]:
    """The detector's convolutions, in their order of use."""
    used: list[nn.Conv2d] = []
    convolutions = [m for m in detector.modules() if isinstance(m, nn.Conv2d)]
    hooks = [m.register_forward_pre_hook(lambda module, _: used.append(module)) for m in convolutions]
    detector.eval()(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    return used


@torch.no_grad()
def fill(detector: Detector, numbers: Numbers) -> None:
    """Give the detector's convolutions these numbers; norms become identities plus a bias."""
    norm_of = {m[0]: m[1] for m in detector.modules() if isinstance(m, nn.Sequential) and len(m) == 3}
    for layer, (weight, bias) in zip(in_use(detector), numbers, strict=True):
        layer.weight.copy_(weight)
        norm = norm_of.get(layer)
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.zero_()  # type: ignore[union-attr]
            norm.running_var.fill_(1 - norm.eps)  # type: ignore[union-attr]
            norm.weight.fill_(1)
            norm.bias.copy_(bias)
        elif layer.bias is not None:
            layer.bias.copy_(bias)


@torch.no_grad()
def fill_trained(network: YOLOXAnnotator, path: Path) -> None:
    """Give the network the numbers of a file that the training wrote."""
    folded = fold(YOLOXAnnotator(network.class_of.tolist()))  # type: ignore[operator, union-attr]
    own = folded.state_dict()
    fill_exactly(folded, {key: value.float() for key, value in tensors(path).items() if key in own}, path.name)
    fill(network.detector, [(c.weight, c.bias) for c in in_use(folded.detector) if c.bias is not None])
    network.scale.copy_(folded.scale)
    network.context.load_state_dict(folded.context.state_dict())


def start(path: Path, class_of: list[int], pixels: Tensor) -> YOLOXAnnotator:
    """The annotator that the file's numbers make; its norms have the statistics of pixels (B,3,H,W) in [0,1]."""
    network = YOLOXAnnotator(class_of)
    if path.suffix == ".safetensors":
        fill_trained(network, path)
    else:
        fill(network.detector, read_onnx(path))
    network.to(pixels.device)
    unfold(network, pixels)
    return network
