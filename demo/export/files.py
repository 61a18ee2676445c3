"""Files of finished runs, for an hour. Gradio copies what it hands out and forgets the original, so these are swept here."""

import shutil
import threading
import time
import uuid
from pathlib import Path

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
            _sweeper = threading.Thread(target=_sweep_on, daemon=True, name="shelf")
            _sweeper.start()
    return place


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
