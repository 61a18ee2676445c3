"""Annotators, loaded on demand, and photos that they have annotated."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import tkml_core as tk
from demo.engine import zero_gpu
from demo.engine.annotator_cache import Loaded
from demo.engine.annotator_threads import AnnotatorThreads
from demo.engine.value_checks import one_of, whole
from demo.photos.uploads import GONE, file_word, open_photo
from tkml_core.zoo.registry import entry_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Photo:
    """A prepared picture and what the annotator thinks of it."""

    x: Tensor  # (1,3,H,W) on k/255 levels
    logits: Tensor  # (1,m)
    name: str = "photo"  # its file's, in letters and digits that every system can have in the name of a file
    file_size: tuple[int, int] | None = None  # width and height as it came, before `prepare`; None: not known


def _load(name: str) -> tk.Annotator:
    entry = entry_of(name)
    if entry.missing:  # without the folder, which is not a visitor's affair
        raise ValueError(
            f"The annotator {name} cannot be loaded. Its file {entry.missing[0].name} is missing: {entry.obtain}."
        )
    return tk.load(name, "cpu" if zero_gpu.LENDS else None)  # a GPU that is lent belongs to another process


_loaded = Loaded(_load)


def load_annotator(name: str) -> tk.Annotator:
    """The annotator called `name`, shared; ValueError listing `tk.available()` for any other name."""
    one_of("annotator", name, tk.available())
    return _loaded.get(name)


def working_first(names: Iterable[str]) -> tuple[str, ...]:
    """The names, those before the first that can be loaded behind it; ValueError where none can be, in the first one's words."""
    broken: list[str] = []
    rest = list(names)
    why: ValueError | None = None
    while rest:
        try:
            load_annotator(rest[0])
            return (rest[0], *broken, *rest[1:])
        except ValueError as error:
            _log.warning("%s The page starts with another annotator.", error)
            why = why or error
            broken.append(rest.pop(0))
    raise why or ValueError("No annotator's weights are here: see assets/weights/README.md.")


_photos: OrderedDict[tuple[str, str, bool, int], Photo] = OrderedDict()
_photos_lock = threading.Lock()
_KEPT_PHOTOS = 64  # about 1.5 MB each at the most; runs that are kept share them
_threads = AnnotatorThreads()


def read_photo(path: str | Path | None, annotator_name: str, square: bool = False) -> Photo:
    """The picture at `path` prepared and annotated, whole or its centre square.

    Kept for the next caller: a page asks again at every click. ValueError, which names the annotator, where it breaks down.
    """
    if not path:
        raise ValueError("There is no picture yet. Upload one, or pick a sample.")
    network = load_annotator(annotator_name)
    try:
        key = (str(path), annotator_name, square, Path(path).stat().st_mtime_ns)
    except OSError as error:
        raise ValueError(GONE) from error
    if (known := _kept(key)) is not None:
        return known
    image = open_photo(path)
    x = network.prepare(image, square).to(network.device)

    def look() -> Photo:
        if (known := _kept(key)) is not None:  # whoever asked before has it now
            return known
        photo = Photo(x, _scores(network, x, annotator_name), file_word(path), image.size)
        with _photos_lock:
            _photos[key] = photo
            while len(_photos) > _KEPT_PHOTOS:
                _photos.popitem(last=False)
        return photo

    return _threads.run(annotator_name, look)


def _kept(key: tuple[str, str, bool, int]) -> Photo | None:
    with _photos_lock:
        if key in _photos:
            _photos.move_to_end(key)
        return _photos.get(key)


def _scores(network: tk.Annotator, x: Tensor, name: str) -> Tensor:
    """Logits (1,m); an annotator of somebody's own may raise anything, and give anything."""
    try:
        with torch.inference_mode():
            logits = network(x)
    except (MemoryError, OSError):
        raise
    except Exception as error:
        _log.error("The annotator %s broke down", name, exc_info=error)
        raise ValueError(
            f"The annotator {name} broke down on this photo ({type(error).__name__}); the log of this page says why. "
            "Please choose another annotator."
        ) from error
    if not bool(torch.isfinite(logits).all()):
        raise ValueError(
            f"The annotator {name} gives scores for this photo that are no numbers, so they cannot be ranked: its weights are "
            "not those that it was made for. Please choose another annotator."
        )
    return logits.clone()  # outside inference mode: inference tensors may not take part in an attack's gradients


def annotate_photo(path: str | Path | None, annotator_name: str, k: Any) -> list[tuple[str, float]]:
    """The k best labels of a picture with their probabilities, best first."""
    network = load_annotator(annotator_name)
    k = whole("k", k, 1, len(network.labels))
    photo = read_photo(path, annotator_name)
    probability = photo.logits[0].sigmoid()
    return [(network.labels[j], float(probability[j])) for j in tk.topk(photo.logits, k)[0].tolist()]


def guess(photo: Photo, annotator: tk.Annotator) -> tuple[str, ...]:
    """Labels to take for true when nobody said, best first."""
    sure = annotator.guess(photo.logits)[0]
    return tuple(annotator.labels[j] for j in tk.topk(photo.logits, len(annotator.labels))[0].tolist() if sure[j])


def largest_k(annotator: tk.Annotator, true_count: int) -> int:
    """k can go up to m − |Y|: beyond it there are not enough other labels to fill the top-k."""
    return len(annotator.labels) - true_count
