"""Packs the training photos into one npz, to be carried to a machine with a GPU: `python -m tkml_core.experiments.training.pack`.

Photos are WebP with a long side of at most 320 pixels; labels and soft scores come with them.
"""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tkml_core.experiments.command import add_photo_folders, naming_folders
from tkml_core.experiments.datasets import Photo, Report, leaving_out, training
from tkml_core.experiments.training.soft_labels import soft_scores
from tkml_core.photo_files import open_photo

LONG = 320  # pixels, the canvas of a packed photo


def encoded(photo: Photo, quality: int) -> tuple[bytes, tuple[int, int]]:
    """The photo as WebP, and its width and height there."""
    image = open_photo(photo.path)
    scale = min(1.0, LONG / max(image.size))
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=3)
    return out.getvalue(), image.size


def pack(photos: list[Photo], soft: np.ndarray, path: Path, quality: int, report: Report) -> int:
    """Write bytes (all photos), offsets (n+1,), sizes (n,2), labels (n,80), soft (n,80) in 1/255, keys (n,).

    A file that cannot be read is reported, and left out; returns the number of the others.
    """
    read = []
    for i, photo in enumerate(photos):
        with leaving_out(photo, report):
            read.append((i, *encoded(photo, quality)))
    kept, blobs, sizes = zip(*read, strict=True)
    photos, soft = [photos[i] for i in kept], soft[list(kept)]
    np.savez(
        path,
        bytes=np.frombuffer(b"".join(blobs), np.uint8),
        offsets=np.cumsum([0, *map(len, blobs)]),
        sizes=np.array(sizes),
        labels=np.stack([photo.labels for photo in photos]),
        soft=(soft * 255).round().astype(np.uint8),
        keys=np.array([photo.key for photo in photos]),
    )
    return len(photos)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tkml_core.experiments.training.pack", description=__doc__)
    add_photo_folders(made)
    made.add_argument("--soft", type=Path, required=True, help="npz with detector scores (n,d,80), ids, classes")
    made.add_argument("--out", type=Path, default=Path("runs/pack"), help="folder of the packs")
    made.add_argument("--parts", type=int, default=2, help="number of files")
    made.add_argument("--quality", type=int, default=72, help="of the WebP")
    return made


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    with naming_folders():
        photos = training(args.voc, args.coco)
    soft = soft_scores(args.soft, photos)
    args.out.mkdir(parents=True, exist_ok=True)
    for i, part in enumerate(np.array_split(np.arange(len(photos)), args.parts)):
        path = args.out / f"part{i}.npz"
        kept = pack([photos[j] for j in part], soft[part], path, args.quality, lambda why: print(why, file=sys.stderr))
        print(f"{path}: {kept} photos, {len(part) - kept} left out")


if __name__ == "__main__":
    main()
