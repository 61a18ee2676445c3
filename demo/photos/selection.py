"""Photos for the tabs that take many at once: samples by name, and files from strangers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tkml_core as tk
from demo.photos.samples import Sample, sample

MOST_UPLOADS = 24


@dataclass(frozen=True)
class Source:
    """A photo by its file. `truth` in an annotator's spelling; empty means that the annotator's guess is taken for true."""

    path: str
    title: str
    truth: tuple[str, ...] = ()


def sample_sources(names: Sequence[str], files: dict[str, str], annotator: tk.Annotator) -> list[Source]:
    """The samples called `names` with what is known to be true on them."""
    return [Source(files[name], sample(name).title, known_truth(sample(name), annotator)) for name in names]


def uploaded(paths: Sequence[str] | None, most: int = MOST_UPLOADS) -> list[Source]:
    """Uploaded files as sources, not opened yet; ValueError where there are more than `most`."""
    paths = paths or []
    if len(paths) > most:
        raise ValueError(f"At most {most} photos are used at a time; {len(paths)} were uploaded. Please remove some.")
    return [Source(path, Path(path).name) for path in paths]


def known_truth(item: Sample, annotator: tk.Annotator) -> tuple[str, ...]:
    """A sample's true labels as far as the annotator has them, in its spelling."""
    return known(item.truth, annotator)


def known(names: Iterable[Any], annotator: tk.Annotator) -> tuple[str, ...]:
    """Those of the names that the annotator has, in its spelling."""
    found = []
    for name in names:
        try:
            found.append(annotator.labels[annotator.index(str(name))])
        except ValueError:
            continue
    return tuple(found)
