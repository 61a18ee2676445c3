"""What the training starts from: MobileNetV2 with ImageNet features and a fresh head."""

from pathlib import Path
from typing import cast

import torch
from PIL import Image, ImageOps
from torch import nn
from torchvision.transforms import v2

from tkml_core.experiments.datasets import Photo
from tkml_core.labels import COCO80
from tkml_core.zoo import mobilenet
from tkml_core.zoo.normalized import MEAN, STD


def start_network(init: str, photos: list[Photo]) -> nn.Module:
    """The network with ImageNet features: "imagenet" takes torchvision's (needs the network), a path takes a file's."""
    net = mobilenet.build(len(COCO80))
    if init == "imagenet":
        from torchvision.models import MobileNet_V2_Weights

        state = MobileNet_V2_Weights.IMAGENET1K_V2.get_state_dict(progress=True, check_hash=True)
    else:
        state = torch.load(init, map_location="cpu", weights_only=True)
    state = {k: v for k, v in state.items() if not k.startswith("classifier.")}
    missing, unexpected = net.load_state_dict(state, strict=False)
    wrong = unexpected + [k for k in missing if not k.startswith("classifier.") and "num_batches" not in k]
    if wrong:
        raise SystemExit(f"{init} is not a MobileNetV2 state in torchvision's key names: {wrong[:4]} …")
    if mobilenet.is_folded(net):
        some = [
            v2.functional.pil_to_tensor(_square(p.path)).float() / 255 for p in photos[:: max(1, len(photos) // 96)]
        ]
        mean, std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
        mobilenet.unfold(net, (torch.stack(some) - mean) / std)
    head = cast(nn.Linear, cast(nn.Sequential, net.classifier)[1])
    nn.init.normal_(head.weight, std=0.01)
    nn.init.constant_(head.bias, -3.0)  # nearly every label is absent
    return net


def _square(path: Path) -> Image.Image:
    with Image.open(path) as file:
        return ImageOps.fit(file.convert("RGB"), (192, 192))
