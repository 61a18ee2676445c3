"""Recorded runs: finished runs in small files, which a page shows at once, for any number of visitors, without running anything.

A file (NPZ) has the saved perturbation exactly, what the annotator said at every step, and pictures of some steps, for which
losses are allowed. The photo itself is not in it: the installed package that carries it is read again, and the file knows
the digests of photo and weights, so that a recording which no longer matches them is found. `python -m demo.record` makes them.
"""

import hashlib
import io
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.engine.annotators import Photo, load_annotator
from demo.engine.frames import History
from demo.engine.outcome import Outcome, about_photo, true_scores
from demo.engine.plan import AttackRequest, Plan, make_plan
from demo.engine.replay import Replay, ReplayFrame, packed
from demo.photos.samples import sample
from tkml_core.report import pixels_sha256
from tkml_core.zoo.registry import entry_of
from tkml_core.zoo.universal_perturbations import path_of

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "recordings"
MOST_BYTES = 300_000  # a file
MAKE_AGAIN = "`python -m demo.record` makes the recordings again."
_GAIN = 8  # pictures of steps: 128 + 8 z, so that losses stay far below one level; |z| up to 15 levels
_LOGIT = 1e-3  # scores over the steps are whole thousandths of a logit
# Of pictures of steps: lossless where there is room.
_QUALITIES: tuple[int | None, ...] = (None, 95, 85, 70, 50, 30, 10)


@dataclass(frozen=True, eq=False)
class Recording:
    """A finished run with words for it.

    order: its place among all; words: what to look at. checks: (m,) logits of what else the annotator was asked about
    this run, by name ("noise 1", "jpeg 75"); looks: (h,w) uint8 maps, by name, of the pixels a score depends on;
    notes: JSON values beside them. `demo/record.py` says what there is.
    """

    name: str
    title: str
    words: str
    order: int
    sample: str
    replay: Replay
    checks: Mapping[str, Tensor] = field(default_factory=dict)
    looks: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        return self.replay.outcome


def sample_photo(name: str, annotator: tk.Annotator, square: bool) -> Photo:
    """A sample as the annotator sees it, annotated."""
    image = sample(name).open()
    x = annotator.prepare(image, square).to(annotator.device)
    with torch.inference_mode():
        logits = annotator(x)
    return Photo(x, logits.clone(), name, image.size)


def digests(request: AttackRequest, x: Tensor) -> dict[str, str]:
    """SHA-256 of all that a run rests on: the annotator's files, a precomputed perturbation's, and the photo's pixels."""
    files = list(entry_of(request.annotator).files)
    if catalog.precomputed(request.attack):
        files.append(path_of(request.attack, request.annotator, int(request.k)))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return {**found, "photo": pixels_sha256(x)}


def write(recording: Recording, folder: Path = FOLDER) -> Path:
    """The recording as a file in `folder`, of at most MOST_BYTES; ValueError where it cannot be had that small."""
    for quality in _QUALITIES:
        content = _packed(recording, quality)
        if len(content) <= MOST_BYTES:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{recording.name}.npz"
            path.write_bytes(content)
            return path
    raise ValueError(
        f"{recording.name} takes {len(content)} bytes at the lowest quality; at most {MOST_BYTES} are allowed."
    )


def read(path: Path) -> Recording:
    """What `write` wrote. ValueError, which says why, where weights or photo are no longer those of the recording."""
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    about = json.loads(str(arrays["about"]))
    request = AttackRequest(**about["request"])
    annotator = load_annotator(request.annotator)
    image = sample(about["sample"]).open()
    x = annotator.prepare(image, catalog.precomputed(request.attack)).to(annotator.device)
    now = digests(request, x)
    changed = [name for name, digest in about["sha256"].items() if now.get(name) != digest]
    if changed or len(now) != len(about["sha256"]):
        raise ValueError(f"{path.name} was recorded with another {', '.join(changed or now)}. {MAKE_AGAIN}")
    before = torch.from_numpy(arrays["before"]).to(x)
    plan = make_plan(request, annotator, Photo(x, before, about["sample"], image.size))
    base = _levels(x).astype(np.int16)
    x_adv = _tensor(base + (_opened(arrays["z"]) - 128)).to(x)
    buffer = io.BytesIO()
    tk.to_pil(x_adv).save(buffer, "PNG")
    scores = torch.from_numpy(arrays["scores"].astype(np.float32) * _LOGIT)
    history = History(list(scores), *(arrays[name].tolist() for name in ("loss", "norm", "threshold")))
    said = about["report"]
    # what recordings of before lack
    margins = {"margin_before": float(plan.goal.margin(before)[0]), "margin_of_win": -said["margin"]}
    lacking = {**about_photo(plan.photo), **margins, "input_sha256": now["photo"]}
    after = torch.from_numpy(arrays["after"]).to(x)
    report = {**lacking, "true_after": true_scores(plan, after), **said}
    outcome = Outcome(plan, buffer.getvalue(), after, history, report)
    frames, photo = [], _tensor(base).mul(255).round().byte()
    for number, (index, place) in enumerate(arrays["steps"].tolist()):
        z = np.rint((_opened(arrays[f"step {number}"]) - 128) / about["gain"]).astype(np.int16)
        levels = _tensor(base + z).mul(255).round().byte()
        frames.append(ReplayFrame(index, place, packed(levels, photo), scores[place][None]))
    named = {kind: _named(arrays, f"{kind} ") for kind in ("check", "look")}
    return Recording(
        **{key: about[key] for key in ("name", "title", "words", "order", "sample", "notes")},
        replay=Replay(outcome, tuple(frames), run=about["name"]),
        checks={name: torch.from_numpy(values) for name, values in named["check"].items()},
        looks={name: _opened(values)[..., 0].astype(np.uint8) for name, values in named["look"].items()},
    )


@cache
def recording(name: str) -> Recording | None:
    """The recording called `name`, read once; None where it is not here or no longer matches, which a line in the log says."""
    path = FOLDER / f"{name}.npz"
    try:
        return read(path) if path.is_file() else None
    except ValueError as error:
        logging.getLogger(__name__).warning("A recorded run is left out: %s", error)
        return None


def recording_of(photo: str, plan: Plan) -> Recording | None:
    """The recording of the plan's run on the sample called `photo`; None where it was not recorded."""
    for path in sorted(FOLDER.glob("*.npz")):
        named = _about(path)
        if (named["sample"], named["request"]["annotator"]) == (photo, plan.request.annotator):
            found = recording(path.stem)
            if found and _asked(found.outcome.plan) == _asked(plan):
                return found
    return None


def _asked(plan: Plan) -> tuple[Any, ...]:
    """What a run on a photo by an annotator depends on."""
    return plan.request.attack, plan.k, plan.settings, plan.goal_name, plan.roles, plan.max_steps, plan.seed


@cache
def _about(path: Path) -> dict[str, Any]:
    """What a file says of itself; its pictures are left unread."""
    with np.load(path, allow_pickle=False) as file:
        return dict(json.loads(str(file["about"])))


def recordings() -> tuple[Recording, ...]:
    """All that are here and match weights and photos, in their order."""
    found = [item for path in sorted(FOLDER.glob("*.npz")) if (item := recording(path.stem))]
    return tuple(sorted(found, key=lambda item: item.order))


def _packed(recording: Recording, quality: int | None) -> bytes:
    outcome, frames = recording.outcome, recording.replay.frames
    plan = outcome.plan
    base = _levels(plan.photo.x).astype(np.int16)
    gain = 1 if quality is None else _GAIN
    request = asdict(plan.request)
    about = {
        "name": recording.name,
        "title": recording.title,
        "words": recording.words,
        "order": recording.order,
        "sample": recording.sample,
        "request": request,
        "sha256": digests(plan.request, plan.photo.x),
        "report": outcome.report,
        "notes": dict(recording.notes),
        "gain": gain,
    }
    scores = torch.stack(outcome.history.logits).double().div(_LOGIT).round().int().numpy()
    arrays: dict[str, NDArray[Any]] = {
        "about": np.array(json.dumps(about, ensure_ascii=False)),
        "z": _webp(_change(outcome.x_adv, base), None),
        "before": plan.photo.logits.float().cpu().numpy(),
        "after": outcome.logits.float().cpu().numpy(),
        "scores": scores,
        "steps": np.array([[frame.index, frame.place] for frame in frames], dtype=np.int32).reshape(-1, 2),
    }
    for name in ("loss", "norm", "threshold"):
        arrays[name] = np.array(getattr(outcome.history, name), dtype=np.float32)
    for number in range(len(frames)):
        arrays[f"step {number}"] = _webp(_change(recording.replay.picture(number)[0], base, gain), quality)
    arrays |= {f"check {name}": logits.float().cpu().numpy() for name, logits in recording.checks.items()}
    arrays |= {f"look {name}": _webp(np.repeat(look[..., None], 3, 2), 80) for name, look in recording.looks.items()}
    buffer = io.BytesIO()
    save: Callable[..., None] = np.savez_compressed
    save(buffer, **arrays)
    return buffer.getvalue()


def _named(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}


def _levels(x: Tensor) -> NDArray[np.uint8]:
    """(1,3,H,W) in [0,1] as (H,W,3) 8-bit levels."""
    return x[0].mul(255).round().byte().permute(1, 2, 0).contiguous().cpu().numpy()


def _change(x: Tensor, base: NDArray[np.int16], gain: int = 1) -> NDArray[np.int16]:
    """128 + gain · z, for a picture (1,3,H,W) and the levels (H,W,3) of the photo."""
    return 128 + gain * (_levels(x).astype(np.int16) - base)


def _tensor(levels: NDArray[np.int16]) -> Tensor:
    """The way back, clipped to what a picture can have."""
    return torch.from_numpy(levels.clip(0, 255).astype(np.uint8)).permute(2, 0, 1)[None].float().div(255)


def _webp(levels: NDArray[Any], quality: int | None) -> NDArray[np.uint8]:
    """(H,W,3) values as the bytes of a WebP; without losses where `quality` is None. What is beyond 8 bit is clipped."""
    buffer = io.BytesIO()
    options = {"lossless": True, "quality": 40} if quality is None else {"quality": quality}
    Image.fromarray(levels.clip(0, 255).astype(np.uint8)).save(buffer, "WEBP", method=4, **options)
    return np.frombuffer(buffer.getvalue(), dtype=np.uint8)


def _opened(content: NDArray[np.uint8]) -> NDArray[np.int16]:
    """(H,W,3) levels of a WebP's bytes."""
    return np.asarray(Image.open(io.BytesIO(content.tobytes())).convert("RGB")).astype(np.int16)
