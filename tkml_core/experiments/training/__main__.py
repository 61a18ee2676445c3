"""Trains the network of the bundled annotators from YOLOX-nano: `python -m tkml_core.experiments.training --help`.

Plain, or hardened (--radius): then it learns from photos that an adversary changes, see `adversary.py`.
"""

import argparse
from pathlib import Path

import torch

from tkml_core.experiments.training.loop import train
from tkml_core.zoo.weights import save_weights


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tkml_core.experiments.training", description=__doc__)
    made.add_argument(
        "--packs", type=Path, nargs="+", required=True, help="files of tkml_core.experiments.training.pack"
    )
    made.add_argument(
        "--start",
        type=Path,
        required=True,
        help="yolox_nano.onnx, a checkpoint of this command (.pt), or what it wrote",
    )
    made.add_argument("--weights", type=Path, required=True, help="file to write, .safetensors")
    made.add_argument("--steps", type=int, default=6000)
    made.add_argument("--batch", type=int, default=64)
    made.add_argument("--sizes", type=int, nargs="+", default=[224, 256, 288], help="short sides of the batches")
    made.add_argument("--short", type=int, default=288, help="short side at which the annotator is calibrated and used")
    made.add_argument("--lr", type=float, default=2e-4, help="peak rate of AdamW")
    made.add_argument("--decay", type=float, default=0.02, help="weight decay")
    made.add_argument("--blend", type=float, default=0.5, help="share of the soft score in a known label")
    made.add_argument("--rare", type=float, default=0.02, help="labels rarer than this share are drawn more often")
    made.add_argument("--least", type=float, default=0.6, help="smallest share of the photo's area in a crop")
    made.add_argument("--pairs", type=float, default=0.15, help="share of images that show two photos")
    made.add_argument("--average", type=float, default=0.999, help="decay of the exponential average")
    made.add_argument("--hold", type=int, default=12, help="every how manieth photo is held out")
    made.add_argument("--radius", type=float, default=0.0, help="hardened: largest ‖z‖₂ in [0,1] units (0: plain)")
    made.add_argument("--replays", type=int, default=4, help="hardened: steps for each batch, of both players")
    made.add_argument("--first", type=int, default=1500, help="photos from which labels' first scales are fitted")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    made.add_argument("--bfloat16", action="store_true", help="compute in bfloat16")
    made.add_argument("--show", type=int, default=500, help="steps between progress lines")
    made.add_argument("--skip", type=int, default=2, help="progress is measured on every how manieth held photo")
    return made


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    args.weights.parent.mkdir(parents=True, exist_ok=True)
    network, own, notes = train(args)
    settings = {name: str(value) for name, value in vars(args).items() if name not in ("packs", "start", "weights")}
    save_weights(network.cpu().float(), args.weights, settings | notes, own)
    print(f"wrote {args.weights}", flush=True)


if __name__ == "__main__":
    main()
