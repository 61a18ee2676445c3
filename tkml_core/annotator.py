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

    input_size: (short, long), at how many pixels it looks at a photo, see `prepare`; `images.fixed_square(side)` for a
    network that takes squares of one size only.
    The module is copied, put in evaluation mode and frozen; the caller's is left as it was.
    """

    def __init__(
        self,
        module: nn.Module,
        labels: Sequence[str],
        device: str | torch.device | None = None,
        input_size: tuple[int, int] | images.InputSize = images.USUAL,
    ) -> None:
        self.labels: tuple[str, ...] = tuple(labels)
        self.input_size = images.InputSize(*input_size)
        if not images.SMALLEST <= self.input_size.short <= self.input_size.long:
            raise ValueError(
                f"input_size = {tuple(input_size)}: the pixels of a photo's short side, {images.SMALLEST} or more, and of its "
                "long one at most."
            )
        if self.input_size.fit not in images.FITS:
            raise ValueError(f"input_size.fit = {self.input_size.fit!r} must be one of {', '.join(images.FITS)}.")
        if len(self.labels) < 2 or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"An annotator needs at least two labels, all different; got {list(self.labels)}.")
        if not isinstance(module, nn.Module):
            raise ValueError(f"An nn.Module is expected; got {type(module).__name__}. A function can be its forward.")
        try:
            self.module = copy.deepcopy(module)
        except RuntimeError as error:  # torch's: only leaves of a graph can be copied
            raise ValueError(
                "The module cannot be copied: it keeps a tensor that is the result of a graph, such as an output of its "
                "own, or the weight of the old torch.nn.utils.weight_norm. Detach or remove it first."
            ) from error
        self.module.eval().requires_grad_(False)
        if device is not None:
            self.module.to(device)

    @property
    def device(self) -> torch.device:
        parameter = next(self.module.parameters(), None)
        return torch.device("cpu") if parameter is None else parameter.device

    @property
    def memory_format(self) -> torch.memory_format:
        """How the weights of the first convolution lie, and so how images lie best."""
        weight = next((p for p in self.module.parameters() if p.ndim == 4), torch.empty(0))
        return torch.contiguous_format if weight.is_contiguous() else torch.channels_last

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
        """(1,3,H,W) float32 on k/255 levels, at its `input_size`, on its device; see `tkml_core.images.prepare`."""
        return images.prepare(image, square, self.input_size).to(self.device)

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
