"""Makes the file that is shipped from a checkpoint: `python -m tkml_core.experiments.training.finish --help`.

The trained weights are averaged with those that training started from, which keeps what the start knew and the training
photos do not show (Wortsman et al., CVPR 2022); then norms are folded away and every label is calibrated on photos that
were held out.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tkml_core.experiments.training.batches import Packed, batch, by_shape
from tkml_core.experiments.training.held_out import calibrated, held_out, scores
from tkml_core.experiments.training.start import start
from tkml_core.labels import COCO80
from tkml_core.zoo.mobilenet import fold
from tkml_core.zoo.weights import save_weights
from tkml_core.zoo.yolox import YOLOXAnnotator

STATISTICS = 96  # photos that the start's batch norms get their statistics from


@torch.no_grad()
def between(start: nn.Module, trained: nn.Module, share: float) -> None:
    """Move `start` by `share` of the way to `trained`, weights and statistics alike, in place."""
    for a, b in zip(start.state_dict().values(), trained.state_dict().values(), strict=True):
        if a.is_floating_point():
            a.lerp_(b, share)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tkml_core.experiments.training.finish", description=__doc__)
    made.add_argument(
        "--packs", type=Path, nargs="+", required=True, help="files of tkml_core.experiments.training.pack"
    )
    made.add_argument("--trained", type=Path, required=True, help="checkpoint of tkml_core.experiments.training, .pt")
    made.add_argument(
        "--start", type=Path, help="yolox_nano.onnx or a .safetensors, to be averaged with; without it nothing is"
    )
    made.add_argument("--share", type=float, default=0.7, help="of the trained weights in the average")
    made.add_argument("--weights", type=Path, required=True, help="file to write, .safetensors")
    made.add_argument("--short", type=int, default=288, help="short side at which the annotator is calibrated")
    made.add_argument("--hold", type=int, default=12, help="every how manieth photo was held out")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--note", nargs="*", default=[], help="key=value, for the file's header")
    return made


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    data = Packed(args.packs, torch.device("cpu"), range(len(COCO80)), 0.5)
    learn, held = held_out(data, args.hold)
    network = YOLOXAnnotator(list(range(len(COCO80)))).eval()
    network.load_state_dict(torch.load(args.trained, weights_only=True)["average"])
    if args.start:
        rows = by_shape(data, learn)
        even = {shape: np.ones(len(some)) for shape, some in rows.items()}
        rng, generator = np.random.default_rng(args.seed), torch.Generator().manual_seed(args.seed)
        pixels = batch(data, rows, even, [256], STATISTICS, 0.6, 0.0, rng, generator)[0]
        trained, network = network, start(args.start, list(range(len(COCO80))), pixels)
        between(network, trained, args.share)
    network.eval()
    print(f"held out, short side {args.short}: mAP {scores(network, data, held, args.short)}", flush=True)
    fold(network)
    own = calibrated(network, data, held, args.short)
    save_weights(network, args.weights, dict(note.split("=", 1) for note in args.note), own)
    print(f"wrote {args.weights}")


if __name__ == "__main__":
    main()
