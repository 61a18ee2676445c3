"""The one reader of photo files: upright, in sRGB, at a size that fits in memory, or a sentence that says why not."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from PIL import Image, UnidentifiedImageError, features

from tkml_core.colour import orientation, reduction, upright_rgb

# Pillow 11.3 is the first to know of AVIF; those before it warn when they are asked.
_AVIF = ("AVIF",) if "avif" in features.modules and features.check("avif") else ()
# A short list on purpose: Pillow also opens formats that start other programs (EPS) or hide many pages (PDF).
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", *_AVIF)
NAMES = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "GIF": "GIF", "BMP": "BMP", "TIFF": "TIFF", "AVIF": "AVIF"}
# Million pixels: what these need at once while Pillow decodes them stays below 250 MB (tests/photos/test_photo_files.py). PNG
# and most JPEGs take no more than the picture itself; the others are decoded into a second place, and copied.
MOST = {"JPEG": 50, "PNG": 50, "WEBP": 14, "GIF": 50, "BMP": 50, "TIFF": 20, "AVIF": 14}
MAX_PIXELS = 1_000_000 * max(MOST.values())
PROGRESSIVE = 24  # million pixels of a progressive JPEG, whose coefficients are all kept until its last scan
RUN_LENGTHS = 1_000_000  # bytes of a run-length encoded BMP, which Pillow decodes in Python: 1.3 s
MOST_BYTES = 64_000_000  # of a file: whatever can be read is smaller
# Pillow goes through a file's parts (markers, chunks, comments) in Python, one or a few reads each: 20 MB of them take minutes.
HEADER_READS, MOST_READS = (
    20_000,
    200_000,
)  # up to the pixels; the whole file, whose pixels may lie in thousands of parts, too
MOST_STRIPS = 65_536  # of a TIFF, or what else it has many numbers of: each takes 300 bytes
_DAMAGED = "This picture file is damaged and cannot be decoded. Please try another one."


def allowed() -> str:
    """The formats in words, such as "JPEG, PNG, WebP or GIF"."""
    *first, last = (NAMES[name] for name in FORMATS)
    return f"{', '.join(first)} or {last}"


def no_picture(what: str) -> str:
    """What is said of a file that is none; `what` is its name, or "This file"."""
    return f"{what} could not be read as a picture. Please use a {allowed()} file."


def open_photo(path: str | Path) -> Image.Image:
    """The photo in a file (the first frame of an animation) as 8-bit sRGB: turned as its EXIF says, transparency over white.

    A photo of 12 million pixels or more is made smaller by 2, 4 or 8 as it is read, to 3 million or more. Whatever else
    EXIF and text in the file say is not looked at.

    FileNotFoundError when there is no such file. ValueError, in words for a visitor, when it is no picture, broken, or has
    more pixels than are read of its format (MOST); the size is read from the header, before anything is decoded.
    """
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise _Refused(f"This file has more than {MOST_BYTES // 1_000_000} MB. Please make the picture smaller.")
        with _opened(Path(path)) as image:
            _check_size(image, Path(path).stat().st_size)
            return _decoded(image)
    except _Refused as error:
        raise ValueError(str(error)) from None
    except FileNotFoundError:
        raise
    except (IsADirectoryError, NotADirectoryError, PermissionError) as error:
        raise ValueError(f"{Path(path).name!r} is not a file that can be read.") from error
    except UnidentifiedImageError as error:
        raise ValueError(no_picture("This file")) from error
    except Image.DecompressionBombError as error:
        most = MAX_PIXELS // 1_000_000
        raise ValueError(
            f"This picture has too many pixels. Up to {most} million pixels are read; please make it smaller and try again."
        ) from error
    except Exception as error:  # what a decoder says of a file that somebody has spoilt can be any of Python's errors
        raise ValueError(_DAMAGED) from error


def is_picture(path: str | Path) -> bool:
    """Whether the file begins as a picture of one of the FORMATS does; nothing is decoded."""
    try:
        with _opened(Path(path), pixels=False):
            return True
    except Exception:  # Pillow's readers raise many kinds on what was made to look like a picture
        return False


_PARTS = "This picture file has far more parts than a picture needs. Please save the picture anew and try again."


class _Refused(Exception):
    """A sentence about a picture that is not decoded."""


class _Source(Protocol):
    """What Pillow reads from, so many times."""

    left: int

    def read(self, size: int | None = -1, /) -> bytes: ...


class _File(io.BufferedReader):
    left = MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        _count(self)
        return super().read(size)


class _Content(io.BytesIO):
    left = MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        _count(self)
        return super().read(size)


def _count(source: _Source) -> None:
    source.left -= 1
    if source.left < 0:
        raise _Refused(_PARTS)


def _check_size(image: Image.Image, length: int) -> None:
    width, height = image.size
    name = image.format or ""
    if name == "MPO":  # a JPEG with a second picture behind it, as phones write them
        name = "JPEG"
    most, kind = MOST[name], NAMES[name]
    if image.info.get("progressive"):
        most, kind = PROGRESSIVE, "progressive JPEG"
    if width * height > most * 1_000_000:
        raise _Refused(
            f"This picture has {width} × {height} pixels. Up to {most} million pixels are read of a {kind}; please make it "
            "smaller and try again."
        )
    if name == "BMP" and image.info.get("compression") in (1, 2) and length > RUN_LENGTHS:
        raise _Refused("This BMP is run-length encoded, and too large for that. Please save it as PNG and try again.")


def _decoded(image: Image.Image) -> Image.Image:
    turn = orientation(image)
    if image.format == "TIFF":
        # Pillow turns these as it loads them, after it has read all their tags: odd ones would end it here.
        turn = _whole(image.tag_v2.get(0x0112))  # type: ignore[attr-defined]
        image.info["exif"] = b""
        image.info.pop("xmp", None)
    factor = reduction(image.size)
    if factor > 1:
        image.draft(None, (image.width // factor, image.height // factor))  # type: ignore[arg-type]  # JPEG only
    image.load()
    if image.format == "PNG":  # its EXIF may stand behind the pixels
        turn = orientation(image)
    return upright_rgb(image, turn)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


@contextmanager
def _opened(path: Path, pixels: bool = True) -> Iterator[Image.Image]:
    """The picture by its header; pixels: whether it is going to be loaded."""
    with warnings.catch_warnings(), _File(io.FileIO(path)) as file:
        warnings.simplefilter("ignore")  # Pillow warns about large and odd files; the checks here decide
        source = _source(file, pixels)
        source.left = HEADER_READS
        with Image.open(source, formats=FORMATS) as image:
            source.left = MOST_READS
            yield image


def _source(file: _File, pixels: bool) -> _File | _Content:
    """What Pillow is to read: the file, or a PNG's content without its text, of which Pillow bears 1 MB only."""
    start = file.read(8)
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        _check_tiff(file, start)
    if start != b"\x89PNG\r\n\x1a\n":
        file.seek(0)
        return file
    content = _Content(start)
    content.seek(8)
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            file.seek(length + 4, io.SEEK_CUR)
            continue
        content.write(head)
        content.write(file.read(min(length + 4, MOST_BYTES)))
        if kind == b"IEND" or (kind == b"IDAT" and not pixels):
            break
    content.seek(0)
    return content


def _check_tiff(file: _File, start: bytes) -> None:
    """Refuse a TIFF (6.0, or BigTIFF) of which some tag has too many numbers; whatever else is wrong Pillow will say."""
    order, big = "<" if start[:1] == b"I" else ">", b"+" in start[:4]
    where, many, entry, numbers = (8, "Q", "HHQ", 20) if big else (4, "H", "HHI", 12)
    try:
        file.seek(where)
        (place,) = struct.unpack(f"{order}{'Q' if big else 'I'}", file.read(8 if big else 4))
        file.seek(place)
        (entries,) = struct.unpack(order + many, file.read(8 if big else 2))
        tags = file.read(min(entries, HEADER_READS) * numbers)
        for at in range(0, len(tags) - numbers + 1, numbers):
            _, kind, count = struct.unpack_from(order + entry, tags, at)
            if kind not in (1, 2, 6, 7) and count > MOST_STRIPS:  # these are bytes and text
                raise _Refused(_PARTS)
    except (struct.error, OSError, OverflowError, ValueError):
        pass
