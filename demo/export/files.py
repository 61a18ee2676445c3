"""Files of finished runs, for an hour. Gradio copies what it hands out and forgets the original, so these are swept here."""

import atexit
import json
import shutil
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from demo.engine.outcome import Outcome
from demo.export import files, npz

KEEP_SECONDS = 3600  # files, uploads, and what a visitor's session holds of a run
LOOK_EVERY = 600
_known: dict[Path, float] = {}  # folder of one file or a few -> when it was made
_lock = threading.Lock()
_sweeper: threading.Thread | None = None


def new_place(folder: str | Path) -> Path:
    """A folder of its own below `folder`, gone with all that is in it after KEEP_SECONDS."""
    global _sweeper
    place = Path(folder) / uuid.uuid4().hex
    place.mkdir(parents=True)
    with _lock:
        _known[place] = time.monotonic()
        if _sweeper is None:
            _sweeper = threading.Thread(target=_sweep_on, daemon=True, name="sweeper")
            _sweeper.start()
    return place


def keep_to_the_end(path: str | Path) -> None:
    """Have the place of a file stay until the page ends: what is offered on arrival is there for whoever comes later."""
    place = Path(path).parent
    with _lock:
        _known.pop(place, None)
    atexit.register(shutil.rmtree, place, ignore_errors=True)


def sweep(age: float = KEEP_SECONDS) -> None:
    """Delete every place that was made more than `age` seconds ago."""
    with _lock:
        old = [place for place, made in _known.items() if time.monotonic() - made > age]
        for place in old:
            del _known[place]
    for place in old:
        shutil.rmtree(place, ignore_errors=True)


def _sweep_on() -> None:
    while True:
        time.sleep(LOOK_EVERY)
        sweep()


def save_png(outcome: Outcome, folder: str | Path) -> str:
    """Path of the adversarial PNG, in a folder of its own below `folder`."""
    return str(_place(outcome, folder, ".png", outcome.png))


def save_report(outcome: Outcome, folder: str | Path) -> str:
    """Path of the report as JSON, in a folder of its own below `folder`."""
    text = json.dumps(outcome.report, indent=2, ensure_ascii=False) + "\n"
    return str(_place(outcome, folder, ".json", text.encode()))


def save_data(outcome: Outcome, folder: str | Path) -> str:
    """Path of the exact perturbation with both pictures (NPZ), in a folder of its own below `folder`."""
    return str(_place(outcome, folder, ".npz", npz.to_bytes(npz.keep(outcome))))


def file_name(report: dict[str, Any]) -> str:
    """What the files of a run are called, without ending."""
    return name_of(report["photo"], report["attack"], report["k"], report["annotator"])


def name_of(photo: str, what: str, k: int, annotator: str) -> str:
    """What a file about a photo is called, without ending; `what` is in it, at which k."""
    return f"{photo}-{what}-k{k}-{annotator}".lower().replace("^", "")


def _place(outcome: Outcome, folder: str | Path, ending: str, content: bytes) -> Path:
    path = files.new_place(folder) / f"{file_name(outcome.report)}{ending}"
    path.write_bytes(content)
    return path
