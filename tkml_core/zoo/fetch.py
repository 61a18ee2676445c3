"""Published weights, fetched once and kept: with a bound on their size, a hash, progress, and a sentence where it fails."""

import hashlib
import sys
import tempfile
import threading
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

import torch

TIMEOUT = 20.0  # seconds, for the answer and for each pause in it
MOST_BYTES = 1_000_000_000
CHUNK = 1 << 20

_lock = threading.Lock()  # who comes second waits, and finds the file


def kept_at(url: str) -> Path:
    """Where the file is kept: PyTorch's folder for weights, which TORCH_HOME moves and torchvision shares."""
    return Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[-1]


def show(done: int, total: int) -> None:
    """Progress on the terminal's one line."""
    share = f"{done / total:.0%} of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"
    print(f"\r  {share}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def fetch(url: str, sha256: str, progress: Callable[[int, int], None] = show) -> Path:
    """The file at `url`, from where it is kept or fetched now; `sha256` is its hash in hex, or how that begins.

    progress: called with the bytes that have come and their number in all (0 where the server does not say).
    FileNotFoundError where it cannot be had, or is not the file with that hash; then nothing is kept.
    """
    path = kept_at(url)
    with _lock:
        if path.exists():
            return path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
                try:
                    found = _receive(url, part.write, progress)
                    part.close()
                    if not found.startswith(sha256):
                        raise OSError(f"its SHA-256 begins {found[: len(sha256)]} and should begin {sha256}")
                    Path(part.name).replace(path)  # so that half a file is never taken for one
                finally:
                    Path(part.name).unlink(missing_ok=True)
        except (OSError, HTTPException) as error:
            raise FileNotFoundError(
                f"The weights at {url} cannot be had ({error}). Where there is a network, fetch them there and put the file at "
                f"{path}, or name it: tk.load(…, weights=path)."
            ) from error
    return path


def _receive(url: str, write: Callable[[bytes], object], progress: Callable[[int, int], None]) -> str:
    """Write what is at `url`; returns its SHA-256 in hex."""
    done, digest = 0, hashlib.sha256()
    print(f"Fetching {url}", file=sys.stderr, flush=True)
    with urlopen(Request(url, headers={"User-Agent": "fool-the-top-k"}), timeout=TIMEOUT) as answer:
        total = int(answer.headers.get("Content-Length") or 0)
        while chunk := answer.read(CHUNK):
            done += len(chunk)
            if max(done, total) > MOST_BYTES:
                raise OSError(f"it has more than {MOST_BYTES / 1e9:.0f} GB")
            write(chunk)
            digest.update(chunk)
            progress(done, total)
    if total and done != total:
        raise OSError(f"the connection ended after {done} of {total} bytes")
    return digest.hexdigest()
