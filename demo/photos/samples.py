"""Photos that installed packages carry, and mosaics of them made in code: nothing is downloaded or stored here."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup
from PIL import Image, ImageOps

from tkml_core.photo_files import open_photo


@dataclass(frozen=True)
class Sample:
    """A photo to start from. `truth` uses COCO's names; labels an annotator does not have are left out later.

    open: the photo, which others may have too: it is not to be written into. parts: names of the photos that a mosaic is made of.
    title: names no label, as annotators name things differently, and may see other things first.
    """

    name: str
    title: str
    truth: tuple[str, ...]
    open: Callable[[], Image.Image]
    file: Path | None = None
    parts: tuple[str, ...] = ()
    credit: Markup | None = None  # whose it is and where it comes from, where that has to be shown


def _package_files() -> dict[str, Path]:
    """Photo files on disk. `skimage.data`'s functions would fetch what a wheel does not carry, and to import either package
    takes a second."""
    carried = _folder("skimage") / "data"
    files = {
        "cat": carried / "chelsea.png",
        "astronaut": carried / "astronaut.png",
        "coffee": carried / "coffee.png",
        "motorcycle": carried / "motorcycle_left.png",
        "admiral": _folder("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg",
    }
    return {name: path for name, path in files.items() if path.is_file()}


def _folder(package: str) -> Path:
    """Where an installed package lies."""
    found = find_spec(package)
    return Path(found.origin).parent if found and found.origin else Path(package)


class Tile(NamedTuple):
    """Where a photo stands in a mosaic (left, top, right, bottom), around which centre it is cut, and which part of it is taken.

    centre, part: in shares of the photo's width and height.
    """

    box: tuple[int, int, int, int]
    centre: tuple[float, float]
    part: tuple[float, float, float, float] = (0, 0, 1, 1)


def _mosaic(size: tuple[int, int], tiles: list[tuple[Path, Tile]]) -> Image.Image:
    """Photos cut to fill boxes of the canvas."""
    canvas = Image.new("RGB", size, "white")
    for path, tile in tiles:
        left, top, right, bottom = tile.box
        whole = open_photo(path)
        edges = [round(share * side) for share, side in zip(tile.part, whole.size * 2, strict=True)]
        part = ImageOps.fit(whole.crop(tuple(edges)), (right - left, bottom - top), centering=tile.centre)  # type: ignore[arg-type]
        canvas.paste(part, (left, top))
    return canvas


_added: list[Sample] = []


def add(item: Sample) -> None:
    """Have one more sample from now on, behind all others."""
    _added.append(item)


def samples() -> tuple[Sample, ...]:
    """All samples whose files are here, the page's first one first."""
    return (*_carried(), *_added)


@cache
def _carried() -> tuple[Sample, ...]:
    files = _package_files()

    def photo(name: str, title: str, truth: tuple[str, ...]) -> Sample | None:
        path = files.get(name)
        return Sample(name, title, truth, lambda: open_photo(path), path) if path else None

    def collage(name: str, title: str, truth: tuple[str, ...], size: tuple[int, int], **boxes: Tile) -> Sample | None:
        if any(part not in files for part in boxes):
            return None
        tiles = [(files[part], tile) for part, tile in boxes.items()]
        return Sample(name, title, truth, cache(lambda: _mosaic(size, tiles)), parts=tuple(boxes))

    made = (
        collage(
            "mosaic", "Mosaic 1", ("cat", "person", "motorcycle", "bench"), (672, 448),
            cat=Tile((0, 0, 300, 448), (0.35, 0.5)), astronaut=Tile((300, 0, 672, 200), (0.4, 0.02)),
            # Without the bicycle in the garage's corner: it would be true, too, and is hardly seen here.
            motorcycle=Tile((300, 200, 672, 448), (0.5, 0.5), (0.15, 0.09, 1, 0.938)),
        ),
        photo("cat", "Cat", ("cat",)),
        photo("motorcycle", "Garage", ("motorcycle", "bicycle", "bench")),
        photo("astronaut", "Astronaut", ("person",)),
        photo("coffee", "Coffee", ("cup", "spoon", "dining table")),
        photo("admiral", "Officer", ("person", "tie")),
        collage(
            "breakfast", "Mosaic 2", ("cat", "person", "cup", "spoon", "dining table"), (672, 448),
            cat=Tile((0, 0, 336, 224), (0.4, 0.5)), coffee=Tile((0, 224, 336, 448), (0.5, 0.4)),
            astronaut=Tile((336, 0, 672, 448), (0.4, 0.0)),
        ),
    )  # fmt: skip
    return tuple(sample for sample in made if sample)


def sample(name: str) -> Sample:
    """The sample called `name`; ValueError naming all of them otherwise."""
    for candidate in samples():
        if candidate.name == name:
            return candidate
    raise ValueError(f"No sample is called {name!r:.200}. There are: {', '.join(s.name for s in samples())}.")


def write_samples(folder: Path) -> dict[str, Path]:
    """One file per sample in `folder`, for the image widget to show; photos are copied, mosaics saved as PNG."""
    paths = {}
    for candidate in samples():
        suffix = candidate.file.suffix if candidate.file else ".png"
        paths[candidate.name] = folder / f"{candidate.name}{suffix}"
        if candidate.file:
            shutil.copyfile(candidate.file, paths[candidate.name])
        else:
            candidate.open().save(paths[candidate.name], compress_level=1)  # the page waits for it
    return paths


def photo_of(files: dict[str, str], item: Sample) -> str:
    """The path of a sample's photo; one that was fetched after the start lies where it was fetched to."""
    return files.get(item.name) or str(item.file)
