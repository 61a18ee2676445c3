"""Annotators from weights that torchvision publishes: what a network finds at any place of a photo, it names.

Detectors know MS COCO's 80 labels, segmentation networks PASCAL VOC's 20. A label's logit is a smooth maximum over all
places of the log-odds that the label is there, (1/r) log Σ exp(r·logit), so that it is differentiable everywhere; boxes and
masks are left out. Their probabilities are not calibrated. Weights are fetched when the annotator is first loaded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tkml_core.images import InputSize, fixed_square
from tkml_core.labels import COCO80, VOC20
from tkml_core.zoo.checkpoints import fill, read
from tkml_core.zoo.entry import Entry
from tkml_core.zoo.fetch import fetch, kept_at
from tkml_core.zoo.normalized import MEAN, STD, Normalized

SHARPNESS = 4.0  # r: towards 0 a mean over places, towards infinity their maximum


def log_odds(scores: Tensor) -> Tensor:
    """Of each class against all others, from softmax scores (B,P,classes)."""
    log_share = functional.log_softmax(scores, 2).clamp(max=-1e-6)  # of 1 there would be no odds
    return log_share - torch.log(-torch.expm1(log_share))


def anywhere(places: Tensor) -> Tensor:
    """Smooth maximum over places: (B,P,m) to (B,m)."""
    return torch.logsumexp(SHARPNESS * places, 1) / SHARPNESS


class SegmentationAnnotator(nn.Module):
    """A segmentation network, before it scales its maps up: normalized pixels (B,3,H,W) to logits (B,m)."""

    def __init__(self, network: nn.Module, columns: Sequence[int]) -> None:
        super().__init__()
        self.backbone: Any = network.backbone
        self.classifier: Any = network.classifier
        self.columns = list(columns)

    def forward(self, x: Tensor) -> Tensor:
        features = self.backbone(x)
        scores = self.classifier(features.get("out", features))
        return anywhere(log_odds(scores.flatten(2).transpose(1, 2))[..., self.columns])


class DetectorAnnotator(nn.Module):
    """A one-stage detector without its boxes: normalized pixels (B,3,H,W) to logits (B,m)."""

    def __init__(self, network: nn.Module, columns: Sequence[int]) -> None:
        super().__init__()
        self.backbone: Any = network.backbone
        self.head: Any = network.head
        self.columns = list(columns)

    def forward(self, x: Tensor) -> Tensor:
        found = self.head(list(self.backbone(x).values()))
        scores = found["cls_logits"]  # (B,P,classes)
        if "bbox_ctrness" not in found:  # SSD: softmax over classes and background
            return anywhere(log_odds(scores)[..., self.columns])
        # FCOS: σ(class)·σ(centreness); the logit of that product without leaving logits, e^(a+b) / (1 + e^a + e^b).
        a, b = scores[..., self.columns], found["bbox_ctrness"]
        return anywhere(a + b - functional.softplus(torch.logaddexp(a, b)))


@dataclass(frozen=True)
class Published:
    """One of torchvision's networks with its weights, as an annotator."""

    name: str
    network: str  # torchvision's name of it
    annotator: Callable[[nn.Module, Sequence[int]], nn.Module]
    weights: str  # torchvision's name of them
    labels: tuple[str, ...]
    input_size: InputSize
    source: str
    mean: tuple[float, float, float] = MEAN
    std: tuple[float, float, float] = STD

    def described(self) -> Any:
        """Torchvision's description of the weights: `url`, and in `meta` the categories."""
        from torchvision import models  # late: torchvision takes a second, and most annotators do without

        return models.get_model_weights(self.network)[self.weights]

    @property
    def megabytes(self) -> float:
        """Of the file of its weights."""
        return float(self.described().meta["_file_size"])

    def bare(self) -> nn.Module:
        """The network with random weights."""
        from torchvision import models

        outputs = len(self.described().meta["categories"])
        network: nn.Module = models.get_model(self.network, weights=None, weights_backbone=None, num_classes=outputs)
        return network

    def build(self, weights: Path | None = None) -> nn.Module:
        """Pixels in [0,1] to logits. Without `weights`, torchvision's are fetched, unless they are here."""
        if weights is None:
            url = self.described().url
            weights = fetch(
                url, sha256=url.rsplit("-", 1)[-1].split(".")[0]
            )  # torchvision's names end in the hash's start
        network = self.bare()
        fill(network, read(weights), str(weights))
        categories = self.described().meta["categories"]
        return Normalized(
            self.annotator(network, [categories.index(name) for name in self.labels]), self.mean, self.std
        )

    def entry(self) -> Entry:
        voc = self.labels == VOC20
        return Entry(
            name=self.name,
            labels=self.labels,
            build=self.build,
            files=(),
            data_set="voc" if voc else "coco",
            sentence=f"{self.source.split(' (')[0]} as torchvision publishes it, read as an annotator; fetched at first use.",
            source=self.source,
            licence="BSD-3-Clause (torchvision)",
            input_size=self.input_size,
            obtain="see tkml_core/zoo/fetch.py",
            fetched=lambda: (kept_at(self.described().url),),
            optional=True,
        )


PUBLISHED = tuple(
    Published(*fields)
    for fields in (
        (
            "lraspp-voc20", "lraspp_mobilenet_v3_large", SegmentationAnnotator,
            "COCO_WITH_VOC_LABELS_V1", VOC20, InputSize(320, 480),
            "LR-ASPP on MobileNetV3 (Howard et al., ICCV 2019)",
        ),
        (
            "deeplabv3-voc20", "deeplabv3_mobilenet_v3_large", SegmentationAnnotator,
            "COCO_WITH_VOC_LABELS_V1", VOC20, InputSize(320, 480),
            "DeepLabV3 on MobileNetV3 (Chen et al. 2017)",
        ),
        (
            "ssdlite-coco80", "ssdlite320_mobilenet_v3_large", DetectorAnnotator,
            "COCO_V1", COCO80, fixed_square(320, "squash"),
            "SSDLite on MobileNetV3 (Howard et al., ICCV 2019)", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5),
        ),
        (
            "fcos-coco80", "fcos_resnet50_fpn", DetectorAnnotator,
            "COCO_V1", COCO80, InputSize(480, 800),
            "FCOS on ResNet-50 (Tian et al., ICCV 2019)",
        ),
    )
)  # fmt: skip
