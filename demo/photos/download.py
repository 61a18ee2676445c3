"""More sample photos, by address: fetched once the page is up, credited, and silently absent where there is no network."""

import json
import tempfile
import threading
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

from markupsafe import Markup

from demo.photos import samples
from demo.photos.uploads import open_photo

LIST = Path(__file__).parents[2] / "assets" / "samples.json"
CACHE = Path(tempfile.gettempdir()) / "fool-the-top-k-samples"
TIMEOUT = 5.0  # seconds, for one photo's answer and for each pause in it
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class Listed:
    """A photo as assets/samples.json has it. `size` is (width, height): another photo at that address is left out."""

    name: str
    title: str
    url: str
    size: tuple[int, int]
    licence: str
    licence_url: str
    page: str
    truth: tuple[str, ...]

    @property
    def credit(self) -> Markup:
        """Whose photo it is."""
        link = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>')
        return Markup("{}, {}").format(link.format(self.page, "Flickr"), link.format(self.licence_url, self.licence))


def listed(path: Path = LIST) -> list[Listed]:
    """All photos of the list."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return [
        Listed(
            photo["name"], photo["title"], photo["url"], tuple(photo["size"]), photo["licence"],
            content["licences"][photo["licence"]], photo["page"], tuple(photo["truth"]),
        )
        for photo in content["photos"]
    ]  # fmt: skip


def fetch(item: Listed, folder: Path) -> Path | None:
    """The photo's file in `folder`, fetched unless it is there; None where it cannot be had or is not the one listed."""
    path = folder / f"{item.name}.jpg"
    try:
        if not _right(item, path):
            folder.mkdir(parents=True, exist_ok=True)
            with urlopen(Request(item.url, headers={"User-Agent": "fool-the-top-k"}), timeout=TIMEOUT) as answer:
                content = answer.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                return None
            part = path.with_suffix(".part")
            part.write_bytes(content)
            if not _right(item, part):
                part.unlink()
                return None
            part.replace(path)
    except (OSError, HTTPException):  # no network, no such address, half an answer: the page does without
        return None
    return path


def _right(item: Listed, path: Path) -> bool:
    try:
        return open_photo(path).size == item.size
    except ValueError:  # not there, or no picture
        return False


def add_all(photos: list[Listed], folder: Path) -> None:
    """Fetch what can be had; it is among the samples from then on."""
    there = {item.name for item in samples.samples()}
    for item in photos:
        if item.name not in there and (path := fetch(item, folder)):
            samples.add(
                samples.Sample(item.name, item.title, item.truth, partial(open_photo, path), path, credit=item.credit)
            )


def in_background() -> None:
    """Start fetching and return at once."""
    threading.Thread(target=add_all, args=(listed(), CACHE), daemon=True, name="samples").start()
