"""Reads the official VOC (classification task) and COCO layouts into photos with known, unknown and ignored labels.

Only names and labels are read here, a few hundred bytes a photo; who needs a photo's pixels opens its file. What cannot be
read is left out, and said: with the file and line, so that it can be mended.
"""

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tkml_core.labels import COCO80, VOC20, coco_name, label_indices
from tkml_core.zoo.registry import entry_of

UNKNOWN, IGNORED = -1.0, -2.0
MEASURED_COCO = 500  # the photos of val2017 with the largest ids measure; the others train
VOC_YEARS, VOC_SPLITS = (2007, 2012), ("train", "val", "trainval", "test")
COCO_YEARS, COCO_SPLITS = (2014, 2017), ("train", "val")
_VOC_COLUMNS = label_indices(VOC20, COCO80)
_FLAGS = {"1": 1.0, "0": IGNORED, "-1": 0.0}
_COCO_ENTRIES: dict[str, dict[str, type]] = {  # what of them is read
    "categories": {"id": int, "name": str},
    "images": {"id": int, "file_name": str},
    "annotations": {"image_id": int, "category_id": int},
}

Report = Callable[[str], None]  # is told what was left out and why, a sentence each


@dataclass(frozen=True)
class Photo:
    """A file and its eighty COCO labels: 1 present, 0 absent, −1 unknown, −2 present but only as difficult objects."""

    key: str  # "voc/<id>" or "coco/<id>"
    path: Path
    labels: np.ndarray  # (80,) float32


def left_out(photo: Photo, error: Exception) -> str:
    return f"{photo.path} cannot be read and is left out: {error}"


@contextmanager
def leaving_out(photo: Photo, report: Report) -> Iterator[None]:
    """For the few lines that read a photo: where its file cannot be read they end, and report is told."""
    try:
        yield
    except (OSError, ValueError) as error:
        report(left_out(photo, error))


def voc(root: Path, year: int, split: str, report: Report = warnings.warn) -> list[Photo]:
    """VOC<year>/ImageSets/Main/<class>_<split>.txt; the sixty labels that VOC does not annotate are unknown.

    root: the VOCdevkit folder. Lines that are no id and flag are left out, and photos that some class's file does not list.
    """
    folder = root / f"VOC{year}"
    columns: dict[str, np.ndarray] = {}
    for name, column in zip(VOC20, _VOC_COLUMNS, strict=True):
        path = folder / "ImageSets" / "Main" / f"{name}_{split}.txt"
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match line.split():
                case []:
                    continue
                case [key, ("1" | "0" | "-1") as flag]:
                    row = columns.setdefault(key, np.full(len(COCO80), UNKNOWN, np.float32))
                    row[column] = _FLAGS[flag]
                case _:
                    report(f"{path}:{number}: “{line[:60]}” is not a photo's id and 1, 0 or -1; the line is left out.")
    photos = []
    for key, row in sorted(columns.items()):
        missing = [name for name, column in zip(VOC20, _VOC_COLUMNS, strict=True) if row[column] == UNKNOWN]
        if missing:
            report(
                f"{folder / 'ImageSets' / 'Main' / f'{missing[0]}_{split}.txt'} does not list {key}; it is left out."
            )
        else:
            photos.append(Photo(f"voc/{key}", folder / "JPEGImages" / f"{key}.jpg", row))
    return photos


def coco(root: Path, split: str, year: int = 2017, report: Report = warnings.warn) -> list[Photo]:
    """<split><year>/ and annotations/instances_<split><year>.json; boxes are not needed, and crowds count as present.

    Annotations of photos or categories that the file does not list, and categories that are none of COCO's eighty, are left
    out, those last in one sentence each.
    """
    path = root / "annotations" / f"instances_{split}{year}.json"
    try:
        table = json.loads(path.read_bytes())
        categories, images, annotations = (
            _entries(table[name], name, wanted, path, report) for name, wanted in _COCO_ENTRIES.items()
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not COCO's: an object with “images”, “categories” and “annotations” is expected ({error!r})."
        ) from error
    column = _columns_of(categories, path, report)
    names = {image["id"]: image["file_name"] for _, image in images}
    rows = {i: np.zeros(len(COCO80), np.float32) for i in names}
    for number, annotation in annotations:
        photo, category = annotation["image_id"], annotation["category_id"]
        if photo not in rows or category not in column:
            what = f"the image {photo!r}" if photo not in rows else f"the category {category!r}"
            report(f"{path}: annotations[{number}] is about {what}, which the file does not list; it is left out.")
        elif column[category] is not None:
            rows[photo][column[category]] = 1.0
    return [Photo(f"coco/{Path(names[i]).stem}", root / f"{split}{year}" / names[i], rows[i]) for i in sorted(rows)]


def _entries(
    listed: Any, name: str, wanted: dict[str, type], path: Path, report: Report
) -> list[tuple[int, dict[str, Any]]]:
    """The objects of a list of COCO's that have what is wanted, with their places in it. TypeError where it is no list."""
    if not isinstance(listed, list):
        raise TypeError(f"“{name}” is no list")
    found = []
    for number, entry in enumerate(listed):
        if isinstance(entry, dict) and all(isinstance(entry.get(key), kind) for key, kind in wanted.items()):
            found.append((number, entry))
        else:
            told = ", ".join(f"“{key}” ({kind.__name__})" for key, kind in wanted.items())
            report(f"{path}: {name}[{number}] is no object with {told}; it is left out.")
    return found


def _columns_of(categories: list[tuple[int, dict[str, Any]]], path: Path, report: Report) -> dict[int, int | None]:
    """Which of the eighty columns each category id is; None for one that is none of them."""
    found: dict[int, int | None] = {}
    for _, category in categories:
        name = coco_name(category["name"])
        found[category["id"]] = COCO80.index(name) if name in COCO80 else None
        if name not in COCO80:
            report(f"{path}: the category {category['name']!r} is none of COCO's eighty; its objects are left out.")
    return found


def training(voc_root: Path, coco_root: Path) -> list[Photo]:
    """VOC 2007 and 2012 train and val, COCO train2017, and val2017 without its measuring part."""
    photos = [p for year in VOC_YEARS for split in ("train", "val") for p in voc(voc_root, year, split)]
    return photos + coco(coco_root, "train") + coco(coco_root, "val")[:-MEASURED_COCO]


def measuring(annotator: str, voc_root: Path, coco_root: Path, report: Report = warnings.warn) -> list[Photo]:
    """VOC 2007 test for VOC's annotators, the 500 largest ids of val2017 for COCO's: never trained or tuned on.

    ValueError for an annotator of neither.
    """
    if not entry_of(annotator).data_set:
        raise ValueError(f'{annotator} says of no data set whose photos could measure it; data_set = "voc" or "coco".')
    if entry_of(annotator).data_set == "voc":
        return voc(voc_root, 2007, "test", report)
    return coco(coco_root, "val", report=report)[-MEASURED_COCO:]


SETS = tuple(f"voc{year}-{split}" for year in VOC_YEARS for split in VOC_SPLITS) + tuple(
    f"coco{year}-{split}" for year in COCO_YEARS for split in COCO_SPLITS
)


def by_name(name: str, voc_root: Path, coco_root: Path, report: Report = warnings.warn) -> list[Photo]:
    """A whole official set, called as in SETS: "voc2012-val", "coco2014-val"."""
    if name not in SETS:
        raise ValueError(f"No set is called {name!r}; there are {', '.join(SETS)}.")
    data, split = name.split("-")
    if data.startswith("voc"):
        return voc(voc_root, int(data[-4:]), split, report)
    return coco(coco_root, split, int(data[-4:]), report)


def roots(data: Path) -> tuple[Path, Path]:
    """The VOCdevkit and COCO folders in, or at, one folder."""
    voc_root = data if data.name == "VOCdevkit" or any(data.glob("VOC20??")) else data / "VOCdevkit"
    return voc_root, data if (data / "annotations").is_dir() else data / "coco"


def columns(annotator: str) -> list[int]:
    """Which of the eighty columns the annotator's labels are, in its order."""
    return label_indices(entry_of(annotator).labels, COCO80)


def known(photos: list[Photo], annotator: str) -> list[Photo]:
    """Those of which every label of the annotator is known: a VOC photo says nothing about sixty of COCO's."""
    wanted = columns(annotator)
    return [photo for photo in photos if not (photo.labels[wanted] == UNKNOWN).any()]
