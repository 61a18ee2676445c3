"""Trains the network of the bundled annotators from YOLOX-nano: `python -m tkml_core.experiments.training --help`.

Plain, or hardened: then each step learns from images that were first changed, within an L2 ball, so that the loss grows
(adversarial training, Madry et al., ICLR 2018, with the one or two steps of "fast" training, Wong et al., ICLR 2020).
"""

import argparse
import copy
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from tkml_core.experiments.datasets import columns
from tkml_core.experiments.evaluate import average_precision
from tkml_core.experiments.training.batches import Packed, batch, by_shape
from tkml_core.experiments.training.calibration import expected_calibration_error, platt
from tkml_core.experiments.training.start import start
from tkml_core.images import each
from tkml_core.labels import COCO80
from tkml_core.zoo.mobilenet import fold
from tkml_core.zoo.weights import save_weights
from tkml_core.zoo.yolox import YOLOXAnnotator


def loss_of(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Binary cross-entropy, summed over labels, mean over photos."""
    entropy = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (entropy * weight).sum(1).mean()


def worst_case(
    network: nn.Module, x: Tensor, target: Tensor, weight: Tensor, radius: float, steps: int, bfloat16: bool
) -> Tensor:
    """x + z in [0,1] with ‖z‖₂ at most a random share of `radius` ([0,1] units), z by ascent of the loss."""
    network.eval()
    limit = radius * torch.rand(len(x), device=x.device).sqrt()
    z = torch.randn_like(x)
    z *= each(limit / z.flatten(1).norm(dim=1) / 2)
    for _ in range(steps):
        leaf = (x + z).clamp(0, 1).requires_grad_()
        with torch.autocast(x.device.type, torch.bfloat16, enabled=bfloat16):
            logits = network(leaf)
        (g,) = torch.autograd.grad(loss_of(logits.float(), target, weight), leaf)
        z = leaf.detach() - x + g * each(1.5 * limit / steps / g.flatten(1).norm(dim=1).clamp(min=1e-12))
        z *= each((limit / z.flatten(1).norm(dim=1).clamp(min=1e-12)).clamp(max=1))
    network.train()
    return (x + z).clamp(0, 1)


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, step: int, decay: float) -> None:
    """Exponential average of weights and statistics; the start is shortened so that it forgets the first weights."""
    keep = min(decay, (1 + step) / (10 + step))
    pairs = zip(average.state_dict().values(), network.state_dict().values(), strict=True)
    old, new = zip(*((a, b) for a, b in pairs if a.is_floating_point()), strict=True)
    get_ema_multi_avg_fn(keep)(list(old), list(new), step)


def rate(step: int, total: int) -> float:
    """Warm-up over 4 % of the steps, then a cosine down to a hundredth."""
    warm = max(1, total // 25)
    if step < warm:
        return (step + 1) / warm
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))


@torch.no_grad()
def whole(network: nn.Module, data: Packed, rows: np.ndarray, short: int) -> Tensor:
    """Logits (n,m) of whole photos, scaled to the short side, the long one at most twice that."""
    network.eval()
    found = []
    for i in rows:
        width, height = (int(v) for v in data.sizes[i])
        scale = min(short / min(width, height), 2 * short / max(width, height))
        x = data.pixels[i : i + 1, :, :height, :width].float() / 255
        size = (round(height * scale), round(width * scale))
        found.append(network(nn.functional.interpolate(x, size, mode="bilinear", antialias=True)).float())
    return torch.cat(found)


def mean_ap(logits: Tensor, labels: np.ndarray) -> float:
    """Mean over labels of the average precision; unknown labels are left out like difficult ones."""
    scores = logits.cpu().numpy()
    known = np.where(labels < 0, -2, labels)
    return float(np.nanmean([average_precision(scores[:, j], known[:, j]) for j in range(scores.shape[1])]))


DATA_SETS = {"coco": "coco80", "voc": "voc20"}  # and the annotator that has the labels of each


def held_out(data: Packed, hold: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Rows to learn from, and of each data set the rows that are not: every `hold`-th photo."""
    held = np.arange(len(data.keys)) % hold == 0
    of = {name: np.array([key.startswith(name) for key in data.keys]) for name in DATA_SETS}
    return np.flatnonzero(~held), {name: np.flatnonzero(held & own) for name, own in of.items()}


def scores(network: nn.Module, data: Packed, held: dict[str, np.ndarray], short: int, skip: int = 1) -> str:
    """mAP of each annotator on held out photos, as a text."""
    found = []
    for name, rows in held.items():
        own = columns(DATA_SETS[name])
        logits = whole(network, data, rows[::skip], short)[:, own]
        found.append(f"{name} {mean_ap(logits, data.labels[rows[::skip]][:, own]):.3f}")
    return ", ".join(found)


@torch.no_grad()
def calibrated(network: YOLOXAnnotator, data: Packed, held: dict[str, np.ndarray], short: int) -> dict[str, Tensor]:
    """Scale the network's labels so that probabilities hold on COCO's photos; returns voc20's own scale and shift."""
    own: dict[str, Tensor] = {}
    for name, rows in held.items():
        logits = whole(network, data, rows, short)[:, columns(DATA_SETS[name])]
        labels = torch.from_numpy(data.labels[rows][:, columns(DATA_SETS[name])]).to(logits.device)
        known = labels >= 0
        scale, shift = platt(logits, labels.clamp(min=0), known.float())
        before = expected_calibration_error(logits.sigmoid()[known], labels[known])
        after = expected_calibration_error((logits * scale + shift).sigmoid()[known], labels[known])
        print(f"{name}: expected calibration error {before:.4f}, scaled {after:.4f} (fitted on the same photos)")
        own[f"{name}.scale"], own[f"{name}.shift"] = scale.cpu(), shift.cpu()
    return own


class Training:
    """The network, its running average and its optimizer, which a checkpoint holds."""

    def __init__(self, network: YOLOXAnnotator, args: argparse.Namespace) -> None:
        self.network, self.average = network, copy.deepcopy(network).eval()
        matrices = [p for p in network.parameters() if p.ndim > 1]
        vectors = [p for p in network.parameters() if p.ndim == 1]
        groups = [{"params": matrices, "weight_decay": args.decay}, {"params": vectors, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=args.lr, fused=args.device == "cuda")
        self.step, self.seconds = 0, 0.0

    def save(self, path: Path) -> None:
        state: dict[str, Any] = {"network": self.network.state_dict(), "average": self.average.state_dict()}
        state |= {"optimizer": self.optimizer.state_dict(), "step": self.step, "seconds": self.seconds}
        fresh = path.with_suffix(".new")
        torch.save(state, fresh)
        fresh.replace(path)  # so that an interruption never leaves half a file

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]


def train(args: argparse.Namespace) -> tuple[YOLOXAnnotator, dict[str, Tensor], dict[str, str]]:
    """Run, or go on with, the training: the averaged network, folded; the scales of its labels; what there is to note."""
    torch.manual_seed(args.seed)
    torch.backends.cudnn.benchmark = True
    device = torch.device(args.device)
    data = Packed(args.packs, device, range(len(COCO80)), args.blend)
    learn, held = held_out(data, args.hold)
    rows = by_shape(data, learn)
    chance = np.ones(len(data.keys))
    chance[learn] = data.chances(learn, args.rare)
    chances = {shape: chance[some] for shape, some in rows.items()}
    print(f"{len(data.keys)} photos, held out: " + ", ".join(f"{n} {len(r)}" for n, r in held.items()), flush=True)

    def draw(step: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """A batch that is a function of seed and step, so that a resumed run draws the same."""
        rng = np.random.default_rng((args.seed, step))
        generator = torch.Generator(device).manual_seed(int(rng.integers(2**31)))
        return batch(data, rows, chances, args.sizes, count, args.least, args.pairs, rng, generator)

    if args.start.suffix == ".pt":
        network = YOLOXAnnotator(list(range(len(COCO80)))).to(device)
        network.load_state_dict(torch.load(args.start, weights_only=True, map_location=device)["average"])
    else:
        network = start(args.start, list(range(len(COCO80))), draw(10**9, 96)[0])
        some = np.random.default_rng(args.seed).choice(learn, min(args.first, len(learn)), replace=False)
        scale, shift = platt(whole(network, data, some, args.sizes[-1]), data.target[some], data.weight[some])
        network.scale.data *= scale
        network.context.bias.data += shift
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    state = Training(network, args)
    checkpoint = args.weights.with_suffix(".pt")
    if checkpoint.exists():
        state.load(checkpoint)
    print(f"from step {state.step}: mAP {scores(state.average, data, held, args.sizes[-1], args.skip)}", flush=True)

    began, running = time.time() - state.seconds, torch.zeros((), device=device)
    while state.step < args.steps:
        network.train()
        for group in state.optimizer.param_groups:
            group["lr"] = args.lr * rate(state.step, args.steps)
        x, target, weight = draw(state.step, args.batch)
        if args.radius:
            grown = min(1, 3 * (state.step + 1) / args.steps)
            x = worst_case(network, x, target, weight, args.radius * grown, args.ascents, args.bfloat16)
        with torch.autocast(device.type, torch.bfloat16, enabled=args.bfloat16):
            logits = network(x.contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), target, weight)
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        state.optimizer.step()
        follow(state.average, network, state.step, args.average)
        running = loss.detach() if not running else 0.98 * running + 0.02 * loss.detach()
        state.step, state.seconds = state.step + 1, time.time() - began
        if state.step % args.show == 0:
            state.save(checkpoint)
            ap = scores(state.average, data, held, args.sizes[-1], args.skip)
            print(f"{state.step}/{args.steps}  loss {float(running):.3f}  mAP {ap}  {state.seconds:.0f} s", flush=True)

    for short in (224, 288, 320):
        print(f"held out, short side {short}: mAP {scores(state.average, data, held, short)}", flush=True)
    fold(state.average)
    own = calibrated(state.average, data, held, args.short)
    device_name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    notes = {"minutes": f"{state.seconds / 60:.0f}", "device": device_name, "photos": str(len(learn))}
    return state.average, own, notes


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tkml_core.experiments.training", description=__doc__)
    parser.add_argument(
        "--packs", type=Path, nargs="+", required=True, help="files of tkml_core.experiments.training.pack"
    )
    parser.add_argument(
        "--start", type=Path, required=True, help="yolox_nano.onnx, or a checkpoint of this command (.pt)"
    )
    parser.add_argument("--weights", type=Path, required=True, help="file to write, .safetensors")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--sizes", type=int, nargs="+", default=[224, 256, 288], help="short sides of the batches")
    parser.add_argument(
        "--short", type=int, default=320, help="short side at which the annotator is calibrated and used"
    )
    parser.add_argument("--lr", type=float, default=2e-4, help="peak rate of AdamW")
    parser.add_argument("--decay", type=float, default=0.02, help="weight decay")
    parser.add_argument("--blend", type=float, default=0.5, help="share of the soft score in a known label")
    parser.add_argument("--rare", type=float, default=0.02, help="labels rarer than this share are drawn more often")
    parser.add_argument("--least", type=float, default=0.6, help="smallest share of the photo's area in a crop")
    parser.add_argument("--pairs", type=float, default=0.15, help="share of images that show two photos")
    parser.add_argument("--average", type=float, default=0.999, help="decay of the exponential average")
    parser.add_argument("--hold", type=int, default=12, help="every how manieth photo is held out")
    parser.add_argument("--radius", type=float, default=0.0, help="hardened: largest ‖z‖₂ in [0,1] units (0: plain)")
    parser.add_argument("--ascents", type=int, default=2, help="hardened: steps of the inner ascent")
    parser.add_argument("--first", type=int, default=1500, help="photos from which labels' first scales are fitted")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", action="store_true", help="compute in bfloat16")
    parser.add_argument("--show", type=int, default=500, help="steps between progress lines")
    parser.add_argument("--skip", type=int, default=2, help="progress is measured on every how manieth held photo")
    args = parser.parse_args(argv)
    args.weights.parent.mkdir(parents=True, exist_ok=True)
    network, own, notes = train(args)
    settings = {name: str(value) for name, value in vars(args).items() if name not in ("packs", "start", "weights")}
    save_weights(network.cpu().float(), args.weights, settings | notes, own)
    print(f"wrote {args.weights}", flush=True)


if __name__ == "__main__":
    main()
