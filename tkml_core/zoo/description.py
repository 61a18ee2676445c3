"""Annotators of your own from a small TOML file, for Python, shell, page, endpoints and experiments alike.

    architecture = "torchvision:resnet50"   # or "timm:NAME", "hf:FOLDER"
    weights = "weights.safetensors"         # or a .pth of tensors alone; paths are seen from this file's folder
    labels = "labels.txt"                   # one a line; or "voc20", "coco80", or a list of names
    input_size = 224                        # a fixed square; or [short side, longest side] for networks that take any
    mean = [0.485, 0.456, 0.406]
    std = [0.229, 0.224, 0.225]

What may be left out: name (the file's), fit = "crop" (of a fixed square; or "squash"), outputs = "logits" (or
"probabilities"), data_set ("voc" or "coco", whose photos measure it), sentence, source, licence. Nothing in such a file runs
code; who needs code of their own names a function that returns an `Entry`, as module:function.
"""

import difflib
import importlib
import re
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from torch import nn

from tkml_core.annotator import Annotator
from tkml_core.images import SMALLEST, InputSize, fixed_square
from tkml_core.labels import NAMED
from tkml_core.outputs import OUTPUTS
from tkml_core.zoo.architectures import SOURCES, build
from tkml_core.zoo.checkpoints import fill, read
from tkml_core.zoo.entry import Entry
from tkml_core.zoo.normalized import Normalized

NEEDED = ("architecture", "input_size", "mean", "std")
KEYS = (*NEEDED, "weights", "labels", "name", "fit", "outputs", "data_set", "sentence", "source", "licence")
MOST_BYTES, MOST_LABELS, LONGEST_LABEL, LARGEST = 65_536, 2_000, 80, 2_048
NAME = re.compile(r"[\w][\w.-]{0,39}")


class _File:
    """A parsed file, which knows on which line a key stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise ValueError(f"There is no file {path} that would describe an annotator.")
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{path} has more than {MOST_BYTES} bytes; a description of an annotator is a few lines.")
        try:
            self.text = path.read_text(encoding="utf-8")
            self.values = tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not TOML: {error}.") from error

    def wrong(self, key: str, why: str) -> NoReturn:
        """ValueError that names the file, the line and the key."""
        for number, line in enumerate(self.text.splitlines(), 1):
            if re.match(rf"""\s*\[*\s*["']?{re.escape(key)}["']?\s*[=\].]""", line):
                raise ValueError(f"{self.path}, line {number}, key {key}: {why}")
        raise ValueError(f"{self.path}, key {key}: {why}")

    def text_of(self, key: str, default: str = "", choices: tuple[str, ...] = ()) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str) or (choices and value not in choices):
            self.wrong(
                key, f"{value!r} should be {' or '.join(map(repr, choices)) if choices else 'a text in quotes'}."
            )
        return value

    def file_of(self, key: str) -> Path:
        path = self.path.parent / Path(self.text_of(key)).expanduser()
        if not path.exists():
            self.wrong(key, f"there is no {path}.")
        return path

    def three(self, key: str, least: float) -> tuple[float, float, float]:
        value = self.values[key]
        good = (
            isinstance(value, list)
            and len(value) == 3
            and all(type(v) in (int, float) and least < v < 1e3 for v in value)
        )
        if not good:
            self.wrong(
                key,
                f"{value!r} should be three numbers above {least:g}, for red, green, blue in units of pixels in [0,1].",
            )
        return float(value[0]), float(value[1]), float(value[2])


def described(path: Path) -> Entry:
    """The annotator that the TOML file at `path` describes. ValueError names file, line and key of what is wrong."""
    file = _File(path)
    for key in file.values:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, 1)
            file.wrong(key, f"no such key; {f'is {near[0]} meant?' if near else 'there are ' + ', '.join(KEYS) + '.'}")
    for key in NEEDED:
        if key not in file.values:
            raise ValueError(f"{path}: the key {key} is missing. tkml_core/zoo/description.py shows a whole file.")
    name = file.text_of("name", path.stem)
    if not NAME.fullmatch(name):
        file.wrong("name", f"{name!r} should be at most 40 letters, digits, dots, dashes and underscores.")
    source, _, architecture = file.text_of("architecture").partition(":")
    if source not in SOURCES or not architecture:
        ways = ", ".join(f"{known}:…" for known in SOURCES)
        file.wrong(
            "architecture",
            f"{file.values['architecture']!r} should be one of {ways}. Code of your own: module:function.",
        )
    if source == "hf":
        architecture = str(file.path.parent / Path(architecture).expanduser())
    elif "weights" not in file.values:
        raise ValueError(f"{path}: the key weights is missing; only an hf: folder has its own.")
    size = _input_size(file)
    weights = file.file_of("weights") if "weights" in file.values else None
    labels = _labels(file, source, architecture)
    try:
        SOURCES[source].check(architecture, size)
    except ValueError as error:
        file.wrong("architecture", str(error))
    make = partial(
        _network, source, architecture, len(labels), size, file.three("mean", -1e3), file.three("std", 0.0),
        weights=weights,
    )  # fmt: skip
    return Entry(
        name=name,
        labels=labels,
        build=make,
        files=(weights,) if weights else tuple(sorted(Path(architecture).glob("*.safetensors"))),  # of hf: its folder's
        data_set=file.text_of("data_set", "", ("", "voc", "coco")),
        sentence=file.text_of("sentence", f"Described in {path.name}."),
        source=file.text_of("source", file.values["architecture"]),
        licence=file.text_of("licence", "not stated"),
        input_size=size,
        outputs=file.text_of("outputs", "logits", OUTPUTS),
        obtain=f"which {path} names",
    )


def _network(
    source: str, architecture: str, outputs: int, size: InputSize, mean: tuple[float, ...], std: tuple[float, ...],
    weights: Path | None,
) -> nn.Module:  # fmt: skip
    network = build(source, architecture, outputs, size)
    if weights is not None:
        fill(network, read(weights), str(weights))
    return Normalized(network, mean, std)


def _input_size(file: _File) -> InputSize:
    value = file.values["input_size"]
    pair = [value, value] if type(value) is int else value
    good = isinstance(pair, list) and len(pair) == 2 and all(type(v) is int for v in pair)
    if not good or not SMALLEST <= pair[0] <= pair[1] <= LARGEST:
        file.wrong(
            "input_size",
            f"{value!r} should be the side of a square, or [short side, longest side], in pixels from {SMALLEST} to {LARGEST}.",
        )
    if type(value) is int:
        return fixed_square(value, file.text_of("fit", "crop", ("crop", "squash")))
    if "fit" in file.values:
        file.wrong("fit", "only goes with an input_size of one number, a square.")
    return InputSize(pair[0], pair[1])


def _labels(file: _File, source: str, architecture: str) -> tuple[str, ...]:
    value = file.values.get("labels")
    if value is None:
        own = SOURCES[source].labels(architecture)
        if not own:
            raise ValueError(
                f"{file.path}: the key labels is missing; only an hf: folder whose config names them has its own."
            )
        value = list(own)
    if isinstance(value, str) and value in NAMED:
        return NAMED[value]
    if isinstance(value, str):
        path = file.file_of("labels")
        try:
            value = [
                line.strip() for line in path.read_text(encoding="utf-8")[: MOST_BYTES * 4].splitlines() if line.strip()
            ]
        except (UnicodeDecodeError, OSError):
            file.wrong("labels", f"{path} is not a text with one label a line.")
    if not isinstance(value, list) or not 2 <= len(value) <= MOST_LABELS:
        file.wrong("labels", f"from 2 to {MOST_LABELS} names are expected: a file with one a line, or a list.")
    for label in value:
        if not isinstance(label, str) or not 0 < len(label) <= LONGEST_LABEL or not label.isprintable():
            file.wrong("labels", f"{label!r} should be a name of at most {LONGEST_LABEL} printable letters.")
    double = next((label for label in value if value.count(label) > 1), None)
    if double:
        file.wrong("labels", f"{double!r} stands there twice.")
    return tuple(value)


def from_function(place: str) -> Entry:
    """The annotator that module:function returns: an `Entry`, or a `tk.Annotator`. Only what the caller names is imported."""
    module, _, function = place.partition(":")
    try:
        make: Callable[[], Any] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(
            f"{place}: {error}. A module that Python finds, and a function in it, are expected."
        ) from error
    made = make()
    if isinstance(made, Entry):
        return made
    if isinstance(made, Annotator):
        return Entry(
            name=function, labels=made.labels, build=lambda: made.module, files=(), data_set="",
            sentence=f"Made by {place}.", source=place, licence="not stated", input_size=made.input_size, outputs=None,
        )  # fmt: skip
    raise ValueError(f"{place} should return an Entry or an Annotator; it returned {type(made).__name__}.")
