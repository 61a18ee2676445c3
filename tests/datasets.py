"""A data set of a dozen photos, written in the official layouts of PASCAL VOC and MS COCO."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tkml_core.labels import COCO80, VOC20


def write_photo(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((80, 60)).save(path, quality=90)


def write_voc(root: Path, year: int, split: str, labels: dict[str, dict[str, int]]) -> None:
    """<class>_<split>.txt with a flag a photo: 1 present, 0 only difficult, −1 absent (the default)."""
    main = root / f"VOC{year}" / "ImageSets" / "Main"
    main.mkdir(parents=True, exist_ok=True)
    for name in VOC20:
        lines = [f"{key} {flags.get(name, -1):2d}" for key, flags in labels.items()]
        (main / f"{name}_{split}.txt").write_text("\n".join(lines) + "\n")
    for i, key in enumerate(labels):
        write_photo(root / f"VOC{year}" / "JPEGImages" / f"{key}.jpg", 100 * year + i)


def write_coco(root: Path, split: str, labels: dict[int, list[str]]) -> None:
    """instances_<split>2017.json; category ids have gaps and another order than the names, as ids may."""
    ids = {name: 200 - 2 * i for i, name in enumerate(COCO80)}
    table = {
        "images": [{"id": i, "file_name": f"{i:012d}.jpg", "width": 80, "height": 60} for i in labels],
        "categories": [{"id": ids[name], "name": name, "supercategory": ""} for name in reversed(COCO80)],
        "annotations": [
            {"id": 10 * i + j, "image_id": i, "category_id": ids[name], "iscrowd": j % 2}
            for i, names in labels.items()
            for j, name in enumerate(names)
        ],
    }
    (root / "annotations").mkdir(parents=True, exist_ok=True)
    (root / "annotations" / f"instances_{split}2017.json").write_text(json.dumps(table))
    for i in labels:
        write_photo(root / f"{split}2017" / f"{i:012d}.jpg", i)
