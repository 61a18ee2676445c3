"""What a step costs beside the bare network, images a second, peak memory: `python -m tkml_core.experiments.bench --help`.

One run on one annotator; a bare forward pass with its input gradient is timed beside every step, so that ratios hold on
a busy machine too. Photos are those of scikit-image, turned and flipped until a batch is full: nothing else is needed.
"""

import argparse
import contextlib
import ctypes
import math
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

import torch
from PIL import Image
from skimage import data
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.common.base import Attack
from tkml_core.experiments.command import plain_command
from tkml_core.experiments.results import replace_text
from tkml_core.images import quantize
from tkml_core.measured.markdown import markdown
from tkml_core.zoo import DEFAULT

K, FAR = 3, 10
RUNS = 5  # at most, until the steps wanted are timed
WARM = 2  # of each run's, not timed: what comes first asks the system for memory
TOGETHER = {"cuda": 10}  # steps timed at once, so that a GPU works on while the host prepares the next; one on a CPU
A = TypeVar("A")
T = TypeVar("T")
# Enough for a look; the others go to their own end.
SETTINGS: dict[str, dict[str, Any]] = {
    "BlackBox": {"max_steps": 400}, "CW^k": {"max_steps": 200}, "QuadAttacK": {"max_steps": 200},
    "TkML-AP-Uv": {"epochs": 2}, "kUAPs": {"epochs": 2}
}  # fmt: skip
# Where a step's time is asked for, short ones, after which no image is done soon.
SLOW: dict[str, dict[str, Any]] = {
    "TkML-AP-U": {"step": 0.02}, "TkML-AP-T": {"step": 0.05}, "ML-AP": {"step": 0.05}, "TkML-AP-Uv": {"epochs": 20}
}  # fmt: skip


def batch(annotator: tk.Annotator, size: int) -> Tensor:
    """`size` different square photos (size,3,S,S), S the annotator's short side."""
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


def several(work: Callable[[A], T], on: A, times: int) -> T:
    """What the last of so many calls returned."""
    for _ in range(times):
        found = work(on)
    return found


def passes(annotator: tk.Annotator, x: Tensor) -> Generator[None, Tensor, None]:
    """What no gradient attack can do without, step by step: a gradient by the images, then a forward pass of the next.

    Like an attack it waits with a graph in its hands, so that its gradient frees the memory that its forward pass takes.
    (A function that does both and lets go of everything asks the system for fresh memory each time, which costs more
    than the loop that is to be measured: at batch 8 on a CPU it took twice as long.)
    """
    while True:
        leaf = x.detach().requires_grad_()
        logits = annotator(leaf)
        x = yield
        torch.autograd.grad(logits, leaf, torch.ones_like(logits))


def step_ratio(annotator: tk.Annotator, attack: Attack, x: Tensor, steps: int) -> tuple[float, float]:
    """Median time of a step over that of the bare passes on the same images beside it, and the latter's median in seconds.

    Until an image succeeds: then fewer are in the batch. A universal attack takes its images one update at a time.
    """
    together = TOGETHER.get(annotator.device.type, 1)
    blocks = max(1, steps // together)
    ratios: list[float] = []
    floors: list[float] = []
    for _ in range(RUNS):
        run = attack.steps(annotator, x, hard(attack, annotator, x))
        step = next(run)
        floor = passes(annotator, step.x_adv)
        next(floor)
        for index in range(WARM + blocks):
            bare, _ = timed(annotator.device, several, floor.send, step.x_adv, together)
            try:
                seconds, step = timed(annotator.device, several, next, run, together)
            except StopIteration:
                break
            if bool(step.achieved.any()):  # what follows is the search on the 8-bit grid, and a smaller batch
                break
            if index >= WARM:
                ratios.append(seconds / bare)
                floors.append(bare / together)
        run.close()
        floor.close()
        if len(ratios) >= blocks:
            break
    return (statistics.median(ratios), statistics.median(floors)) if ratios else (float("nan"), float("nan"))


@torch.no_grad()
def hard(attack: Attack, annotator: tk.Annotator, x: Tensor) -> tk.Goal:
    """The attack's own goal at k = 10 with the worst targets: one that is not met in a few steps."""
    logits = annotator(x)
    return tk.own_goal(attack, logits, tk.topk_mask(logits, 1), FAR, "worst")


@torch.no_grad()
def easy(attack: Attack, annotator: tk.Annotator, x: Tensor) -> tk.Goal:
    """The attack's own goal at k = 3 with the best targets."""
    logits = annotator(x)
    return tk.own_goal(attack, logits, tk.topk_mask(logits, 1), K, "best")


def forget_peak(device: torch.device) -> None:
    """The high-water mark of memory starts again, where that can be done: on a GPU, and on Linux.

    What was freed goes back to the system first: glibc may have been told to keep it.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    elif Path("/proc/self/clear_refs").exists():
        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
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
    rows = []
    for name in names:
        attack = tk.ATTACKS[name](**SETTINGS.get(name, {}))
        for size in sizes:
            x = batch(annotator, size)
            slow = tk.ATTACKS[name](**(SETTINGS.get(name, {}) | SLOW.get(name, {})))
            ratio, floor = step_ratio(annotator, slow, x, steps)
            forget_peak(annotator.device)
            seconds, result = timed(annotator.device, attack, annotator, x, easy(attack, annotator, x))
            timing = "– | –" if math.isnan(ratio) else f"{1000 * floor:.0f} | {ratio:.2f}"
            rows.append(
                f"{name} | {size} | {timing} | {size / seconds:.2f} | "
                f"{int(result.achieved.sum())}/{size} | {peak_memory(annotator.device):.0f}"
            )
            print(f"| {rows[-1]} |", flush=True)
    return markdown(
        "attack | batch | bare pass, ms | step over bare | images a second, to the end | goal | peak MiB", rows
    )


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tkml_core.experiments.bench", description=__doc__)
    made.add_argument("--annotator", default=DEFAULT, choices=tk.available())
    made.add_argument("--attacks", nargs="+", default=list(tk.ATTACKS), choices=list(tk.ATTACKS))
    made.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    made.add_argument("--steps", type=int, default=30, help="timed for each ratio, at most")
    made.add_argument("--device", default=None)
    made.add_argument("--write", type=Path, help="also write the table as a page, such as assets/measured/bench.md")
    return made


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    annotator = tk.load(args.annotator, args.device)
    on = torch.cuda.get_device_name() if annotator.device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    short = annotator.input_size.short
    title = f"{args.annotator}, {short} × {short}, {on}, torch {torch.__version__}"
    print(title, flush=True)
    table = bench(annotator, args.attacks, args.batch, args.steps)
    if args.write:
        # What glibc keeps of freed memory decides how much of a step is spent on asking the system for it again.
        kept = "".join(f"{name}={value} " for name, value in sorted(os.environ.items()) if name.startswith("MALLOC_"))
        command = kept + plain_command(args, parser())
        page = PAGE.format(title=title, command=command, far=FAR)
        replace_text(args.write, f"# What a step costs\n\n{page}\n{table}\n")


PAGE = """{title}. Made by `{command}`.

Step over bare: median time of an update before the first success (k = {far}, worst targets where there are any), over one
forward pass with one input gradient of the same images, timed in turn (on a GPU ten of each together, with no wait between
them). kFool takes k + 1 gradients a step, BlackBox none, kUAPs as many as kFool needs for one image; TkML-AP-Uv begins an epoch
every other update of 8 images, and measures them all then. –: too few updates before the first success to time. Images a
second: a whole run (k = 3, best targets), grid search included, images that are done dropped from the batch; two epochs for the
universal attacks.
"""


if __name__ == "__main__":
    main()
