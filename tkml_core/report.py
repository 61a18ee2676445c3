"""A run in numbers and names, and the data file that figures are drawn from; the page and the shell write the same.

`report.md` beside this says what each key of a report means.
"""

import hashlib
import io
import json
import math
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tkml_core.goals import Goal
from tkml_core.metrics import average_precision_at, ndcg_at, precision_at, psnr, size_of, ssim
from tkml_core.ranking import consistent, topk
from tkml_core.zoo.registry import weights_of

# The arrays of a data file (NPZ), which carries these words as one more.
ARRAYS = {
    "x": "the photo as the annotator sees it, (H,W,3) uint8",
    "x_adv": "the attacked photo, (H,W,3) uint8",
    "z": "the change in whole levels, (H,W,3) int16: x + z is x_adv to the last bit",
    "z_float": "z / 255, (H,W,3) float32: the same change where a photo's values go from 0 to 1, and no finer",
    "labels": "the annotator's labels, in the order of its scores",
    "report": "the run's report, a text in JSON",
}


@cache
def version() -> str:
    """This project's, as `pyproject.toml` says."""
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def made_with(annotator: str) -> dict[str, str | None]:
    """What else decides a run: this project's version, and the SHA-256 of the annotator's weights, None where it has no files."""
    try:
        return {"version": version(), "weights_sha256": weights_of(annotator) or None}
    except OSError:  # a file that has gone since the annotator was loaded
        return {"version": version(), "weights_sha256": None}


def top(labels: Sequence[str], logits: Tensor, k: int) -> list[list[Any]]:
    """[label, probability] of the k best of `logits` (1,m), best first."""
    probability = logits[0].sigmoid()
    return [[labels[j], float(probability[j])] for j in topk(logits, k)[0].tolist()]


def measured(
    labels: Sequence[str], goal: Goal, x: Tensor, before: Tensor, x_adv: Tensor, after: Tensor
) -> dict[str, Any]:
    """What an 8-bit image x_adv (1,3,H,W) with the logits `after` (1,m) shows beside the photo x with `before`: JSON values.

    precision_change, average_precision_change, ndcg_change: of P@k, AP@k, NDCG@k; where they are 0, who watches these
    measures alone notices nothing. margin is the goal's: below 0 it is met. margin_of_win is how far ahead it is, above 0
    where it is met, as κ is given: −margin.
    """
    k, true = goal.k, goal.true.to(after.device)
    margin, size, quality = float(goal.margin(after)[0]), size_of(x_adv - x), float(psnr(x, x_adv)[0])
    measures = {"precision": precision_at, "average_precision": average_precision_at, "ndcg": ndcg_at}
    return {
        "before": top(labels, before, k),
        "after": top(labels, after, k),
        "achieved": margin < 0,
        "consistent": bool(consistent(after, true, k)[0]),
        "consistent_before": bool(consistent(before, true, k)[0]),
        "margin": margin,
        "margin_before": float(goal.margin(before)[0]),
        "margin_of_win": -margin,
        **{f"{name}_change": float((of(after, true, k) - of(before, true, k))[0]) for name, of in measures.items()},
        "pert": size.pert,
        "l2": size.l2,
        "linf": size.linf,
        "psnr": quality if math.isfinite(quality) else None,
        "ssim": float(ssim(x, x_adv)[0]),
        "width": x.shape[-1],
        "height": x.shape[-2],
        "input_sha256": pixels_sha256(x),
    }


def levels(x: Tensor) -> NDArray[np.uint8]:
    """An image (1,3,H,W) on k/255 levels as (H,W,3) uint8."""
    return x[0].mul(255).round().byte().permute(1, 2, 0).contiguous().cpu().numpy()


def pixels_sha256(x: Tensor) -> str:
    """SHA-256 of an image (1,3,H,W) on k/255 levels: of its R, G and B as bytes, pixel by pixel, row by row.

    Of what `prepare` gives, and not of the file, which the same photo may have in many forms.
    """
    return hashlib.sha256(levels(x).tobytes()).hexdigest()


def data_file(x: NDArray[np.uint8], x_adv: NDArray[np.uint8], labels: Sequence[str], report: dict[str, Any]) -> bytes:
    """An NPZ of ARRAYS; its `readme` says what they are."""
    z = x_adv.astype(np.int16) - x
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, x=x, x_adv=x_adv, z=z, z_float=z.astype(np.float32) / 255, labels=np.array(labels),
        report=np.array(json.dumps(report, ensure_ascii=False)),
        readme=np.array("\n".join(f"{name}: {told}" for name, told in ARRAYS.items())),
    )  # fmt: skip
    return buffer.getvalue()
