"""The two annotators of the paper (§4.1): Inception-v3 for PASCAL VOC and ResNet-50 for MS COCO, with sigmoid outputs.

Sizes and normalisation are those of the authors' code, https://github.com/discovershu/TKML-AP: pixels in [−1,1];
Inception at 300 × 300, there a crop of 330; ResNet-50 at 224 × 224, the photo squashed. They publish no weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from tkml_core.images import InputSize, fixed_square
from tkml_core.labels import COCO80, VOC20
from tkml_core.zoo.checkpoints import fill, read
from tkml_core.zoo.entry import Entry
from tkml_core.zoo.normalized import Normalized
from tkml_core.zoo.weights import FOLDER

MEAN = STD = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class PaperNetwork:
    """One of the paper's two: how its network is made, with random weights and without an auxiliary head."""

    name: str
    builder: str  # torchvision's name of it
    labels: tuple[str, ...]
    input_size: InputSize
    data_set: str
    mean_ap: float  # which the paper states
    options: Mapping[str, Any] = field(default_factory=dict)

    def build_network(self) -> nn.Module:
        from torchvision import models  # late: torchvision takes a second, and most annotators do without

        made: nn.Module = models.get_model(self.builder, weights=None, num_classes=len(self.labels), **self.options)
        return made

    def build(self, weights: Path) -> nn.Module:
        """Pixels in [0,1] to logits. The weights are any checkpoint that fits, see `checkpoints.fill`."""
        network = self.build_network()
        fill(network, read(weights), str(weights))
        return Normalized(network, MEAN, STD)

    def entry(self) -> Entry:
        path = FOLDER / f"{self.name}.safetensors"
        kind = {"voc": "PASCAL VOC's 20", "coco": "MS COCO's 80"}[self.data_set]
        return Entry(
            name=self.name,
            labels=self.labels,
            build=partial(self.build, weights=path),
            files=(path,),
            data_set=self.data_set,
            sentence=f"The paper's network for {kind} labels, for which its authors state an mAP of {self.mean_ap}.",
            source="Inception-v3 (Szegedy et al., CVPR 2016)"
            if self.data_set == "voc"
            else "ResNet-50 (He et al., CVPR 2016)",
            licence="as the weights'",
            input_size=self.input_size,
            obtain="give a checkpoint with weights=path, or train one: "
            f"python -m tkml_core.experiments.training.paper_networks {self.name} --help",
        )


NETWORKS = {
    network.name: network
    for network in (
        PaperNetwork(
            "inception_v3-voc",
            "inception_v3",
            VOC20,
            fixed_square(300),
            "voc",
            0.934,
            {"aux_logits": False, "init_weights": False},
        ),
        PaperNetwork("resnet50-coco", "resnet50", COCO80, fixed_square(224, "squash"), "coco", 0.867),
    )
}
