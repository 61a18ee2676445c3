"""Batches made on the device from packed photos: crops of nearly the whole photo, mirrored, in changed light, some in pairs."""

import io
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tkml_core.experiments.datasets import IGNORED, UNKNOWN
from tkml_core.experiments.training.pack import LONG

SHAPES = {
    "wide": (1.0, 4 / 3),
    "tall": (4 / 3, 1.0),
    "square": (1.15, 1.15),
}  # height and width in units of the short side


class Packed:
    """All photos of the packs on one device: pixels (n,3,320,320) uint8, each in the upper left of its canvas."""

    def __init__(
        self, paths: Sequence[Path], device: torch.device, columns: Sequence[int] | range, blend: float
    ) -> None:
        """columns: which of the 80 labels are asked; blend: share of the soft score in a known label."""
        parts = [dict(np.load(path)) for path in paths]
        self.keys = [str(key) for part in parts for key in part["keys"]]
        sizes = np.concatenate([part["sizes"] for part in parts])
        self.sizes = torch.from_numpy(sizes).to(device).float()  # (n,2) width, height
        self.labels = np.concatenate([part["labels"] for part in parts])[:, list(columns)]
        soft = np.concatenate([part["soft"] for part in parts])[:, list(columns)].astype(np.float32) / 255
        self.pixels = torch.zeros(len(self.keys), 3, LONG, LONG, dtype=torch.uint8)
        starts = np.cumsum([0, *(len(part["keys"]) for part in parts)])

        def decode(p: int, i: int) -> None:
            blob = parts[p]["bytes"][parts[p]["offsets"][i] : parts[p]["offsets"][i + 1]]
            image = np.array(Image.open(io.BytesIO(blob.tobytes())).convert("RGB"))
            self.pixels[starts[p] + i, :, : image.shape[0], : image.shape[1]] = torch.from_numpy(image).permute(2, 0, 1)

        with ThreadPoolExecutor() as pool:
            list(
                pool.map(
                    lambda at: decode(*at), [(p, i) for p in range(len(parts)) for i in range(len(parts[p]["keys"]))]
                )
            )
        self.pixels = self.pixels.to(device)
        known = self.labels >= 0
        self.target = (
            torch.from_numpy(np.where(known, (1 - blend) * self.labels + blend * soft, soft)).float().to(device)
        )
        weight = np.where(self.labels == UNKNOWN, 0.7, 1.0) * (self.labels != IGNORED)
        self.weight = torch.from_numpy(weight).float().to(device)
        ratio = sizes[:, 0] / sizes[:, 1]
        self.shape = np.where(ratio > 1.15, "wide", np.where(ratio < 1 / 1.15, "tall", "square"))

    def chances(self, rows: np.ndarray, rare: float) -> np.ndarray:
        """How often each photo is drawn: as often as its rarest label asks (Gupta et al., CVPR 2019), at most 4 times."""
        known = self.labels[rows] == 1
        share = known.mean(0).clip(1 / len(rows))
        return (known * np.sqrt(rare / share).clip(1, 4)).max(1).clip(1)


def by_shape(data: Packed, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The rows of each shape of photo that there is."""
    found = {shape: rows[data.shape[rows] == shape] for shape in SHAPES}
    return {shape: some for shape, some in found.items() if len(some)}


def crops(data: Packed, rows: Tensor, height: int, width: int, least: float, generator: torch.Generator) -> Tensor:
    """(B,3,height,width) float in [0,1]: for each photo a box of at least `least` of its area, mirrored half of the time."""
    device, n = data.pixels.device, len(rows)

    def uniform(low: float, high: float) -> Tensor:
        return torch.empty(n, device=device).uniform_(low, high, generator=generator)

    size = data.sizes[rows]
    area = uniform(least, 1) * size[:, 0] * size[:, 1]
    # Half way between the photo's own shape and the batch's, so that little is squashed and little is cut away.
    ratio = ((size[:, 0] / size[:, 1]) * (width / height)).sqrt() * uniform(-0.12, 0.12).exp()
    w, h = torch.minimum((area * ratio).sqrt(), size[:, 0]), torch.minimum((area / ratio).sqrt(), size[:, 1])
    left, top = uniform(0, 1) * (size[:, 0] - w), uniform(0, 1) * (size[:, 1] - h)
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    zero = torch.zeros_like(w)
    affine = torch.stack(
        (
            torch.stack((mirror * w / LONG, zero, (2 * left + w) / LONG - 1), 1),
            torch.stack((zero, h / LONG, (2 * top + h) / LONG - 1), 1),
        ),
        1,
    )
    grid = torch.nn.functional.affine_grid(affine, [n, 3, height, width], align_corners=False)
    pixels = data.pixels[rows].float().div_(255)
    x = torch.nn.functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    light, contrast, colour = (uniform(0.7, 1.3)[:, None, None, None] for _ in range(3))
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * colour
    return ((x - x.mean((1, 2, 3), keepdim=True)) * contrast + x.mean((1, 2, 3), keepdim=True) * light).clamp_(0, 1)


def batch(
    data: Packed, rows: dict[str, np.ndarray], chances: dict[str, np.ndarray], sizes: Sequence[int], count: int,
    least: float, pairs: float, rng: np.random.Generator, generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Images (B,3,H,W), targets (B,m), weights (B,m): photos of one shape, at one of the sizes; `pairs` is the share of
    images that show two photos beside each other, so that labels are met without their usual company."""
    shapes = list(rows)
    mass = np.array([chances[shape].sum() for shape in shapes])
    shape = shapes[int(rng.choice(len(shapes), p=mass / mass.sum()))]
    short = int(rng.choice(sizes))
    height, width = (32 * math.ceil(short * side / 32 - 0.5) for side in SHAPES[shape])
    drawn = rng.choice(rows[shape], count, p=chances[shape] / chances[shape].sum())
    index = torch.from_numpy(drawn).to(data.pixels.device)
    target, weight = data.target[index], data.weight[index]
    two = int(count * pairs)
    x = crops(data, index[two:], height, width, least, generator)
    if two:
        other = torch.from_numpy(rng.choice(len(data.keys), two)).to(index.device)
        cut = 16 * int(rng.integers(width // 40, width // 24))
        left = crops(data, index[:two], height, cut, least, generator)
        x = torch.cat((torch.cat((left, crops(data, other, height, width - cut, least, generator)), 3), x))
        target = torch.cat((torch.maximum(target[:two], data.target[other]), target[two:]))
        weight = torch.cat((torch.minimum(weight[:two], data.weight[other]), weight[two:]))
    return x, target, weight
