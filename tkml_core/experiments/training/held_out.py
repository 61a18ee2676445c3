"""Photos that training does not see: which they are, the mAP on them, and the scales that make their probabilities true."""

import numpy as np
import torch
from torch import Tensor, nn

from tkml_core.experiments.evaluate import average_precision
from tkml_core.experiments.training.batches import Packed
from tkml_core.experiments.training.calibration import expected_calibration_error, platt
from tkml_core.labels import COCO80, VOC20, label_indices
from tkml_core.zoo.yolox import YOLOXAnnotator

# Of each data set, which of the eighty labels its photos are measured by.
COLUMNS = {"coco": label_indices(COCO80, COCO80), "voc": label_indices(VOC20, COCO80)}


def held_out(data: Packed, hold: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Rows to learn from, and of each data set the rows that are not: every `hold`-th photo."""
    held = np.arange(len(data.keys)) % hold == 0
    of = {name: np.array([key.startswith(name) for key in data.keys]) for name in COLUMNS}
    return np.flatnonzero(~held), {name: np.flatnonzero(held & own) for name, own in of.items()}


@torch.no_grad()
def whole(network: nn.Module, data: Packed, rows: np.ndarray, short: int) -> Tensor:
    """Logits (n,m) of whole photos, scaled to the short side, the long one at most twice that."""
    network.eval()
    found = []
    for i in rows:
        width, height = (int(v) for v in data.sizes[i])
        scale = min(short / min(width, height), 2 * short / max(width, height))
        x = data.pixels[i : i + 1, :, :height, :width].float() / 255
        size = (round(height * scale), round(width * scale))
        found.append(network(nn.functional.interpolate(x, size, mode="bilinear", antialias=True)).float())
    return torch.cat(found)


def mean_ap(logits: Tensor, labels: np.ndarray) -> float:
    """Mean over labels of the average precision; unknown labels are left out like difficult ones."""
    scores = logits.cpu().numpy()
    known = np.where(labels < 0, -2, labels)
    return float(np.nanmean([average_precision(scores[:, j], known[:, j]) for j in range(scores.shape[1])]))


def scores(network: nn.Module, data: Packed, held: dict[str, np.ndarray], short: int, skip: int = 1) -> str:
    """mAP of each annotator on held out photos, as a text."""
    found = []
    for name, rows in held.items():
        own = COLUMNS[name]
        logits = whole(network, data, rows[::skip], short)[:, own]
        found.append(f"{name} {mean_ap(logits, data.labels[rows[::skip]][:, own]):.3f}")
    return ", ".join(found)


@torch.no_grad()
def calibrated(network: YOLOXAnnotator, data: Packed, held: dict[str, np.ndarray], short: int) -> dict[str, Tensor]:
    """Scale and shift of the network's labels, for each data set, with which probabilities hold on its photos."""
    own: dict[str, Tensor] = {}
    for name, rows in held.items():
        logits = whole(network, data, rows, short)[:, COLUMNS[name]]
        labels = torch.from_numpy(data.labels[rows][:, COLUMNS[name]]).to(logits.device)
        known = labels >= 0
        scale, shift = platt(logits, labels.clamp(min=0), known.float())
        before = expected_calibration_error(logits.sigmoid()[known], labels[known])
        after = expected_calibration_error((logits * scale + shift).sigmoid()[known], labels[known])
        print(f"{name}: expected calibration error {before:.4f}, scaled {after:.4f} (fitted on the same photos)")
        own[f"{name}.scale"], own[f"{name}.shift"] = scale.cpu(), shift.cpu()
    return own
