"""A finished run as one file that anybody can read with NumPy, and that the other files are made from."""

import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demo.engine.label_roles import Roles
from demo.engine.outcome import Outcome
from demo.render.pictures import AMPLIFY
from tkml_core.report import data_file, levels

MOST_BYTES = 64_000_000  # of a data file, unpacked
MOST_REPORT, LONGEST_WORD = (
    50_000,
    200,
)  # characters of a report and of a text in it: a figure lays out every one of them


@dataclass(frozen=True)
class SavedRun:
    """What is left of a run: both pictures (H,W,3) uint8, the annotator's labels and the report."""

    x: NDArray[np.uint8]
    x_adv: NDArray[np.uint8]
    labels: tuple[str, ...]
    report: dict[str, Any]

    @property
    def z(self) -> NDArray[np.int16]:
        """The perturbation (H,W,3) in 8-bit levels, exactly: x + z == x_adv."""
        return self.x_adv.astype(np.int16) - self.x

    @property
    def roles(self) -> Roles:
        """What part each label had."""
        report = self.report
        true, targets, hidden = (tuple(report[key]) for key in ("true_labels", "targets", "hidden"))
        return Roles(true, targets, hidden, ordered=report["goal"] == "ordered")

    def amplified(self) -> Image.Image:
        """The perturbation as the page shows it: grey is unchanged."""
        levels = 127.5 + AMPLIFY * self.z.astype(np.float64) / 2
        return Image.fromarray(np.rint(levels.clip(0, 255)).astype(np.uint8))


def keep(outcome: Outcome) -> SavedRun:
    """The parts of an outcome that outlive it."""
    plan = outcome.plan
    return SavedRun(levels(plan.photo.x), levels(outcome.x_adv), tuple(plan.annotator.labels), outcome.report)


def to_bytes(saved: SavedRun) -> bytes:
    """The file, as `tkml_core.report` says."""
    return data_file(saved.x, saved.x_adv, saved.labels, saved.report)


def load(path: str | Path) -> SavedRun:
    """Read what `to_bytes` wrote. ValueError, in a sentence, where it is another file; nothing large is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise ValueError(f"{path}: unpacked, this file has more than {MOST_BYTES // 1_000_000} MB; no run has.")
        with np.load(path, allow_pickle=False) as file:
            x, x_adv, labels, text = (file[name] for name in ("x", "x_adv", "labels", "report"))
        if text.dtype.itemsize > 4 * MOST_REPORT:  # numpy has 4 bytes a character
            raise ValueError(f"{path}: its report has more than {MOST_REPORT} characters; no run's has.")
        report = json.loads(str(text))
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}.") from None
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, zlib.error, RecursionError, TypeError) as error:
        raise ValueError(f"{path} is no data file (NPZ) of a run, or it is damaged.") from error
    except ValueError as error:
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{path} is no data file (NPZ) of a run, or it is damaged.") from error
    pictures = x.ndim == 3 and x.shape[2] == 3 and x.shape == x_adv.shape and x.dtype == x_adv.dtype == np.uint8
    if not pictures or not x.size or max(x.shape) > 4096 or labels.dtype.kind != "U" or not isinstance(report, dict):
        raise ValueError(
            f"{path} does not hold a run: two pictures (H,W,3) of 8 bits, labels and a report are expected."
        )
    if any(len(text) > LONGEST_WORD for text in _texts([report, labels.tolist()])):
        raise ValueError(f"{path}: a text in it has more than {LONGEST_WORD} characters; no run's has.")
    return SavedRun(x, x_adv, tuple(labels.tolist()), report)


def _texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value, which may be deep."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, (dict, list)):
            left.extend([*one, *one.values()] if isinstance(one, dict) else one)
