"""The training's loop: plain, or hardened with photos that an adversary changes; a checkpoint holds all there is to resume."""

import argparse
import copy
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tkml_core.experiments.training.adversary import Adversary, loss_of
from tkml_core.experiments.training.batches import Packed, batch, by_shape
from tkml_core.experiments.training.calibration import platt
from tkml_core.experiments.training.held_out import calibrated, held_out, scores, whole
from tkml_core.experiments.training.schedule import follow, rate
from tkml_core.experiments.training.start import start
from tkml_core.labels import COCO80
from tkml_core.zoo.mobilenet import fold
from tkml_core.zoo.yolox import YOLOXAnnotator

Batch = tuple[Tensor, Tensor, Tensor]  # photos (B,3,H,W), targets and weights (B,m)


class Training:
    """The network, its running average and its optimizer, which a checkpoint holds."""

    def __init__(self, network: YOLOXAnnotator, args: argparse.Namespace) -> None:
        self.network, self.average = network, copy.deepcopy(network).eval()
        matrices = [p for p in network.parameters() if p.ndim > 1]
        vectors = [p for p in network.parameters() if p.ndim == 1]
        groups = [{"params": matrices, "weight_decay": args.decay}, {"params": vectors, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=args.lr, fused=args.device == "cuda")
        self.args = args
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

    def learn(self, x: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """One step down the loss of these images; returns it. The images' own gradient is left in them if they ask for it."""
        args = self.args
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = args.lr * rate(self.step, args.steps)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=args.bfloat16):
            logits = self.network(x.contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), target, weight)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        follow(self.average, self.network, self.step, args.average)
        self.step += 1
        return loss.detach()

    def learn_batch(self, photos: Batch) -> Tensor:
        """A step for the photos as they are, or `replays` steps while an adversary changes them."""
        x, target, weight = photos
        args = self.args
        if not args.radius:
            return self.learn(x, target, weight)
        # The ball grows over the first third, so that the network is not lost at once.
        adversary = Adversary(x, args.radius * min(1, 3 * (self.step + 1) / args.steps), args.replays)
        for _ in range(args.replays):
            leaf = adversary.leaf()
            loss = self.learn(leaf, target, weight)
            adversary.climb(leaf)
        return loss


def begin(args: argparse.Namespace, data: Packed, learn: np.ndarray, pixels: Tensor) -> YOLOXAnnotator:
    """The network that training starts from; pixels: photos whose statistics its batch norms get."""
    labels = list(range(len(COCO80)))
    if args.start.suffix == ".pt":
        network = YOLOXAnnotator(labels).to(pixels.device)
        network.load_state_dict(torch.load(args.start, weights_only=True, map_location=pixels.device)["average"])
        return network
    network = start(args.start, labels, pixels)
    if args.start.suffix == ".onnx":  # a detector's scores are no probabilities yet
        some = np.random.default_rng(args.seed).choice(learn, min(args.first, len(learn)), replace=False)
        scale, shift = platt(whole(network, data, some, args.sizes[-1]), data.target[some], data.weight[some])
        network.scale.data *= scale
        network.context.bias.data += shift
    return network


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

    def draw(step: int, count: int) -> Batch:
        """A batch that is a function of seed and step, so that a resumed run draws the same."""
        rng = np.random.default_rng((args.seed, step))
        generator = torch.Generator(device).manual_seed(int(rng.integers(2**31)))
        return batch(data, rows, chances, args.sizes, count, args.least, args.pairs, rng, generator)

    network = begin(args, data, learn, draw(10**9, 96)[0])
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    state = Training(network, args)
    checkpoint = args.weights.with_suffix(".pt")
    if checkpoint.exists():
        state.load(checkpoint)
    print(f"from step {state.step}: mAP {scores(state.average, data, held, args.sizes[-1], args.skip)}", flush=True)

    began, running = time.time() - state.seconds, torch.zeros((), device=device)
    shown = state.step
    while state.step < args.steps:
        loss = state.learn_batch(draw(state.step, args.batch))
        running = loss if not running else 0.98 * running + 0.02 * loss
        state.seconds = time.time() - began
        if state.step - shown >= args.show or state.step >= args.steps:
            shown = state.step
            state.save(checkpoint)
            ap = scores(state.average, data, held, args.sizes[-1], args.skip)
            print(f"{state.step}/{args.steps}  loss {float(running):.3f}  mAP {ap}  {state.seconds:.0f} s", flush=True)

    print(f"held out, short side {args.short}: mAP {scores(state.average, data, held, args.short)}", flush=True)
    fold(state.average)
    own = calibrated(state.average, data, held, args.short)
    device_name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    notes = {"minutes": f"{state.seconds / 60:.0f}", "device": device_name, "photos": str(len(learn))}
    return state.average, own, notes
