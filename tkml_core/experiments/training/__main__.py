"""Trains a bundled annotator from YOLOX-nano: `python -m tkml_core.experiments.training --help`.

Plain, or hardened: then each step learns from images that were first changed, within an L2 ball, so that the loss grows
(adversarial training, Madry et al., ICLR 2018, with the one or two steps of "fast" training, Wong et al., ICLR 2020).
"""

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from tkml_core.experiments.evaluate import average_precision
from tkml_core.experiments.photos import columns
from tkml_core.experiments.training.batches import Packed, batch
from tkml_core.experiments.training.calibration import expected_calibration_error, platt
from tkml_core.experiments.training.start import start
from tkml_core.images import each
from tkml_core.zoo.network import fold
from tkml_core.zoo.weights import save_weights
from tkml_core.zoo.yolox import YOLOXAnnotator


def loss_of(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Binary cross-entropy, summed over labels, mean over photos."""
    entropy = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (entropy * weight).sum(1).mean()


def worst_case(
    network: nn.Module, x: Tensor, target: Tensor, weight: Tensor, radius: float, steps: int
) -> Tensor:
    """x + z in [0,1] with ‖z‖₂ at most a random share of `radius` ([0,1] units), z by ascent of the loss."""
    network.eval()
    limit = radius * torch.rand(len(x), device=x.device).sqrt()
    z = torch.randn_like(x)
    z *= each(limit / z.flatten(1).norm(dim=1) / 2)
    for _ in range(steps):
        leaf = (x + z).clamp(0, 1).requires_grad_()
        with torch.autocast(x.device.type, torch.bfloat16, enabled=x.is_cuda):
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


def split(data: Packed, dataset: str, hold: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from and rows, of the annotator's own data set, that are held out: every `hold`-th photo."""
    held = np.arange(len(data.keys)) % hold == 0
    own = np.array([key.startswith(dataset) for key in data.keys])
    return np.flatnonzero(~held), np.flatnonzero(held & own)


def train(args: argparse.Namespace) -> tuple[YOLOXAnnotator, dict[str, str]]:
    torch.manual_seed(args.seed)
    torch.backends.cudnn.benchmark = True
    device = torch.device(args.device)
    names = columns(args.labels)
    data = Packed(args.packs, device, names, args.blend)
    learn, held = split(data, "voc" if args.labels == "voc20" else "coco", args.hold)
    print(f"{len(data.keys)} photos, {len(held)} held out for calibration", flush=True)
    rows = {s: learn[data.shape[learn] == s] for s in ("wide", "tall", "square")}
    rows = {shape: some for shape, some in rows.items() if len(some)}
    own = np.array([key.startswith("voc" if args.labels == "voc20" else "coco") for key in data.keys])
    chance = np.ones(len(data.keys))
    chance[learn] = data.chances(learn, args.rare)
    chance *= np.where(own, 1.0, args.others)
    chances = {shape: chance[some] for shape, some in rows.items()}
    rng, generator = np.random.default_rng(args.seed), torch.Generator(device).manual_seed(args.seed)

    def draw(count: int) -> tuple[Tensor, Tensor, Tensor]:
        return batch(data, rows, chances, args.sizes, count, args.least, args.pairs, rng, generator)

    network = start(args.start, names, draw(96)[0])
    some = rng.choice(learn[own[learn]], min(args.first, len(learn)), replace=False)
    scale, shift = platt(whole(network, data, some, 288), data.target[some], data.weight[some])
    network.scale.data *= scale
    network.context.bias.data += shift
    network = network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval()
    print(f"at the start: mAP {mean_ap(whole(network, data, held, 288), data.labels[held]):.3f}", flush=True)
    network.train()

    matrices = [p for n, p in network.named_parameters() if p.ndim > 1 and not n.startswith("context")]
    vectors = [p for n, p in network.named_parameters() if p.ndim == 1]
    groups = [
        {"params": matrices, "lr": args.lr, "weight_decay": args.decay},
        {"params": vectors, "lr": args.lr, "weight_decay": 0.0},
        {"params": [network.context.weight], "lr": args.lr, "weight_decay": args.decay},
    ]
    optimizer = torch.optim.AdamW(groups, fused=device.type == "cuda")
    began, running = time.time(), torch.zeros((), device=device)
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = args.lr * rate(step, args.steps)
        x, target, weight = draw(args.batch)
        if args.radius:
            x = worst_case(network, x, target, weight, args.radius * min(1, 3 * (step + 1) / args.steps), args.ascents)
        with torch.autocast(device.type, torch.bfloat16, enabled=args.bfloat16):
            logits = network(x.contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), target, weight)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        follow(average, network, step, args.average)
        running = loss.detach() if step == 0 else 0.98 * running + 0.02 * loss.detach()
        if (step + 1) % args.show == 0:
            elapsed = time.time() - began
            ap = mean_ap(whole(average, data, held[:: args.skip], 288), data.labels[held[:: args.skip]])
            print(f"{step + 1}/{args.steps}  loss {float(running):.3f}  mAP {ap:.3f}  {elapsed:.0f} s", flush=True)
    minutes = (time.time() - began) / 60

    for short in (224, 288, 320):
        print(f"held out, short side {short}: mAP {mean_ap(whole(average, data, held, short), data.labels[held]):.3f}")
    fold(average)
    # Calibrate on photos that were not learned from.
    logits = whole(average, data, held, args.short)
    truth, known = torch.from_numpy(data.labels[held]).to(device), torch.from_numpy(data.labels[held] >= 0).to(device)
    scale, shift = platt(logits, truth.clamp(min=0), known.float())
    before = expected_calibration_error(logits.sigmoid()[known], truth[known])
    after = expected_calibration_error((logits * scale + shift).sigmoid()[known], truth[known])
    print(f"expected calibration error {before:.4f}, after scaling (fitted on the same photos) {after:.4f}")
    average.scale.data *= scale
    average.context.weight.data *= scale[:, None]
    average.context.bias.data = average.context.bias.data * scale + shift
    device_name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    return average, {"minutes": f"{minutes:.1f}", "device": device_name, "photos": str(len(learn))}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tkml_core.experiments.training", description=__doc__)
    parser.add_argument("--packs", type=Path, nargs="+", required=True, help="files of tkml_core.experiments.training.pack")
    parser.add_argument("--start", type=Path, required=True, help="yolox_nano.onnx as published")
    parser.add_argument("--labels", choices=("voc20", "coco80"), required=True)
    parser.add_argument("--weights", type=Path, required=True, help="file to write, .safetensors")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--sizes", type=int, nargs="+", default=[224, 256, 288], help="short sides of the batches")
    parser.add_argument("--short", type=int, default=320, help="short side at which the annotator is calibrated and used")
    parser.add_argument("--lr", type=float, default=2e-4, help="peak rate of AdamW")
    parser.add_argument("--decay", type=float, default=0.02, help="weight decay")
    parser.add_argument("--blend", type=float, default=0.5, help="share of the soft score in a known label")
    parser.add_argument("--others", type=float, default=0.4, help="how often photos of the other data set are drawn")
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
    network, notes = train(args)
    settings = {name: str(value) for name, value in vars(args).items() if name not in ("packs", "start", "weights")}
    save_weights(network.cpu().float(), args.weights, settings | notes)
    print(f"wrote {args.weights}", flush=True)


if __name__ == "__main__":
    main()
