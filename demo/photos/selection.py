"""Photos for the tabs that take many at once: samples by name, and files that visitors upload."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import tkml_core as tk
from demo.photos.public_names import photo_id
from demo.photos.samples import Sample, sample

MOST_UPLOADS = 24
LONGEST_LABEL = 100  # characters
MOST_NAMED = 1000  # labels that are looked up in a list that a browser sends: more than any annotator has


Marked = dict[str, tuple[str, ...]]  # photo's id, as `photo_id` has it -> labels that a visitor marked as true


@dataclass(frozen=True)
class Source:
    """A photo by its file. `truth` in an annotator's spelling; empty where nobody said it."""

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


def uploaded(paths: Iterable[str]) -> list[Source]:
    """Uploaded files as sources, not opened yet."""
    return [Source(path, Path(path).name) for path in paths]


@dataclass(frozen=True)
class Selection:
    """What a visitor put together: samples by name, uploads by path, and the titles of those that were too many."""

    samples: tuple[str, ...]
    uploads: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.samples) + len(self.uploads)

    def sources(self, files: dict[str, str], annotator: tk.Annotator, marked: Marked | None = None) -> list[Source]:
        """All of it, samples first; marked: what was said to be true on uploads. ValueError where that is nothing."""
        found = sample_sources(self.samples, files, annotator)
        for source in uploaded(self.uploads):
            names = (marked or {}).get(photo_id(source.path))
            if names == ():
                raise ValueError(f"{source.title}: nothing is marked as true on it. Mark a label, or remove the photo.")
            found.append(replace(source, truth=known(names or (), annotator)))
        return found


def selected(samples: Any, uploads: Sequence[str] | None, files: Mapping[str, str], most: int) -> Selection:
    """Each photo once, whatever its copies are called, and at most so many; somebody's own come before samples.

    ValueError where the samples are no list of names in `files`.
    """
    names = chosen_samples(samples, files)
    different: dict[str, str] = {}
    for path in uploads or ():
        different.setdefault(_content(path), str(path))
    own = list(different.values())
    taken, room = own[:most], max(most - len(own), 0)
    out = [Path(path).name for path in own[most:]] + [sample(name).title for name in names[room:]]
    return Selection(tuple(names[:room]), tuple(taken), tuple(out))


def _content(path: str) -> str:
    """What copies of an uploaded photo have in common."""
    name = photo_id(path)
    return name if name.startswith("upload:") else str(path)


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
