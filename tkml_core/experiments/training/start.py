"""What the training starts from: YOLOX-nano's published numbers, with batch norms that normalise again."""

from pathlib import Path

import torch
from torch import Tensor, nn

from tkml_core.zoo.mobilenet import unfold
from tkml_core.zoo.yolox import Detector, YOLOXAnnotator

BOXES = 4  # outputs of a box regressor, which an annotator does without


def read_onnx(path: Path) -> list[tuple[Tensor, Tensor]]:
    """Weights and biases of the file's convolutions in their order of use, without the box regressors.

    Needs the package onnx, which only this needs.
    """
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise SystemExit("Reading the published weights needs the package onnx: pip install onnx.") from error
    graph = onnx.load(str(path)).graph
    values = {i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).copy()) for i in graph.initializer}
    convolutions = [(values[n.input[1]], values[n.input[2]]) for n in graph.node if n.op_type == "Conv"]
    return [(weight, bias) for weight, bias in convolutions if len(bias) != BOXES]


@torch.no_grad()
def fill(detector: Detector, numbers: list[tuple[Tensor, Tensor]]) -> None:
    """Give the detector's convolutions, in their order of use, these weights; norms become identities plus a bias."""
    norm_of = {m[0]: m[1] for m in detector.modules() if isinstance(m, nn.Sequential) and len(m) == 3}
    used: list[nn.Module] = []
    hooks = [
        m.register_forward_pre_hook(lambda module, _: used.append(module))
        for m in detector.modules()
        if isinstance(m, nn.Conv2d)
    ]
    detector.eval()(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    for layer, (weight, bias) in zip(used, numbers, strict=True):
        assert isinstance(layer, nn.Conv2d)
        layer.weight.copy_(weight)
        norm = norm_of.get(layer)
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.zero_()  # type: ignore[union-attr]
            norm.running_var.fill_(1 - norm.eps)  # type: ignore[union-attr]
            norm.weight.fill_(1)
            norm.bias.copy_(bias)
        elif layer.bias is not None:
            layer.bias.copy_(bias)


def start(path: Path, class_of: list[int], pixels: Tensor) -> YOLOXAnnotator:
    """The annotator with the detector's knowledge; its norms have the statistics of pixels (B,3,H,W) in [0,1]."""
    network = YOLOXAnnotator(class_of)
    fill(network.detector, read_onnx(path) if path.suffix == ".onnx" else torch.load(path, weights_only=True))
    network.to(pixels.device)
    unfold(network, pixels)
    return network
