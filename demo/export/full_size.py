"""The attacked photo at the size that it was brought in, and what the change costs there."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

import tkml_core as tk
from demo.catalog.labels import listed_labels
from demo.engine.annotators import load_annotator
from demo.export.npz import SavedRun
from demo.photos.attack_note import attack_note
from demo.photos.uploads import MAX_FILE_SIZE, open_photo
from tkml_core.full_size import FullSize, full_size
from tkml_core.images import INTERPOLATION, geometry

NONE = "There is no “Full-size photo (PNG)”"


def full_size_of(run: SavedRun, path: str | Path) -> FullSize | None:
    """The photo at `path` with the run's change; None where it is no larger than the annotator looks at it.

    ValueError, in words for a visitor, where it is not the photo that the run was on.
    """
    annotator, report = load_annotator(run.report["annotator"]), run.report
    photo = _as_attacked(open_photo(path), annotator, run)
    if photo.width * photo.height <= run.x.shape[0] * run.x.shape[1]:
        return None
    named = annotator.places(report["targets"] or report["hidden"])
    goal = tk.GOALS[report["goal"]].of(annotator.mask(report["true_labels"]), report["k"], named)
    firmly = max(0.0, min(report["settings"].get("confidence") or 0.0, report["margin_of_win"]))
    return full_size(annotator, photo, _tensor(run.x_adv), goal, firmly)


def save(full: FullSize, run: SavedRun, path: Path) -> Path:
    """The picture as PNG, with the note that every attacked photo has."""
    note = attack_note(run.report["attack"], run.report["annotator"], run.report["k"])
    full.image.save(path, "PNG", compress_level=4, pnginfo=note)
    return path


def words(full: FullSize | None, run: SavedRun, file_size: int = 0) -> str:
    """What a visitor reads about it: whether the change can be had in that size, and how large it is there."""
    if full is None:
        return _no_larger(run)
    report, (width, height) = run.report, full.image.size
    if not full.achieved:
        annotator = load_annotator(report["annotator"])
        shown = listed_labels([annotator.labels[j] for j in tk.topk(full.logits, report["k"])[0].tolist()])
        return (
            f"At its full size of {width} × {height} pixels the photo does not have the attacked labels: the annotator sees "
            f"{shown} there. {NONE}."
        )
    each, each_before = full.l2 / (3 * width * height) ** 0.5, report["l2"] / run.x.size**0.5
    too_large = " The file is larger than what this page takes back." if file_size > MAX_FILE_SIZE else ""
    return (
        f"At its full size of {width} × {height} pixels the photo is annotated as attacked, too. The change is longer there: "
        f"‖z‖₂ = {full.l2:.0f}, and was {report['l2']:.0f}. A value changes by {each:.2f} levels (root mean square), and by "
        f"{full.linf:.0f} at most; at the annotator’s size it was {each_before:.2f}, and {report['linf']:.0f} at most.{too_large}"
    )


def _no_larger(run: SavedRun) -> str:
    """That the attacked photo beside the verdict is all there is, and where the photo was enlarged how it was."""
    height, width = run.x.shape[:2]
    size = run.report.get("photo_size")  # runs of before have none
    if size and size[0] * size[1] < width * height:
        return (
            f"{NONE}, as the photo is smaller than what the annotator sees: its {size[0]} × {size[1]} pixels were enlarged to "
            f"{width} × {height}, with {INTERPOLATION} interpolation (Pillow’s). The attacked photo beside the verdict has that "
            "size, too."
        )
    return (
        f"{NONE}, as this photo is no larger than what the annotator sees: the attacked photo beside the verdict is its full "
        "size."
    )


def _as_attacked(photo: Image.Image, annotator: tk.Annotator, run: SavedRun) -> Image.Image:
    """The photo, or its centre square, whichever the run was on."""
    for square in (False, True):
        part = photo.crop(geometry(photo.size, square, annotator.input_size)[0]) if square else photo
        x = annotator.prepare(part)
        if x.shape[2:] == run.x.shape[:2] and torch.equal(x.cpu(), _tensor(run.x)):
            return part
    raise ValueError("This is not the photo that the run was on. Choose the photo again, and press Attack.")


def _tensor(levels: NDArray[np.uint8]) -> torch.Tensor:
    """(H,W,3) uint8 as (1,3,H,W) in [0,1]."""
    return torch.from_numpy(levels).permute(2, 0, 1)[None].float().div(255)
