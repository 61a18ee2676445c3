"""Files from strangers: what may come in, and a plain sentence for whatever may not."""

import re
import unicodedata
import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

# A short list on purpose: Pillow also opens formats that start other programs (EPS) or hide many pages (PDF).
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 50_000_000
_MOST = f"Up to {MAX_PIXELS // 1_000_000} million pixels are read; please make it smaller and try again."
MAX_FILE_SIZE = 20 * 2**20  # bytes
GONE = "This picture is no longer on the server. Please choose it again."


def open_photo(path: str | Path) -> Image.Image:
    """The decoded picture at `path` (first frame of an animation), in whatever Pillow mode it has.

    ValueError, in words for a visitor, when the file is gone, no picture, broken, or has more than MAX_PIXELS pixels;
    the size is read from the header, before anything is decoded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about large and odd files; the checks below decide
            image = Image.open(path, formats=FORMATS)
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ValueError(f"This picture has {width} × {height} pixels. {_MOST}")
            image.load()
    except FileNotFoundError as error:
        raise ValueError(GONE) from error
    except UnidentifiedImageError as error:
        raise ValueError(
            "This file could not be read as a picture. Please use a JPEG, PNG, WebP, GIF, BMP or TIFF file."
        ) from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"This picture has too many pixels. {_MOST}") from error
    except (OSError, SyntaxError, EOFError, MemoryError) as error:
        raise ValueError("This picture file is damaged and cannot be decoded. Please try another one.") from error
    except ValueError as error:
        if str(error).startswith("This picture"):
            raise
        raise ValueError("This picture file is damaged and cannot be decoded. Please try another one.") from error
    return image


def file_word(path: str | Path) -> str:
    """What a picture's file is called, in lower-case letters and digits that go into any file's name; "photo" if in none."""
    plain = unicodedata.normalize("NFKD", Path(path).stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-") or "photo"
