"""What a photo is called towards the browser, which need not know where on the server its file lies."""

import re
from collections.abc import Mapping
from pathlib import Path

from demo.photos.samples import photo_of, sample
from demo.photos.uploads import GONE

UPLOAD = "upload:"
_HASH = re.compile(r"[0-9a-f]{64}")


def photo_id(path: str | Path | None) -> str:
    """`upload:HASH` for an uploaded file, which lies in a folder called after its SHA-256; `sample:NAME` for any other."""
    if not path:
        return ""
    place = Path(path)
    return f"upload:{place.parent.name}" if _HASH.fullmatch(place.parent.name) else f"sample:{place.stem}"


def photo_file(name: str, files: Mapping[str, str], uploads: str | Path, called: object) -> str:
    """The path of the photo that `photo_id` called so; files: the samples' paths; uploads: the folder that uploads lie in;
    called: its file's name, as others may have uploaded the same photo under theirs. ValueError where there is none."""
    kind, _, rest = name.partition(":")
    if kind == "sample":
        return photo_of(dict(files), sample(rest))
    folder = Path(uploads) / rest
    found = sorted(folder.iterdir()) if kind == "upload" and _HASH.fullmatch(rest) and folder.is_dir() else []
    if not found:
        raise ValueError(GONE)
    return str(next((path for path in found if path.name == called), found[0]))
