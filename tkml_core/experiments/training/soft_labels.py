"""What detectors say of the training photos, where their labels are unknown."""

from pathlib import Path

import numpy as np

from tkml_core.experiments.datasets import Photo
from tkml_core.labels import COCO80


def soft_scores(path: Path, photos: list[Photo]) -> np.ndarray:
    """The mean over detectors of each photo's scores, (n,80), from an npz with scores (n,d,80), ids and classes."""
    table = np.load(path)
    row = {key: i for i, key in enumerate(table["ids"].tolist())}
    order = [table["classes"].tolist().index(name) for name in COCO80]
    mean = table["scores"].astype(np.float32).mean(1)[:, order]
    return np.stack([mean[row[p.key]] for p in photos])
