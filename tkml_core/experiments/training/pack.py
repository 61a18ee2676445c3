"""Packs the training photos into one npz, to be carried to a machine with a GPU: `python -m tkml_core.experiments.training.pack`.

Photos are WebP with a long side of at most 320 pixels; labels and soft scores come with them.
"""

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from tkml_core.experiments.datasets import Photo, training
from tkml_core.experiments.training.soft_labels import soft_scores

LONG = 320  # pixels, the canvas of a packed photo


def encoded(photo: Photo, quality: int) -> tuple[bytes, tuple[int, int]]:
    """The photo as WebP, and its width and height there."""
    with Image.open(photo.path) as file:
        image = ImageOps.exif_transpose(file).convert("RGB")
    scale = min(1.0, LONG / max(image.size))
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=3)
    return out.getvalue(), image.size


def pack(photos: list[Photo], soft: np.ndarray, path: Path, quality: int) -> None:
    """Write bytes (all photos), offsets (n+1,), sizes (n,2), labels (n,80), soft (n,80) in 1/255, keys (n,)."""
    blobs, sizes = zip(*(encoded(photo, quality) for photo in photos), strict=True)
    np.savez(
        path,
        bytes=np.frombuffer(b"".join(blobs), np.uint8),
        offsets=np.cumsum([0, *map(len, blobs)]),
        sizes=np.array(sizes),
        labels=np.stack([photo.labels for photo in photos]),
        soft=(soft * 255).round().astype(np.uint8),
        keys=np.array([photo.key for photo in photos]),
    )


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tkml_core.experiments.training.pack", description=__doc__)
    parser.add_argument("--voc", type=Path, required=True, help="the VOCdevkit folder")
    parser.add_argument("--coco", type=Path, required=True, help="the COCO folder")
    parser.add_argument("--soft", type=Path, required=True, help="npz with detector scores (n,d,80), ids, classes")
    parser.add_argument("--out", type=Path, default=Path("runs/pack"), help="folder of the packs")
    parser.add_argument("--parts", type=int, default=2, help="number of files")
    parser.add_argument("--quality", type=int, default=72, help="of the WebP")
    args = parser.parse_args(argv)
    photos = training(args.voc, args.coco)
    soft = soft_scores(args.soft, photos)
    args.out.mkdir(parents=True, exist_ok=True)
    for i, part in enumerate(np.array_split(np.arange(len(photos)), args.parts)):
        pack([photos[j] for j in part], soft[part], args.out / f"part{i}.npz", args.quality)
        print(args.out / f"part{i}.npz", len(part), "photos")


if __name__ == "__main__":
    main()
