"""Batches of the photos whose files can be read: any other is named once, counted, and left out of its batch."""

from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image
from torch.utils.data import DataLoader, default_collate

from tkml_core.experiments.datasets import Photo, Report, left_out
from tkml_core.photo_files import open_photo


class Unreadable(Exception):
    """A sentence about a photo that cannot be read, which names it."""


def opened(photo: Photo) -> Image.Image:
    try:
        return open_photo(photo.path)
    except (OSError, ValueError) as error:
        raise Unreadable(left_out(photo, error)) from error


def collate(items: Sequence[Any]) -> tuple[Any, list[str]]:
    """One batch of the items, None where there are none, and the sentences among them.

    A data set returns the sentence of an Unreadable in place of its item, as an exception in a worker ends the training.
    """
    whole = [item for item in items if not isinstance(item, str)]
    return default_collate(whole) if whole else None, [item for item in items if isinstance(item, str)]


def readable(loader: DataLoader[Any], broken: set[str], report: Report) -> Iterator[Any]:
    """The batches of a loader that has `collate`. broken: gets each sentence, which is reported when it is new."""
    for batch, sentences in loader:
        for sentence in sentences:
            if sentence not in broken:
                broken.add(sentence)
                report(sentence)
        if batch is None:
            raise ValueError(f"Not one of the {len(sentences)} photos of a batch can be read; is the data set whole?")
        yield batch
