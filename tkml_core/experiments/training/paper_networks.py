"""Trains the paper's two networks as its authors' code does: `python -m tkml_core.experiments.training.paper_networks --help`.

Settings read from https://github.com/discovershu/TKML-AP (main_attack.py, train.py): ImageNet's features with a fresh last
layer, summed cross-entropy of sigmoids, Adam at 1.5e-4 and the last bias at 5e-2, a cosine over 12 epochs, batches of 64
(Inception-v3 on VOC 2012 train) and 128 (ResNet-50 on COCO train). Different here: COCO's split of 2017 in place of 2014's,
and the last weights are kept where theirs are the best on the validation set. Difficult objects count as absent, as there.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.models import Inception_V3_Weights, ResNet50_Weights, WeightsEnum
from torchvision.transforms import v2

from tkml_core.experiments.command import plain_value
from tkml_core.experiments.datasets import Photo, coco, voc
from tkml_core.experiments.training.readable import Unreadable, collate, opened, readable
from tkml_core.labels import COCO80, label_indices
from tkml_core.zoo.checkpoints import fill, read
from tkml_core.zoo.normalized import Normalized
from tkml_core.zoo.paper_networks import MEAN, NETWORKS, STD
from tkml_core.zoo.registry import entry_of
from tkml_core.zoo.weights import save_weights

EPOCHS = 12  # of the cosine, which then is at 0; their default is 1 epoch, their example names 15


class Cutout(nn.Module):
    """Half the width by half the height of a picture, anywhere on it, under a random colour (DeVries & Taylor, 2017)."""

    def forward(self, image: Image.Image) -> Image.Image:
        across, down, *colour = torch.rand(5).tolist()
        x, y, w, h = across * image.width, down * image.height, image.width / 4, image.height / 4
        image = image.copy()
        ImageDraw.Draw(image).rectangle((x - w, y - h, x + w, y + h), fill=tuple(int(256 * c) for c in colour))
        return image


def _voc_views(side: int) -> nn.Module:
    light = v2.RandomChoice([v2.ColorJitter(brightness=(0.8, 1.2)), v2.RandomGrayscale(0.25)])
    return v2.Compose([v2.Resize((side, side)), light, v2.RandomHorizontalFlip(0.25), v2.RandomRotation(25)])


def _coco_views(side: int) -> nn.Module:
    return v2.Compose([v2.Resize((side, side)), Cutout(), v2.RandAugment()])


@dataclass(frozen=True)
class Preset:
    """How one of the two is trained."""

    imagenet: WeightsEnum
    views: Callable[[int], nn.Module]  # what it sees of a Pillow picture
    photos: Callable[[Path], list[Photo]]
    batch: int
    rate: float = 1.5e-4
    bias_rate: float = 5e-2


PRESETS = {
    "inception_v3-voc": Preset(
        Inception_V3_Weights.IMAGENET1K_V1, _voc_views, lambda root: voc(root, 2012, "train"), 64
    ),
    "resnet50-coco": Preset(ResNet50_Weights.IMAGENET1K_V1, _coco_views, lambda root: coco(root, "train"), 128),
}


class Views(Dataset[tuple[Tensor, Tensor] | str]):
    """A random view (3,side,side) in [0,1] of each photo, with its labels (m,), or why there is none."""

    def __init__(self, photos: Sequence[Photo], views: nn.Module, columns: list[int]) -> None:
        self.photos, self.columns = photos, columns
        self.views = v2.Compose([views, v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True)])

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor] | str:
        photo = self.photos[index]
        try:
            image = opened(photo)
        except Unreadable as error:
            return str(error)
        return self.views(image), torch.from_numpy(photo.labels[self.columns] == 1).float()


def start(name: str, init: str) -> nn.Module:
    """The network with a fresh last layer. init: "imagenet" (torchvision fetches its weights), a file of them, or "random"."""
    network = NETWORKS[name].build_network()
    if init == "random":
        return network
    try:
        published = (
            PRESETS[name].imagenet.get_state_dict(progress=True, check_hash=True) if init == "imagenet" else None
        )
    except OSError as error:
        raise ValueError(
            f"torchvision's weights cannot be fetched here ({error}). Where there is a network, fetch "
            f"{PRESETS[name].imagenet.url} and name the file with --init."
        ) from error
    state = dict(published) if published is not None else read(Path(init))
    head = {key: value for key, value in network.state_dict().items() if key.startswith("fc.")}
    fill(network, {key: value for key, value in state.items() if not key.startswith("fc.")} | head, init)
    return network


def optimizer_of(network: nn.Module, preset: Preset) -> torch.optim.Adam:
    """Adam with two rates: the authors' code gives the fast one to the last parameter alone, the bias of the last layer."""
    *others, bias = network.parameters()
    return torch.optim.Adam([{"params": others, "lr": preset.rate}, {"params": [bias], "lr": preset.bias_rate}])


def train(
    name: str, network: nn.Module, photos: Sequence[Photo], epochs: int = EPOCHS, batch: int | None = None,
    device: str = "cpu", workers: int = 0, checkpoint: Path | None = None,
) -> list[float]:  # fmt: skip
    """Train in place; returns the mean loss of a photo in each epoch. An existing checkpoint is gone on from."""
    preset, paper = PRESETS[name], NETWORKS[name]
    data = Views(photos, preset.views(paper.input_size.short), label_indices(paper.labels, COCO80))
    batch = batch or preset.batch
    if len(photos) < batch:
        raise ValueError(f"{len(photos)} photos make no batch of {batch}; give more of them, or a smaller batch.")
    loader = DataLoader(data, batch, shuffle=True, drop_last=True, num_workers=workers, collate_fn=collate)
    optimizer = optimizer_of(network.to(device), preset)
    broken: set[str] = set()
    peaks, losses, first = [group["lr"] for group in optimizer.param_groups], [], 0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        losses, first = state["losses"], len(state["losses"])
    seen = Normalized(network, MEAN, STD).to(device)
    for epoch in range(first, epochs):
        seen.train()
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * (1 + math.cos(math.pi * epoch / EPOCHS)) / 2
        total, count = 0.0, 0
        for x, labels in readable(loader, broken, lambda why: print(why, file=sys.stderr, flush=True)):
            loss = nn.functional.binary_cross_entropy_with_logits(
                seen(x.to(device)), labels.to(device), reduction="sum"
            )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total, count = total + loss.item(), count + len(x)
        losses.append(total / count)
        print(f"epoch {epoch + 1}/{epochs}: loss {losses[-1]:.3f} a photo", flush=True)
        if checkpoint:
            fresh = checkpoint.with_suffix(".new")
            torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "losses": losses}, fresh)
            fresh.replace(checkpoint)  # so that an interruption never leaves half a file
    if broken:
        print(f"photos left out as unreadable: {len(broken)}", flush=True)
    return losses


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m tkml_core.experiments.training.paper_networks", description=(__doc__ or "").split("\n")[0]
    )
    made.add_argument("annotator", choices=PRESETS)
    made.add_argument("--data", type=Path, required=True, help="the VOCdevkit folder, or the COCO folder")
    made.add_argument("--init", default="imagenet", help='"imagenet" (torchvision fetches them), a file, or "random"')
    made.add_argument("--weights", type=Path, help="file to write; default: where tk.load looks for it")
    made.add_argument("--epochs", type=int, default=EPOCHS)
    made.add_argument("--batch", type=int, help="default: the authors'")
    made.add_argument("--photos", type=int, help="only the first so many, to try it")
    made.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    made.add_argument("--workers", type=int, default=4, help="processes that load photos")
    made.add_argument("--seed", type=int, default=2019, help="default: the authors'")
    return made


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    torch.manual_seed(args.seed)
    weights = args.weights or entry_of(args.annotator).files[0]
    try:
        network, photos = start(args.annotator, args.init), PRESETS[args.annotator].photos(args.data)[: args.photos]
        weights.parent.mkdir(parents=True, exist_ok=True)
        checkpoint = weights.with_suffix(".checkpoint.pt")
        losses = train(
            args.annotator, network, photos, args.epochs, args.batch, args.device, args.workers, checkpoint
        )  # fmt: skip
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    notes = {
        "epochs": str(args.epochs),
        "photos": str(len(photos)),
        "init": plain_value(args.init),
        "loss": f"{losses[-1]:.3f}",
    }
    save_weights(network.cpu(), weights, notes)
    print(f"wrote {weights}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
