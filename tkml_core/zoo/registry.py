"""Which annotators there are. To add one, add an `Entry` to ENTRIES: other files name annotators only as examples.

Others are added without a change here: the environment variable TKML_ANNOTATORS names TOML files (see `description.py`),
module:function, or annotators that are optional, with `:` between them (`;` on Windows).
"""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch
from torch import nn

from tkml_core.annotator import Annotator
from tkml_core.images import InputSize
from tkml_core.labels import COCO80, VOC20
from tkml_core.zoo import description, mobilenet, paper_networks, yolox
from tkml_core.zoo.defences import DEFENCES, defended
from tkml_core.zoo.entry import Entry
from tkml_core.zoo.published import PUBLISHED
from tkml_core.zoo.weights import FOLDER

__all__ = [
    "BUNDLED",
    "DEFAULT",
    "ENTRIES",
    "REFERENCE",
    "Entry",
    "available",
    "build_of",
    "data_set",
    "entry_of",
    "load",
    "place",
]


YOLOX_SIZE = InputSize(288, 448)


def _yolox(name: str, labels: Sequence[str], data_set: str, file: str, sentence: str, kind: str = "") -> Entry:
    """An annotator of a YOLOX-nano that was trained here for COCO's labels, of which it shows some."""
    return Entry(
        name=name,
        labels=tuple(labels),
        build=partial(yolox.annotating, labels, data_set, weights=FOLDER / file),
        files=(FOLDER / file,),
        data_set=data_set,
        sentence=sentence,
        source="YOLOX-nano (Ge et al. 2021), trained on for this project: see assets/weights/README.md.",
        licence="MIT; started from weights under Apache-2.0",
        input_size=YOLOX_SIZE,
        kind=kind,
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
        kind="another network",
    )


HARDER = "harder to fool"
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
            HARDER,
        ),
        _yolox(
            "hardened-coco80",
            COCO80,
            "coco",
            HARDENED,
            "The network of coco80, trained against attacks.",
            HARDER,
        ),
        _mobilenet(
            "mobilenet-voc20", VOC20, "voc", "A second opinion on VOC's 20 labels: another network, MobileNetV2."
        ),
        _mobilenet(
            "mobilenet-coco80", COCO80, "coco", "A second opinion on COCO's 80 labels: another network, MobileNetV2."
        ),
        *(network.entry() for network in paper_networks.NETWORKS.values()),
        *(network.entry() for network in PUBLISHED),
    )
}
DEFAULT = "voc20"
REFERENCE = "mobilenet-voc20"  # beside whose step, at 224 × 224, the others' steps stand in the table of annotators
BUNDLED = "Every network is here with 20 labels (from the photo set VOC), and again with 80 (from COCO)"  # for who chooses one


@cache
def _added(named: str) -> dict[str, Entry]:
    """What TKML_ANNOTATORS names, by name. ValueError, saying what is wrong, where it cannot be had."""
    found: dict[str, Entry] = {}
    for item in _items(named):
        try:
            entry = _find(item, ENTRIES | found)
        except ValueError as error:
            raise ValueError(f"TKML_ANNOTATORS: {error}") from error
        if entry.name in found or (entry.name in ENTRIES and item not in ENTRIES):
            raise ValueError(
                f"TKML_ANNOTATORS: {item}: there is an annotator called {entry.name!r} already; choose another name."
            )
        found[entry.name] = entry
    return found


def _items(named: str) -> list[str]:
    """The parts of TKML_ANNOTATORS; a module and its function, which the separator has parted, together again."""
    parts = [part.strip() for part in named.split(os.pathsep)]
    items: list[str] = []
    while parts:
        part = parts.pop(0)
        if (
            os.pathsep == ":"
            and parts
            and re.fullmatch(r"[\w.]+", part)
            and not part.endswith(".toml")
            and part not in ENTRIES
        ):
            part += ":" + parts.pop(0)
        if part:
            items.append(part)
    return items


def _find(name: str, known: dict[str, Entry]) -> Entry:
    """The entry of a known name, a defended one, a TOML file or module:function. ValueError where `name` is none of them."""
    if name in known:
        return known[name]
    base, plus, defence = name.rpartition("+")
    if plus and defence in DEFENCES:
        return defended(_find(base, known), defence)
    if name.endswith(".toml"):
        return description.described(Path(name).expanduser())
    if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", name):
        return description.from_function(name)
    raise ValueError(
        f"No annotator is called {name!r}; there are {', '.join(known)}, each also with +{', +'.join(DEFENCES)}. A file's "
        "path (.toml) or module:function names one of your own."
    )


def entries() -> dict[str, Entry]:
    """All annotators by name: the project's own, and those that TKML_ANNOTATORS adds."""
    return ENTRIES | _added(os.environ.get("TKML_ANNOTATORS", ""))


def entry_of(name: str) -> Entry:
    """The entry called `name`, with a defence such as voc20+jpeg, or that a TOML file or module:function describes.

    ValueError, naming those there are, where there is none.
    """
    return _find(name, entries())


def available() -> tuple[str, ...]:
    """Names of the annotators that page, shell and tables offer: the bundled ones, and those that TKML_ANNOTATORS adds."""
    added = _added(os.environ.get("TKML_ANNOTATORS", ""))
    return tuple(
        name for name, entry in entries().items() if not entry.missing and (name in added or not entry.optional)
    )


def place(name: str) -> int:
    """Where the annotator stands in tables: in the order of the entries, those that are no longer there at the end."""
    return list(entries()).index(name) if name in entries() else len(entries())


def data_set(name: str) -> str:
    """Whose photos measure the annotator, as in `Entry`; "" where it is no longer there."""
    return entries()[name].data_set if name in entries() else ""


def weights_of(name: str) -> str:
    """One SHA-256, in hexadecimal, of all the files that an annotator reads; "" for one that reads none, or has fetched none."""
    entry = entry_of(name)
    files = (*entry.files, *filter(Path.exists, entry.fetched()))
    return _digest(tuple((path, path.stat().st_mtime_ns) for path in files))


@cache
def _digest(files: tuple[tuple[Path, int], ...]) -> str:
    """files: each with the time of its last change, so that one that has changed is read again."""
    digest = hashlib.sha256()
    for path, _ in files:
        digest.update(path.read_bytes())
    return digest.hexdigest() if files else ""


def build_of(name: str) -> nn.Module:
    """The network of the annotator called `name`, with its weights. FileNotFoundError where these are not here."""
    return _build(entry_of(name))


def _build(entry: Entry) -> nn.Module:
    """The network of the entry. What its files lack is a ValueError that names the annotator, and the file without its folder."""
    if entry.missing:
        raise FileNotFoundError(f"The weights of {entry.name} should be at {entry.missing[0]}; {entry.obtain}.")
    try:
        return entry.build()
    except (
        ValueError,
        KeyError,
        RuntimeError,
    ) as error:  # torch's, of tensors that do not fit each other, are the last
        why = str(error)
        for path in entry.files:
            why = why.replace(str(path), path.name)
        raise ValueError(f"The annotator {entry.name} cannot be loaded. {why[:400]}") from error


def load(name: str, device: str | torch.device | None = None, weights: str | Path | None = None) -> Annotator:
    """The annotator called `name`, or that a TOML file or module:function describes; frozen, in float32.

    device: by default what the environment variable TKML_DEVICE names, else CUDA where there is one, else the CPU.
    weights: a file to read in place of the annotator's own, as the paper's networks need it.
    """
    entry = entry_of(name)
    if weights is not None:
        path = Path(weights).expanduser()
        entry = replace(entry, files=(path,), build=partial(entry.build, weights=path), obtain="give another path")
    return Annotator(_build(entry), entry.labels, chosen_device(device), entry.input_size, entry.outputs)


def chosen_device(device: str | torch.device | None = None) -> torch.device:
    """`device`, else what TKML_DEVICE names, else CUDA where there is one, else the CPU. ValueError where it is not here."""
    named = device or os.environ.get("TKML_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=named)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        source = "device" if device else "TKML_DEVICE"
        raise ValueError(
            f"{source} = {str(named)!r}: PyTorch has no such device here; 'cpu' always works, 'cuda' with an NVIDIA GPU, "
            "'mps' with Apple's."
        ) from error
    return torch.device(named)
