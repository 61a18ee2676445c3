"""What a step costs beside the bare network, images a second, peak memory: `python -m tkml_core.experiments.bench --help`.

One run on one annotator; a bare forward pass with its input gradient is timed between every two steps, so that ratios hold on
a busy machine too. Photos are those of scikit-image, turned and flipped until a batch is full: nothing else is needed.

Not to be used yet: ratios at batch 8 on a CPU, which come out below 1. The bare pass there is slower than it can be.
"""

import argparse
import platform
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from PIL import Image
from skimage import data
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.attack import Attack
from tkml_core.images import quantize

K = 3
T = TypeVar("T")
# Enough for a look; the others go to their own end.
SETTINGS: dict[str, dict[str, Any]] = {
    "BlackBox": {"max_steps": 400}, "CW^k": {"max_steps": 200}, "TkML-AP-Uv": {"epochs": 2}, "kUAPs": {"epochs": 2}
}  # fmt: skip


def batch(annotator: tk.Annotator, size: int) -> Tensor:
    """`size` different square photos (size,3,224,224)."""
    photos = [annotator.prepare(Image.fromarray(photo()), square=True) for photo in (data.astronaut, data.chelsea)]
    views = [photo.rot90(turns, (2, 3)) for turns in range(4) for photo in photos]
    views += [view.flip(3) for view in views]
    bright = [quantize((view * (1 - 0.03 * i)).clamp(0, 1)) for i in range(-(-size // len(views))) for view in views]
    return torch.cat(bright[:size]).contiguous(memory_format=torch.channels_last)


def timed(device: torch.device, work: Callable[..., T], *args: object) -> tuple[float, T]:
    """Seconds, with the device's queue empty before and after, and what `work(*args)` returned."""
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    wait()
    began = time.perf_counter()
    found = work(*args)
    wait()
    return time.perf_counter() - began, found


def bare(annotator: tk.Annotator, x: Tensor) -> None:
    """What no gradient attack can do without: one forward pass and one gradient by the input."""
    leaf = x.detach().requires_grad_()
    logits = annotator(leaf)
    torch.autograd.grad(logits, leaf, torch.ones_like(logits))


def step_ratio(annotator: tk.Annotator, attack: Attack, x: Tensor, steps: int) -> tuple[float, float]:
    """Median time of a step over that of the bare pass beside it, and the bare pass's median in seconds.

    Until an image is done: then fewer are in the batch. A universal attack takes its images one update at a time.
    """
    with torch.no_grad():
        logits = annotator(x)
        goal = tk.own_goal(attack, logits, tk.topk_mask(logits, 1), K, "worst")
    run = attack.steps(annotator, x, goal)
    step = next(run)
    ratios, floors = [], []
    for _ in range(steps):
        floor, _ = timed(annotator.device, bare, annotator, x[: len(step.x_adv)])
        try:
            seconds, step = timed(annotator.device, next, run)
        except StopIteration:
            break
        if bool(step.achieved.any()):  # what follows is the search on the 8-bit grid, and a smaller batch
            break
        ratios.append(seconds / floor)
        floors.append(floor)
    run.close()
    return (statistics.median(ratios), statistics.median(floors)) if ratios else (float("nan"), float("nan"))


def forget_peak(device: torch.device) -> None:
    """The high-water mark of memory starts again, where that can be done: on a GPU, and on Linux."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    elif Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory(device: torch.device) -> float:
    """MiB since then: allocated on a GPU; on a CPU the process's resident size, the network and libraries in it."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if platform.system() == "Darwin" else 1024)


def bench(annotator: tk.Annotator, names: list[str], sizes: list[int], steps: int) -> str:
    """Markdown: one row an attack and batch size."""
    lines = [
        "| attack | batch | bare pass, ms | step over bare | images a second, to the end | goal | peak MiB |",
        "| " + " | ".join(["---"] * 7) + " |",
    ]
    for name in names:
        attack = tk.ATTACKS[name](**SETTINGS.get(name, {}))
        for size in sizes:
            x = batch(annotator, size)
            bare(annotator, x)  # warm
            ratio, floor = step_ratio(annotator, attack, x, steps)
            with torch.no_grad():
                logits = annotator(x)
                goal = tk.own_goal(attack, logits, tk.topk_mask(logits, 1), K, "best")
            forget_peak(annotator.device)
            seconds, result = timed(annotator.device, attack, annotator, x, goal)
            lines.append(
                f"| {name} | {size} | {1000 * floor:.0f} | {ratio:.2f} | {size / seconds:.2f} | "
                f"{int(result.achieved.sum())}/{size} | {peak_memory(annotator.device):.0f} |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tkml_core.experiments.bench", description=__doc__)
    parser.add_argument("--annotator", default="voc20", choices=tk.available())
    parser.add_argument("--attacks", nargs="+", default=list(tk.ATTACKS), choices=list(tk.ATTACKS))
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--steps", type=int, default=30, help="timed for each ratio, at most")
    parser.add_argument("--device", default=None)
    parser.add_argument("--write", type=Path, help="also write the table as a page, such as assets/measured/bench.md")
    args = parser.parse_args(argv)
    annotator = tk.load(args.annotator, args.device)
    on = torch.cuda.get_device_name() if annotator.device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    title = f"{args.annotator}, 224 × 224, k = {K}, {on}, torch {torch.__version__}"
    print(title, flush=True)
    table = bench(annotator, args.attacks, args.batch, args.steps)
    if args.write:
        command = f"python -m tkml_core.experiments.bench --annotator {args.annotator} --write {args.write}"
        args.write.parent.mkdir(parents=True, exist_ok=True)
        args.write.write_text(f"# What a step costs\n\n{PAGE.format(title=title, command=command)}\n{table}\n")


PAGE = """{title}. Made by `{command}`.

Step over bare: median time of an update before the first success (worst targets where there are any), over one forward pass
with one input gradient of the same batch, timed in turn. kFool takes k + 1 gradients a step, BlackBox none. Images a second: a
whole run (best targets), grid search included, images that are done dropped from the batch; two epochs for the universal attacks.
"""


if __name__ == "__main__":
    main()
