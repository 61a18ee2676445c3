"""Trains the MobileNetV2 of two annotators: `python -m tkml_core.experiments.training.mobilenet --help`.

One MobileNetV2 with 80 outputs learns from VOC and COCO photos together: `crops.py` makes what it sees of them,
`pretrained.py` what it starts from.
"""

import argparse
import copy
import time
from pathlib import Path
from typing import cast
from warnings import warn

import torch
from torch import Tensor, nn

from tkml_core.experiments.command import add_shared_options, naming_folders, plain_command
from tkml_core.experiments.datasets import training
from tkml_core.experiments.training.mobilenet.crops import Crops, batches
from tkml_core.experiments.training.mobilenet.pretrained import start_network
from tkml_core.experiments.training.schedule import follow, rate
from tkml_core.experiments.training.soft_labels import soft_scores
from tkml_core.zoo import mobilenet
from tkml_core.zoo.registry import chosen_device
from tkml_core.zoo.weights import save_weights


def loss_of(logits: Tensor, target: Tensor, weight: Tensor, focus: float) -> Tensor:
    """Binary cross-entropy times |target − p|^focus: the quality focal loss (Li et al., NeurIPS 2020).

    Its minimum stays at p = target, also for soft targets, while easy labels (nearly all of the eighty) weigh less.
    `focus` = 0 is plain cross-entropy. Mean over photos of the sum over labels.
    """
    entropy = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    surprise = (logits.sigmoid().detach() - target).abs() ** focus
    return (entropy * surprise * weight).sum(1).mean()


def train(args: argparse.Namespace) -> tuple[nn.Module, float]:
    """Runs, or resumes, the training; returns the averaged network (not folded) and the minutes spent on it."""
    torch.manual_seed(args.seed)
    device = chosen_device(args.device)
    with naming_folders():
        photos = training(args.voc, args.coco)
    crops = Crops(photos, soft_scores(args.soft, photos) if args.soft else None, args)

    net = start_network(args.init, photos).to(device).to(memory_format=torch.channels_last)
    average = copy.deepcopy(net).eval()
    head = list(cast(nn.Module, net.classifier).parameters())
    features = list(cast(nn.Module, net.features).parameters())
    matrices, vectors = [p for p in features if p.ndim > 1], [p for p in features if p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [
            {"params": matrices, "lr": args.lr, "weight_decay": args.decay},
            {"params": vectors, "lr": args.lr, "weight_decay": 0.0},
            {"params": head, "lr": args.lr * 4, "weight_decay": args.decay},
        ]
    )
    peaks = [group["lr"] for group in optimizer.param_groups]
    per_epoch = len(photos) // args.batch
    total = per_epoch * args.epochs
    if not total:
        raise SystemExit(
            f"{len(photos)} photos and --batch {args.batch} make no step; give more photos or a smaller --batch."
        )
    step, spent = 0, 0.0
    checkpoint = args.out / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["spent"]
        print(f"resumed at step {step} of {total}", flush=True)
    normal = mobilenet.Normalized(nn.Identity()).to(device)
    broken: set[str] = set()

    def save() -> None:
        state = {"net": net.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict()}
        fresh = checkpoint.with_suffix(".new")
        torch.save(state | {"step": step, "spent": spent + time.time() - began}, fresh)
        fresh.replace(checkpoint)  # so that an interruption never leaves half a file

    began, shown, running = time.time(), time.time(), 0.0
    while step < total:
        epoch, start = divmod(step, per_epoch)
        net.train()
        for pixels, target, weight in batches(crops, args, epoch, start * args.batch, broken, warn):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * rate(step, total)
            x = normal(pixels.to(device).float().div(255)).contiguous(memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=args.bfloat16):
                logits = net(x)
            loss = loss_of(logits.float(), target.to(device), weight.to(device), args.focus)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            follow(average, net, step, args.average)
            step += 1
            running = loss.item() if step == 1 else 0.98 * running + 0.02 * loss.item()
            if time.time() - shown > args.show:
                shown, elapsed = time.time(), spent + time.time() - began
                left = (total - step) * elapsed / step
                print(
                    f"epoch {step / per_epoch:5.2f}/{args.epochs}  {crops.size} px  loss {running:.3f}  "
                    f"{step * args.batch / elapsed:.0f} photos/s  {elapsed / 60:.1f} min, {left / 60:.1f} to go",
                    flush=True,
                )
                save()
    if time.time() - began > 1:
        save()
    if broken:
        print(f"photos left out as unreadable: {len(broken)}", flush=True)
    return average, (spent + time.time() - began) / 60


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tkml_core.experiments.training.mobilenet", description=__doc__)
    add_shared_options(made)
    made.add_argument("--soft", type=Path, help="npz with scores (n,d,80), ids, classes: soft labels for the unknown")
    made.add_argument("--init", default="imagenet", help='"imagenet" (torchvision downloads it) or a state file')
    made.add_argument("--out", type=Path, default=Path("runs/train"), help="checkpoints; an existing one is resumed")
    made.add_argument("--weights", type=Path, default=Path("assets/weights/mobilenet_v2_coco80.safetensors"))
    made.add_argument("--epochs", type=int, default=8)
    made.add_argument("--batch", type=int, default=32)
    made.add_argument("--sizes", type=int, nargs="+", default=[176, 192, 208], help="side of the crops, growing")
    made.add_argument(
        "--lr", type=float, default=4e-4, help="peak rate of the features; the head learns 4 times as fast"
    )
    made.add_argument("--decay", type=float, default=0.05, help="weight decay")
    made.add_argument("--focus", type=float, default=0.0, help="exponent that quiets easy labels (0: plain BCE)")
    made.add_argument("--blend", type=float, default=0.5, help="share of the soft score in a known label")
    made.add_argument("--unknown", type=float, default=0.7, help="weight of the labels that only detectors know")
    made.add_argument(
        "--rare", type=float, default=0.0, help="labels rarer than this share are drawn more often (0: none)"
    )
    made.add_argument("--crop", type=float, default=0.3, help="smallest share of the photo's area in a crop")
    made.add_argument("--collage", type=float, default=0.3, help="share of crops made of two photos")
    made.add_argument("--average", type=float, default=0.998, help="decay of the exponential average")
    made.add_argument("--workers", type=int, default=1, help="processes that load photos")
    made.add_argument("--bfloat16", action="store_true", help="compute in bfloat16 where the processor is quick at it")
    made.add_argument("--show", type=float, default=30, help="seconds between progress lines and checkpoints")
    return made


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    average, minutes = train(args)
    notes = {"command": plain_command(args, parser()), "seed": str(args.seed), "minutes": f"{minutes:.0f}"}
    save_weights(mobilenet.fold(average.cpu().float()), args.weights, notes)
    print(f"wrote {args.weights}")


if __name__ == "__main__":
    main()
