"""An annotator: a frozen network, its labels and its own image preparation."""

import copy
from collections.abc import Iterable, Sequence

import torch
from PIL import Image
from torch import Tensor, nn

from tkml_core import images
from tkml_core.labels import label_index, label_indices
from tkml_core.ranking import topk_mask

GUESS_AT = 0.5  # probability from which a label is guessed to be true


class Annotator:
    """Any `nn.Module` that maps (B,3,H,W) in [0,1] to logits (B,m), with the names of its m labels.

    The module is copied, put in evaluation mode and frozen; the caller's is left as it was.
    """

    def __init__(self, module: nn.Module, labels: Sequence[str], device: str | torch.device | None = None) -> None:
        if len(labels) < 2 or len(set(labels)) != len(labels):
            raise ValueError(f"An annotator needs at least two labels, all different; got {list(labels)}.")
        self.labels: tuple[str, ...] = tuple(labels)
        # deepcopy refuses tensors that are results of a graph; a module under training has none among its parameters.
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        if device is not None:
            self.module.to(device)
        self.module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def device(self) -> torch.device:
        parameter = next(self.module.parameters(), None)
        return torch.device("cpu") if parameter is None else parameter.device

    def __call__(self, x: Tensor) -> Tensor:
        """Logits (B,m) of images (B,3,H,W) in [0,1]."""
        logits = self.module(x)
        if not isinstance(logits, Tensor) or logits.shape != (len(x), len(self.labels)):
            got = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise ValueError(
                f"The module should return logits of shape ({len(x)}, {len(self.labels)}); it returned {got}."
            )
        return logits

    def prepare(self, image: Image.Image, square: bool = False) -> Tensor:
        """(1,3,H,W) float32 on k/255 levels, on the annotator's device; see `tkml_core.images.prepare`."""
        return images.prepare(image, square).to(self.device)

    def index(self, name: str) -> int:
        """Position of a label, in VOC's or COCO's spelling. ValueError, naming the labels, where there is none."""
        return label_index(name, self.labels)

    def mask(self, names: Iterable[str]) -> Tensor:
        """Bool (1,m), True at the named labels."""
        mask = torch.zeros(1, len(self.labels), dtype=torch.bool, device=self.device)
        return mask.scatter_(1, self.places(names), True)

    def places(self, names: Iterable[str]) -> Tensor:
        """Indices of the named labels in their order, long (1,n)."""
        return torch.tensor([label_indices(names, self.labels)], dtype=torch.long, device=self.device)

    @staticmethod
    def guess(logits: Tensor) -> Tensor:
        """Labels to take for true when nobody said: probability at least GUESS_AT, and the best; bool (B,m)."""
        return (logits.sigmoid() >= GUESS_AT) | topk_mask(logits, 1)

    def __repr__(self) -> str:
        return f"Annotator({type(self.module).__name__}, {len(self.labels)} labels, {self.device})"
