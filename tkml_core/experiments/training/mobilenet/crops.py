"""What the annotator is trained on: augmented squares of VOC and COCO photos, with soft labels.

A VOC photo says nothing about sixty of the labels: detector scores, where given, stand in for what is unknown; without
them the unknown labels carry no loss.
"""

import argparse
import math
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from tkml_core.experiments.datasets import IGNORED, UNKNOWN, Photo, Report
from tkml_core.experiments.training.readable import Unreadable, collate, opened, readable


class Crops(Dataset[tuple[Tensor, Tensor, Tensor] | str]):
    """Augmented squares with soft labels and their weights; item i of an epoch is a function of (seed, epoch, i).

    In place of a photo that cannot be read there is a sentence about it.
    """

    def __init__(self, photos: list[Photo], scores: np.ndarray | None, args: argparse.Namespace) -> None:
        self.photos, self.scores, self.args = photos, scores, args
        self.order: list[int] = []
        self.epoch, self.size, self.start = 0, args.sizes[-1], 0
        known = np.stack([p.labels for p in photos]) == 1
        share = known.mean(0).clip(1 / len(photos))
        # Repeat-factor sampling (Gupta, Dollár, Girshick, CVPR 2019): a photo is drawn as often as its rarest label asks.
        per_label = np.sqrt(args.rare / share).clip(1, 5)
        self.weights = (known * per_label).max(1).clip(1)

    def begin(self, epoch: int, start: int) -> None:
        """Draw the order of an epoch, and skip its first `start` items."""
        generator = np.random.default_rng((self.args.seed, epoch))
        chance = self.weights / self.weights.sum()
        self.order = list(generator.choice(len(self.photos), len(self.photos), p=chance))
        sizes = self.args.sizes
        self.epoch, self.start, self.size = (
            epoch,
            start,
            sizes[min(epoch * len(sizes) // self.args.epochs, len(sizes) - 1)],
        )

    def __len__(self) -> int:
        return len(self.order) - self.start

    def target(self, index: int) -> tuple[Tensor, Tensor]:
        """(80,) soft labels and (80,) weights of a photo."""
        labels = torch.from_numpy(self.photos[index].labels)
        known = labels >= 0
        if self.scores is None:
            return labels.clamp(min=0), known.float()
        soft = torch.from_numpy(self.scores[index])
        blend = self.args.blend
        target = torch.where(known, (1 - blend) * labels + blend * soft, soft)
        weight = torch.where(labels == UNKNOWN, self.args.unknown, 1.0)
        return target, torch.where(labels == IGNORED, 0.0, weight)

    def crop(self, index: int, width: int, height: int, rng: np.random.Generator) -> Tensor:
        """(3,height,width) uint8: a random part with at least `--crop` of the area, mirrored half of the time."""
        image = opened(self.photos[index])
        for _ in range(10):
            area = rng.uniform(self.args.crop, 1) * image.width * image.height
            ratio = width / height * math.exp(rng.uniform(-0.29, 0.29))
            w, h = math.sqrt(area * ratio), math.sqrt(area / ratio)
            if w <= image.width and h <= image.height:
                break
        w, h = min(w, image.width), min(h, image.height)
        left, top = rng.uniform(0, image.width - w), rng.uniform(0, image.height - h)
        image = image.resize((width, height), Image.Resampling.BILINEAR, box=(left, top, left + w, top + h))
        if rng.random() < 0.5:
            image = ImageOps.mirror(image)
        return torch.from_numpy(np.array(image)).permute(2, 0, 1)

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor, Tensor] | str:
        try:
            return self._made(item + self.start)
        except Unreadable as error:
            return str(error)

    def _made(self, item: int) -> tuple[Tensor, Tensor, Tensor]:
        rng = np.random.default_rng((self.args.seed, self.epoch, item))
        index, size = self.order[item], self.size
        target, weight = self.target(index)
        if rng.random() < self.args.collage:
            # Two photos side by side or one over the other: labels without their usual company, as on the page's collages.
            other = int(rng.integers(len(self.photos)))
            cut = int(size * rng.uniform(0.35, 0.65))
            if rng.random() < 0.5:
                parts = [self.crop(index, cut, size, rng), self.crop(other, size - cut, size, rng)]
                pixels = torch.cat(parts, dim=2)
            else:
                parts = [self.crop(index, size, cut, rng), self.crop(other, size, size - cut, rng)]
                pixels = torch.cat(parts, dim=1)
            target2, weight2 = self.target(other)
            target, weight = torch.maximum(target, target2), torch.minimum(weight, weight2)
        else:
            pixels = self.crop(index, size, size, rng)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**31)))
            pixels = v2.ColorJitter(0.4, 0.4, 0.4, 0.03)(pixels)
        return pixels, target, weight


def batches(
    crops: Crops, args: argparse.Namespace, epoch: int, start: int, broken: set[str], report: Report
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """An epoch's batches from its item `start` on. broken, report: as of `readable`."""
    crops.begin(epoch, start)
    loader = DataLoader(
        crops, args.batch, num_workers=args.workers, drop_last=True, collate_fn=collate,
        prefetch_factor=4 if args.workers else None,
    )  # fmt: skip
    return readable(loader, broken, report)
