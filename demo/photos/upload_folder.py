"""The folder that uploads lie in: how much it may hold, and what is swept out of it."""

import atexit
import os
import re
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

MOST_BYTES = 2_000_000_000  # of uploads, all visitors together; the oldest make room
MOST_UPLOADS = 5_000  # the same in files: each upload looks through them
KEEP_SECONDS = 3600 + 600  # Gradio deletes what a page knows of after an hour; this is for what nobody knows of
UNFINISHED_SECONDS = 600  # an upload that broke off, after that long without another byte
_UPLOAD = re.compile(r"[0-9a-f]{64}")  # Gradio's folder for a file that came in: its SHA-256
_UNFINISHED = re.compile(r"tmp[\w]{4,}")
_lock = threading.Lock()


def claim() -> None:
    """Have Gradio keep its files in a folder of this process alone, gone at its end, unless GRADIO_TEMP_DIR names another.

    Gradio's own choice is one folder for all of a machine's users, which may be somebody else's; and what is swept here must
    not be another page's.
    """
    if not os.environ.get("GRADIO_TEMP_DIR"):
        folder = tempfile.mkdtemp(prefix="fool-the-top-k-files-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["GRADIO_TEMP_DIR"] = folder


def sweep(folder: Path, room_for: int = 0, most: int = MOST_BYTES) -> None:
    """Delete what is too old, then the oldest uploads until `room_for` bytes more are at most `most` in all, and not too many."""
    with _lock:
        now, kept = time.time(), []
        for at, path, size, files in sorted(_entries(folder)):
            if now - at > (UNFINISHED_SECONDS if path.is_file() else KEEP_SECONDS):
                _delete(path)
            else:
                kept.append((path, size, files))
        held, count = sum(size for _, size, _ in kept), sum(files for _, _, files in kept)
        for path, size, files in kept:
            if held + room_for <= most and count < MOST_UPLOADS:
                break
            if path.is_dir():  # what is coming in belongs to somebody who is still sending
                _delete(path)
                held, count = held - size, count - files


def stay(path: Path) -> None:
    """Keep an upload for as long as one that has just come in."""
    with suppress(OSError):  # gone in this moment
        for place in (path, path.parent):
            os.utime(place)


def _entries(folder: Path) -> list[tuple[float, Path, int, int]]:
    """When it was last written, where it is, how many bytes and files: for each upload, finished or not.

    What is uploaded under several names has as many files.
    """
    found = []
    try:
        inside = list(folder.iterdir())
    except OSError:  # nothing has been uploaded yet
        return []
    for path in inside:
        try:
            if _UPLOAD.fullmatch(path.name):
                files = [file.stat() for file in path.iterdir()]
                found.append((path.stat().st_mtime, path, sum(file.st_size for file in files), len(files)))
            elif _UNFINISHED.fullmatch(path.name) and path.is_file():
                found.append((path.stat().st_mtime, path, path.stat().st_size, 1))
        except OSError:  # gone in between
            continue
    return found


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
