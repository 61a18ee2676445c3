"""Untrusted files: what may come in, and a plain sentence for whatever may not."""

import re
import threading
import unicodedata
from pathlib import Path

from PIL import Image

from tkml_core import photo_files

MAX_FILE_SIZE = 20 * 2**20  # bytes
GONE = "This picture is no longer on the server. Please choose it again."
_decoding = threading.Semaphore(2)  # each may take up to 250 MB for a moment


def open_photo(path: str | Path) -> Image.Image:
    """`tk.open_photo`, where a file that is gone is a ValueError too: uploads are kept for a while only."""
    try:
        with _decoding:
            return photo_files.open_photo(path)
    except FileNotFoundError as error:
        raise ValueError(GONE) from error


def file_word(path: str | Path) -> str:
    """What a picture's file is called, in lower-case letters and digits that go into any file's name; "photo" if in none."""
    plain = unicodedata.normalize("NFKD", Path(path).stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-") or "photo"
