"""Photos for the tabs that take many at once: samples by name, and files from strangers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import tkml_core as tk
from demo.photos.samples import Sample, sample

MOST_UPLOADS = 24
LONGEST_LABEL = 100  # characters
MOST_NAMED = 1000  # labels that are looked up in a list that a browser sends: more than any annotator has


@dataclass(frozen=True)
class Source:
    """A photo by its file. `truth` in an annotator's spelling; empty means that the annotator's guess is taken for true."""

    path: str
    title: str
    truth: tuple[str, ...] = ()


def chosen_samples(names: Any, files: Mapping[str, str]) -> list[str]:
    """Those of the samples in `files` that a visitor chose, each once; ValueError for anything but a list of their names."""
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) and name in files for name in names):
        raise ValueError(f"The samples must be a list of names, of {', '.join(files)}; got {names!r:.200}.")
    return list(dict.fromkeys(names))


def sample_sources(names: Sequence[str], files: dict[str, str], annotator: tk.Annotator) -> list[Source]:
    """The samples called `names` with what is known to be true on them, each once."""
    names = chosen_samples(names, files)
    return [Source(files[name], sample(name).title, known_truth(sample(name), annotator)) for name in names]


def uploaded(paths: Sequence[str] | None, most: int = MOST_UPLOADS) -> list[Source]:
    """Uploaded files as sources, not opened yet; ValueError where there are more than `most`."""
    paths = list(dict.fromkeys(str(path) for path in paths or ()))
    if len(paths) > most:
        raise ValueError(f"At most {most} photos are used at a time; {len(paths)} were uploaded. Please remove some.")
    return [Source(path, Path(path).name) for path in paths]


def known_truth(item: Sample, annotator: tk.Annotator) -> tuple[str, ...]:
    """A sample's true labels as far as the annotator has them, in its spelling."""
    return known(item.truth, annotator)


def known(names: Iterable[Any], annotator: tk.Annotator) -> tuple[str, ...]:
    """Those of the names that the annotator has, in its spelling."""
    found = []
    for name in islice(names, MOST_NAMED):
        try:
            found.append(annotator.labels[annotator.index(str(name))])
        except ValueError:
            continue
    return tuple(found)
