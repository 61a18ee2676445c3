"""YOLOX-nano (Ge et al. 2021, arXiv:2107.08430) as an annotator: what it detects anywhere, it names.

Written after the paper; the depth and width multipliers are 1/3 and 1/4, with depthwise convolutions. The box
regressors are left out: where an object is does not matter here, only the regression branch's objectness does.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from tkml_core.labels import COCO80, label_indices
from tkml_core.zoo.checksums import fill_exactly, tensors
from tkml_core.zoo.mobilenet import fold

PAD = 114 / 255  # the grey that the detector was trained to see outside a photo
CHANNELS = (64, 128, 256)  # of the trunk's maps, finest first
STRIDE = 32  # of the coarsest level: sides are padded to multiples of it


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm, SiLU."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03), nn.SiLU())


def separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """A 3 × 3 convolution in each channel, then one across channels."""
    return nn.Sequential(conv(inputs, inputs, 3, stride, groups=inputs), conv(inputs, outputs))


class Bottleneck(nn.Module):
    """1 × 1, then a separable 3 × 3; added to the input where `shortcut` says so."""

    def __init__(self, channels: int, shortcut: bool) -> None:
        super().__init__()
        self.narrow, self.wide, self.shortcut = conv(channels, channels), separable(channels, channels), shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.wide(self.narrow(x))
        return y + x if self.shortcut else y


class CrossStage(nn.Module):
    """Cross-stage partial block (Wang et al. 2020): half of the channels pass `depth` bottlenecks, half go around them."""

    def __init__(self, inputs: int, outputs: int, depth: int = 1, shortcut: bool = False) -> None:
        super().__init__()
        half = outputs // 2
        self.through, self.around = conv(inputs, half), conv(inputs, half)
        self.blocks = nn.Sequential(*(Bottleneck(half, shortcut) for _ in range(depth)))
        self.join = conv(2 * half, outputs)

    def forward(self, x: Tensor) -> Tensor:
        through, around = self.through(x), self.around(x)
        return self.join(torch.cat((self.blocks(through), around), 1))


class PyramidPool(nn.Module):
    """Spatial pyramid pooling (He et al. 2014): maxima over 5, 9 and 13 pixels beside the features themselves."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow, self.join = conv(channels, channels // 2), conv(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.narrow(x)
        # Maxima of maxima: three pools of 5 reach over 5, 9 and 13 pixels, in a fraction of the time.
        five = nn.functional.max_pool2d(x, 5, 1, 2)
        nine = nn.functional.max_pool2d(five, 5, 1, 2)
        return self.join(torch.cat((x, five, nine, nn.functional.max_pool2d(nine, 5, 1, 2)), 1))


class Trunk(nn.Module):
    """CSPDarknet with a path aggregation network (Liu et al. 2018): maps of strides 8, 16, 32 with 64, 128, 256 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(12, 16, 3)
        self.stage2 = nn.Sequential(separable(16, 32, 2), CrossStage(32, 32, 1, True))
        self.stage3 = nn.Sequential(separable(32, 64, 2), CrossStage(64, 64, 3, True))
        self.stage4 = nn.Sequential(separable(64, 128, 2), CrossStage(128, 128, 3, True))
        self.stage5 = nn.Sequential(separable(128, 256, 2), PyramidPool(256), CrossStage(256, 256))
        self.lateral5, self.down4 = conv(256, 128), CrossStage(256, 128)
        self.lateral4, self.down3 = conv(128, 64), CrossStage(128, 64)
        self.stride3, self.up4 = separable(64, 64, 2), CrossStage(128, 128)
        self.stride4, self.up5 = separable(128, 128, 2), CrossStage(256, 256)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # Space to depth: the four pixels of each 2 × 2 square become channels, column by column.
        corners = (x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2])
        c3 = self.stage3(self.stage2(self.stem(torch.cat(corners, 1))))
        c4 = self.stage4(c3)
        c5 = self.lateral5(self.stage5(c4))
        p4 = self.lateral4(self.down4(torch.cat((_double(c5), c4), 1)))
        p3 = self.down3(torch.cat((_double(p4), c3), 1))
        n4 = self.up4(torch.cat((self.stride3(p3), p4), 1))
        return p3, n4, self.up5(torch.cat((self.stride4(n4), c5), 1))


def _double(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


class Level(nn.Module):
    """The head of one stride: logits of 80 classes and of objectness at every place."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.stem = conv(channels, 64)
        self.class_features = nn.Sequential(separable(64, 64), separable(64, 64))
        self.classes = nn.Conv2d(64, classes, 1)
        self.object_features = nn.Sequential(separable(64, 64), separable(64, 64))
        self.objectness = nn.Conv2d(64, 1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(x)
        return self.classes(self.class_features(x)), self.objectness(self.object_features(x))


class Detector(nn.Module):
    """Pixels (B,3,H,W), BGR, 0–255, sides multiples of 32 → logits that a place holds an object of the class, (B,80,P)."""

    def __init__(self, classes: int = 80) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.levels = nn.ModuleList(Level(channels, classes) for channels in CHANNELS)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B,80,P) over all places of the three levels, and the mean of each trunk channel (B,Σ CHANNELS)."""
        maps = self.trunk(x)
        places = []
        for level, features in zip(self.levels, maps, strict=True):
            c, o = level(features)
            # The logit of σ(o)·σ(c), without leaving logits: σ(o)σ(c) / (1 − σ(o)σ(c)) = e^(o+c) / (1 + e^o + e^c).
            places.append((o + c - nn.functional.softplus(torch.logaddexp(o, c))).flatten(2))
        return torch.cat(places, 2), torch.cat([m.mean((2, 3)) for m in maps], 1)


class YOLOXAnnotator(nn.Module):
    """Pixels (B,3,H,W), RGB in [0,1], any size → a logit for each of m labels (B,m).

    A label's logit is a smooth maximum over all places, (1/r) log Σ exp(r·logit), scaled and shifted for each label, plus
    what the whole photo says: a linear map of the mean features. It is smooth in the pixels everywhere.
    """

    sharpness = 1.0  # r: towards 0 a mean over places, towards infinity their maximum
    class_of: Tensor

    def __init__(self, class_of: list[int], classes: int = 80, detector: Detector | None = None) -> None:
        """class_of: for each label, the detector's class that it is."""
        super().__init__()
        self.detector = detector or Detector(classes)
        self.register_buffer("class_of", torch.tensor(class_of), persistent=False)
        self.scale = nn.Parameter(torch.ones(len(class_of)))
        self.context = nn.Linear(sum(CHANNELS), len(class_of))
        nn.init.zeros_(self.context.weight)
        nn.init.zeros_(self.context.bias)

    def forward(self, x: Tensor) -> Tensor:
        right, below = -x.shape[3] % STRIDE, -x.shape[2] % STRIDE
        if right or below:
            x = nn.functional.pad(x, (0, right, 0, below), value=PAD)
        places, means = self.detector(x.flip(1) * 255)
        anywhere = (places * self.sharpness).logsumexp(2) / self.sharpness
        return anywhere[:, self.class_of] * self.scale + self.context(means)

    def head_weight(self, x: Tensor) -> Tensor:
        """W (m, m + Σ CHANNELS) of the last linear map: its features are the smooth maxima, then the channels' means."""
        return torch.cat([self.scale.diag(), self.context.weight], 1)


def annotating(labels: Sequence[str], data_set: str, weights: Path) -> YOLOXAnnotator:
    """The trained network for `labels`, which are COCO's or some of them, calibrated on a data set, "voc" or "coco".

    weights: folded numbers of all eighty labels, and for each data set, as "<data_set>.scale" and "<data_set>.shift", what
    makes probabilities of the logits of its labels that hold on its photos.
    """
    numbers = {key: value.float() for key, value in tensors(weights).items()}
    network = fold(YOLOXAnnotator(list(range(len(COCO80)))))
    own_keys = network.state_dict()
    fill_exactly(network, {key: value for key, value in numbers.items() if key in own_keys}, weights.name)
    if f"{data_set}.scale" not in numbers or f"{data_set}.shift" not in numbers:
        raise ValueError(f"The file {weights.name} has no {data_set}.scale and {data_set}.shift. Fetch it again.")
    scale, shift = numbers[f"{data_set}.scale"], numbers[f"{data_set}.shift"]
    columns = label_indices(labels, COCO80)
    own = YOLOXAnnotator(columns, detector=network.detector)
    own.scale.data = network.scale.data[columns] * scale
    own.context.weight.data = network.context.weight.data[columns] * scale[:, None]
    own.context.bias.data = network.context.bias.data[columns] * scale + shift
    own.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the quicker layout, on CPUs too
    return own.eval()
