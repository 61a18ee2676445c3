"""Which annotators there are, and where their weights come from: see `assets/weights/README.md` for their making."""

from pathlib import Path
from typing import cast

import torch
from torch import nn

from tkml_core.annotator import Annotator
from tkml_core.labels import COCO80, VOC20, label_indices
from tkml_core.zoo.network import Normalized, folded
from tkml_core.zoo.weights import load_weights

WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights" / "mobilenet_v2_coco80.safetensors"
LABELS = {"voc20": VOC20, "coco80": COCO80}


def available() -> tuple[str, ...]:
    """Names of the annotators whose weights are here."""
    return tuple(LABELS) if WEIGHTS.exists() else ()


def load(name: str, device: str | torch.device | None = None) -> Annotator:
    """The annotator called `name`, frozen, in float32, on `device` (default: CUDA where there is one, else the CPU).

    Both names share one network; voc20 keeps its twenty of the eighty outputs.
    """
    if name not in LABELS:
        raise ValueError(f"No annotator is called {name!r}; there are {', '.join(LABELS)}.")
    if not WEIGHTS.exists():
        raise FileNotFoundError(f"The weights of {name} should be at {WEIGHTS}; see assets/weights/README.md.")
    network = load_weights(folded(len(COCO80)), WEIGHTS)
    if name != "coco80":
        classifier = cast(nn.Sequential, network.classifier)
        full = cast(nn.Linear, classifier[1])
        columns = label_indices(LABELS[name], COCO80)
        head = nn.Linear(full.in_features, len(columns))
        head.weight.data, head.bias.data = full.weight.data[columns], full.bias.data[columns]
        classifier[1] = head
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the quicker layout, on CPUs too
    return Annotator(Normalized(network), LABELS[name], device)
