"""Annotators, loaded on demand, and photos that they have annotated."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import tkml_core as tk
from demo.engine import zero_gpu
from demo.engine.checks import one_of, whole
from demo.engine.loaded import Loaded
from demo.photos.uploads import GONE, file_word, open_photo


@dataclass(frozen=True)
class Photo:
    """A prepared picture and what the annotator thinks of it."""

    x: Tensor  # (1,3,H,W) on k/255 levels
    logits: Tensor  # (1,m)
    name: str = "photo"  # its file's, in letters and digits that every system can have in the name of a file


# A GPU that is lent belongs to another process.
_loaded = Loaded(lambda name: tk.load(name, "cpu" if zero_gpu.LENDS else None))


def load_annotator(name: str) -> tk.Annotator:
    """The annotator called `name`, shared; ValueError listing `tk.available()` for any other name."""
    one_of("annotator", name, tk.available())
    return _loaded.get(name)


_photos: OrderedDict[tuple[str, str, bool, int], Photo] = OrderedDict()


_photos_lock = threading.Lock()


_KEPT_PHOTOS = 32  # about 1.2 MB each at the most


def read_photo(path: str | Path | None, annotator_name: str, square: bool = False) -> Photo:
    """The picture at `path` prepared and annotated, whole or its centre square.

    Kept for the next caller: a page asks again at every click.
    """
    if not path:
        raise ValueError("There is no picture yet. Upload one, or pick a sample.")
    network = load_annotator(annotator_name)
    try:
        key = (str(path), annotator_name, square, Path(path).stat().st_mtime_ns)
    except OSError as error:
        raise ValueError(GONE) from error
    with _photos_lock:
        if key in _photos:
            _photos.move_to_end(key)
            return _photos[key]
    x = network.prepare(open_photo(path), square).to(network.device)
    with torch.inference_mode():
        logits = network(x)
    # clone() outside inference mode: inference tensors may not take part in an attack's gradients.
    photo = Photo(x.clone(), logits.clone(), file_word(path))
    with _photos_lock:
        _photos[key] = photo
        while len(_photos) > _KEPT_PHOTOS:
            _photos.popitem(last=False)
    return photo


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
