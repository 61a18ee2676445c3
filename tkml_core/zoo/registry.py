"""Which annotators there are. To add one, add an `Entry` to ENTRIES: no other file names an annotator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import nn

from tkml_core.annotator import Annotator
from tkml_core.images import InputSize
from tkml_core.labels import COCO80, VOC20
from tkml_core.zoo import mobilenet, yolox


@dataclass(frozen=True)
class Entry:
    """An annotator that `load` can make.

    build: makes the network with its weights, which maps (B,3,H,W) in [0,1] to logits (B,m) of the m `labels`; it is called
    when the annotator is loaded, not before. It may wrap the network of another entry: `build_of(name)` gives that one.
    files: the weights that it reads; where one is missing, the annotator is not available.
    data_set: "voc" or "coco", whose photos measure it (`experiments/datasets.py`) and whose numbers in the paper stand
    beside its own.
    """

    name: str
    labels: tuple[str, ...]
    build: Callable[[], nn.Module]
    files: tuple[Path, ...]
    data_set: str
    sentence: str  # what a visitor should know of it
    source: str
    licence: str
    input_size: InputSize = InputSize()  # noqa: RUF009  # a named tuple, which nothing can change

    @property
    def missing(self) -> tuple[Path, ...]:
        """Those of its files that are not here."""
        return tuple(path for path in self.files if not path.exists())


WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights"
YOLOX_SIZE = InputSize(288, 448)


def _yolox(name: str, labels: Sequence[str], data_set: str, file: str, sentence: str) -> Entry:
    """An annotator of a YOLOX-nano that was trained here for COCO's labels, of which it shows some."""
    return Entry(
        name=name,
        labels=tuple(labels),
        build=partial(yolox.annotating, labels, data_set, WEIGHTS / file),
        files=(WEIGHTS / file,),
        data_set=data_set,
        sentence=sentence,
        source="YOLOX-nano (Ge et al. 2021), trained on for this project: see assets/weights/README.md.",
        licence="MIT; started from weights under Apache-2.0",
        input_size=YOLOX_SIZE,
    )


def _mobilenet(name: str, labels: Sequence[str], data_set: str, sentence: str) -> Entry:
    """An annotator of the MobileNetV2 that was trained here for COCO's labels, of which it shows some."""
    return Entry(
        name=name,
        labels=tuple(labels),
        build=partial(mobilenet.annotating, labels),
        files=(mobilenet.WEIGHTS,),
        data_set=data_set,
        sentence=sentence,
        source="MobileNetV2 (Sandler et al., CVPR 2018), trained for this project: see assets/weights/README.md.",
        licence="MIT",
    )


PLAIN, HARDENED = "yolox_nano.safetensors", "yolox_nano_hardened.safetensors"
ENTRIES: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        _yolox("voc20", VOC20, "voc", PLAIN, "PASCAL VOC's 20 labels."),
        _yolox("coco80", COCO80, "coco", PLAIN, "The 80 labels of MS COCO."),
        _yolox(
            "hardened-voc20",
            VOC20,
            "voc",
            HARDENED,
            "The network of voc20, trained against attacks: less exact, harder to fool.",
        ),
        _yolox("hardened-coco80", COCO80, "coco", HARDENED, "The network of coco80, trained against attacks."),
        _mobilenet(
            "mobilenet-voc20", VOC20, "voc", "A second opinion on VOC's 20 labels: another network, MobileNetV2."
        ),
        _mobilenet(
            "mobilenet-coco80", COCO80, "coco", "A second opinion on COCO's 80 labels: another network, MobileNetV2."
        ),
    )
}
DEFAULT = "voc20"


def entry_of(name: str) -> Entry:
    """The entry called `name`. ValueError, naming those there are, where there is none."""
    if name not in ENTRIES:
        raise ValueError(f"No annotator is called {name!r}; there are {', '.join(ENTRIES)}.")
    return ENTRIES[name]


def available() -> tuple[str, ...]:
    """Names of the annotators whose weights are here."""
    return tuple(name for name, entry in ENTRIES.items() if not entry.missing)


def place(name: str) -> int:
    """Where the annotator stands in tables: in the order of the entries, those that are no longer there at the end."""
    return list(ENTRIES).index(name) if name in ENTRIES else len(ENTRIES)


def data_set(name: str) -> str:
    """Whose photos measure the annotator, as in `Entry`; "" where it is no longer there."""
    return ENTRIES[name].data_set if name in ENTRIES else ""


def build_of(name: str) -> nn.Module:
    """The network of the annotator called `name`, with its weights. FileNotFoundError where these are not here."""
    entry = entry_of(name)
    if entry.missing:
        raise FileNotFoundError(f"The weights of {name} should be at {entry.missing[0]}; see assets/weights/README.md.")
    return entry.build()


def load(name: str, device: str | torch.device | None = None) -> Annotator:
    """The annotator called `name`, frozen, in float32, on `device` (default: CUDA where there is one, else the CPU)."""
    entry = entry_of(name)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return Annotator(build_of(name), entry.labels, device, entry.input_size)
