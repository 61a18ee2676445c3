"""What is known of an annotator before it is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from tkml_core.images import InputSize


@dataclass(frozen=True)
class Entry:
    """An annotator that `load` can make.

    build: makes the network with its weights, which maps (B,3,H,W) in [0,1] to scores (B,m) of the m `labels`; it is called
    when the annotator is loaded, not before. It may wrap the network of another entry: `build_of(name)` gives that one.
    Where its weights can lie elsewhere, it takes their path as `weights`.
    files: the weights that it reads; where one is missing, the annotator is not available.
    data_set: "voc" or "coco", whose photos measure it (`experiments/datasets.py`) and whose numbers in the paper stand
    beside its own; "" where it has labels of its own.
    outputs: "logits" or "probabilities", of which the annotator computes logits back; None: it finds out, see `Annotator`.
    obtain: where its weights come from, for who finds them missing.
    fetched: says where weights are kept that are fetched when it is first loaded.
    kind: what sets it apart from the others that have its labels, in a few words for who chooses one; "" where nothing does.
    optional: it can be loaded, but is offered on the page and in tables only where TKML_ANNOTATORS names it.
    """

    name: str
    labels: tuple[str, ...]
    build: Callable[..., nn.Module]
    files: tuple[Path, ...]
    data_set: str
    sentence: str  # what a visitor should know of it
    source: str
    licence: str
    input_size: InputSize = InputSize()  # noqa: RUF009  # a named tuple, which nothing can change
    outputs: str | None = "logits"
    obtain: str = "see assets/weights/README.md"
    fetched: Callable[[], tuple[Path, ...]] = tuple
    kind: str = ""
    optional: bool = False

    @property
    def missing(self) -> tuple[Path, ...]:
        """Those of its files that are not here."""
        return tuple(path for path in self.files if not path.exists())
