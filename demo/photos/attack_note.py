"""The note in an attacked photo's PNG by which it is known again, should somebody upload it."""

import re
import struct
from pathlib import Path

from PIL.PngImagePlugin import PngInfo

KEYWORD = "Adversarial"
_START = 8192  # bytes that are read: the note stands before the pixels, right behind the header
_LONGEST = 100  # characters
_ALLOWED = re.compile(r"[\w ,.=^-]+")


def attack_note(attack: str, annotator: str, k: int) -> PngInfo:
    """What `Image.save(..., pnginfo=)` is to write: which attack, on which annotator."""
    info = PngInfo()
    info.add_text(KEYWORD, f"{attack} on {annotator}, k = {k}"[:_LONGEST])
    return info


def attack_before(path: str | Path) -> str:
    """What the note in a file says; "" where there is none, or where it is none of ours. Only the file's start is read."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(_START)
    except OSError:
        return ""
    if not start.startswith(b"\x89PNG\r\n\x1a\n"):
        return ""
    place = 8
    while place + 8 <= len(start):
        length, kind = struct.unpack_from(">I4s", start, place)
        if kind == b"IDAT" or place + 8 + length > len(start):
            break
        if kind == b"tEXt" and length <= len(KEYWORD) + 1 + _LONGEST:
            name, _, said = start[place + 8 : place + 8 + length].decode("latin-1").partition("\0")
            if name == KEYWORD and said.isascii() and _ALLOWED.fullmatch(said):
                return said
        place += length + 12
    return ""
