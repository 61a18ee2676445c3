"""An annotator: a frozen network, its labels and its own image preparation."""

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence

import torch
from PIL import Image
from torch import Tensor, nn

from tkml_core import images
from tkml_core.labels import label_index, label_indices, label_names
from tkml_core.outputs import FEW, OUTPUTS, are_probabilities, in_unit_interval, to_logits, unwrapped
from tkml_core.ranking import topk_mask

GUESS_AT = 0.5  # probability from which a label is guessed to be true


class Annotator:
    """Any `nn.Module` that maps (B,3,H,W) in [0,1] to logits (B,m), with the names of its m labels.

    input_size: (short, long), at how many pixels it looks at a photo, see `prepare`; `images.fixed_square(side)` for a
    network that takes squares of one size only.
    outputs: "logits" or "probabilities", of which logits are computed back; None finds out on the first call, with a warning
    where they are probabilities. The tensor may be the `logits` of what the module returns, or alone in a tuple. labels may
    be a Hugging Face config's `id2label`.
    The module is copied, put in evaluation mode and frozen; the caller's is left as it was.
    """

    def __init__(
        self,
        module: nn.Module,
        labels: Sequence[str] | Mapping[int, str] | Mapping[str, str],
        device: str | torch.device | None = None,
        input_size: tuple[int, int] | images.InputSize = images.USUAL,
        outputs: str | None = None,
    ) -> None:
        self.labels = label_names(labels)
        if outputs is not None and outputs not in OUTPUTS:
            raise ValueError(f"outputs = {outputs!r}: 'logits' or 'probabilities' is expected, or None to find out.")
        self._outputs = outputs
        self.input_size = images.InputSize(*input_size)
        if not images.SMALLEST <= self.input_size.short <= self.input_size.long:
            raise ValueError(
                f"input_size = {tuple(input_size)}: the pixels of a photo's short side, {images.SMALLEST} or more, and of its "
                "long one at most."
            )
        if self.input_size.fit not in images.FITS:
            raise ValueError(f"input_size.fit = {self.input_size.fit!r} must be one of {', '.join(images.FITS)}.")
        if not isinstance(module, nn.Module):
            raise ValueError(f"An nn.Module is expected; got {type(module).__name__}. A function can be its forward.")
        try:
            with torch.no_grad():  # else TorchScript's copies are results of a graph
                self.module = copy.deepcopy(module)
        except (RuntimeError, TypeError, AttributeError) as error:  # torch's: only leaves of a graph can be copied
            raise ValueError(
                "The module cannot be copied: it keeps something that cannot be, such as an open file, or a tensor that is "
                "the result of a graph: an output of its own, or the weight of the old torch.nn.utils.weight_norm. Detach "
                "or remove it first."
            ) from error
        self.module.eval()  # in statements of their own: some networks' eval() returns nothing
        for parameter in self.module.parameters():  # TorchScript has no requires_grad_()
            parameter.requires_grad_(False)
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
        logits = unwrapped(self.module(x.clone()))  # some networks write into what they are given
        if not isinstance(logits, Tensor) or logits.shape != (len(x), len(self.labels)):
            got = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise ValueError(
                f"The module should return logits of shape ({len(x)}, {len(self.labels)}); it returned {got}."
            )
        if self._outputs is None:
            self._outputs = self._find_out(logits, x)
        return to_logits(logits) if self._outputs == "probabilities" else logits

    def _find_out(self, scores: Tensor, x: Tensor) -> str:
        """Whether the module gives logits or probabilities, by its first scores. A warning where it is not logits for sure."""
        if not in_unit_interval(scores):
            return "logits"
        if are_probabilities(self.module, x):
            warnings.warn(
                "The module ends in a sigmoid or softmax. Logits are computed back from its probabilities, whose gradients "
                "vanish near 0 and 1; a module without that last layer is attacked best. outputs='probabilities' says that "
                "this is meant.",
                stacklevel=3,
            )
            return "probabilities"
        if scores.numel() >= FEW:
            warnings.warn(
                "All scores of the module are in [0,1], as probabilities are; they are taken for logits. If they are not, "
                "pass outputs='probabilities' to tk.Annotator; if they are, outputs='logits'.",
                stacklevel=3,
            )
        return "logits"

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
