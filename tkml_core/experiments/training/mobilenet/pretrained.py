"""What the training starts from: MobileNetV2 with ImageNet features and a fresh head."""

import warnings
from typing import cast

import torch
from PIL import ImageOps
from torch import nn
from torchvision.transforms import v2

from tkml_core.experiments.datasets import Photo, leaving_out
from tkml_core.labels import COCO80
from tkml_core.photo_files import open_photo
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
        some = []
        for photo in photos[:: max(1, len(photos) // 96)]:
            with leaving_out(photo, warnings.warn):
                square = ImageOps.fit(open_photo(photo.path), (192, 192))
                some.append(v2.functional.pil_to_tensor(square).float() / 255)
        mean, std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
        mobilenet.unfold(net, (torch.stack(some) - mean) / std)
    head = cast(nn.Linear, cast(nn.Sequential, net.classifier)[1])
    nn.init.normal_(head.weight, std=0.01)
    nn.init.constant_(head.bias, -3.0)  # nearly every label is absent
    return net
