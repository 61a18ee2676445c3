"""A change as files: its whole levels with what they are for (NPZ), and as it is shown, amplified (PNG)."""

import io
import json
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from gradio.utils import get_upload_folder
from torch import Tensor

import tkml_core as tk
from demo.export import files
from demo.tabs.universal import render
from demo.tabs.universal.craft import Made
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.zoo.universal_perturbations import notes_of, path_of

USE = "quantize(clamp(x + levels / 255, 0, 1)), x a photo prepared with square=True"

_ready: dict[tuple[str, str, int], tuple[str, str]] = {}  # paths of those that come with the page, once asked for
_writing = Lock()

NORMS = "own_norm is the length of z as it was found; z is stretched to the norm budget, so that methods are compared at one norm"


def of_made(made: Made) -> tuple[str, str]:
    """Paths of both files of a change that was crafted on the page."""
    form = made.request
    about = {
        "annotator": form.annotator, "k": form.k, "method": form.method, "norm": made.norm, "settings": repr(form.attack()),
        "photos": made.photos, "pictures": made.pictures, "fooled": made.fooled, "inconsistent": made.inconsistent,
        "noise_fooled": made.noise, "use": USE,
    }  # fmt: skip
    return _written(made.z, f"{form.method}-{form.annotator}-k{form.k}", about)


def of_ready(title: str, annotator: str, k: int) -> tuple[str, str]:
    """Paths of both files of one that comes with the page, written for who asks first; `title` is one of UNIVERSAL's."""
    with _writing:
        paths = _ready.get((title, annotator, k), ())
        if not paths or not all(Path(path).is_file() for path in paths):
            paths = _ready[title, annotator, k] = _write_ready(title, annotator, k)
            files.keep_to_the_end(paths[0])
        return paths


def _write_ready(title: str, annotator: str, k: int) -> tuple[str, str]:
    """Its notes go with it."""
    notes = notes_of(path_of(title, annotator, k))
    about = {**notes, "k": k, "method": UNIVERSAL[title].name, "norm": float(notes["norm"]), "norms": NORMS, "use": USE}
    name = f"{title}-{annotator}-k{k}-ready-made".replace(", ", "-")
    return _written(tk.universal(title, annotator, k), name, about)


def _written(z: Tensor, name: str, about: dict[str, Any]) -> tuple[str, str]:
    npz, png = io.BytesIO(), io.BytesIO()
    levels = (z * 255).round().cpu().numpy().astype(np.int16)
    np.savez_compressed(npz, levels=levels, about=np.array(json.dumps(about, ensure_ascii=False)))
    factor = render.factor_for(tk.size_of(z).l2, z.numel())
    render.picture_of(z, factor).save(png, "PNG")
    place = files.new_place(get_upload_folder())
    paths = place / f"{name.lower()}.npz", place / f"{name.lower()}-x{factor}.png"
    for path, content in zip(paths, (npz, png), strict=True):
        path.write_bytes(content.getvalue())
    return str(paths[0]), str(paths[1])
