"""Reads the official VOC (classification task) and COCO layouts into photos with known, unknown and ignored labels."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tkml_core.labels import COCO80, VOC20, label_indices
from tkml_core.zoo.registry import entry_of

UNKNOWN, IGNORED = -1.0, -2.0
MEASURED_COCO = 500  # the photos of val2017 with the largest ids measure; the others train
_VOC_COLUMNS = label_indices(VOC20, COCO80)


@dataclass(frozen=True)
class Photo:
    """A file and its eighty COCO labels: 1 present, 0 absent, −1 unknown, −2 present but only as difficult objects."""

    key: str  # "voc/<id>" or "coco/<id>"
    path: Path
    labels: np.ndarray  # (80,) float32


def voc(root: Path, year: int, split: str) -> list[Photo]:
    """VOC<year>/ImageSets/Main/<class>_<split>.txt; the sixty labels that VOC does not annotate are unknown."""
    folder = root / f"VOC{year}"
    columns: dict[str, np.ndarray] = {}
    for name, column in zip(VOC20, _VOC_COLUMNS, strict=True):
        for line in (folder / "ImageSets" / "Main" / f"{name}_{split}.txt").read_text().splitlines():
            key, flag = line.split()
            row = columns.setdefault(key, np.full(len(COCO80), UNKNOWN, np.float32))
            row[column] = {"1": 1.0, "0": IGNORED, "-1": 0.0}[flag]
    return [Photo(f"voc/{k}", folder / "JPEGImages" / f"{k}.jpg", row) for k, row in sorted(columns.items())]


def coco(root: Path, split: str) -> list[Photo]:
    """<split>2017/ and annotations/instances_<split>2017.json; crowds count as present, as boxes are not needed."""
    table = json.loads((root / "annotations" / f"instances_{split}2017.json").read_text())
    column = {c["id"]: COCO80.index(c["name"]) for c in table["categories"]}
    rows = {image["id"]: np.zeros(len(COCO80), np.float32) for image in table["images"]}
    for annotation in table["annotations"]:
        rows[annotation["image_id"]][column[annotation["category_id"]]] = 1.0
    names = {image["id"]: image["file_name"] for image in table["images"]}
    return [
        Photo(f"coco/{names[i].removesuffix('.jpg')}", root / f"{split}2017" / names[i], rows[i]) for i in sorted(rows)
    ]


def training(voc_root: Path, coco_root: Path) -> list[Photo]:
    """VOC 2007 and 2012 train and val, COCO train2017, and val2017 without its measuring part."""
    photos = [p for year in (2007, 2012) for split in ("train", "val") for p in voc(voc_root, year, split)]
    return photos + coco(coco_root, "train") + coco(coco_root, "val")[:-MEASURED_COCO]


def measuring(annotator: str, voc_root: Path, coco_root: Path) -> list[Photo]:
    """VOC 2007 test for VOC's annotators, the 500 largest ids of val2017 for COCO's: never trained or tuned on.

    ValueError for an annotator of neither.
    """
    if not entry_of(annotator).data_set:
        raise ValueError(f'{annotator} says of no data set whose photos could measure it; data_set = "voc" or "coco".')
    if entry_of(annotator).data_set == "voc":
        return voc(voc_root, 2007, "test")
    return coco(coco_root, "val")[-MEASURED_COCO:]


def columns(annotator: str) -> list[int]:
    """Which of the eighty columns the annotator's labels are, in its order."""
    return label_indices(entry_of(annotator).labels, COCO80)
