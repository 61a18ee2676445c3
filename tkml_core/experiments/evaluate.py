"""Measures the bundled annotators on photos they never saw and writes `assets/weights/README.md` about them.

Everything is of the files as shipped (folded, float16), each photo whole, prepared as the page prepares it.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

import tkml_core as tk
from tkml_core.experiments.command import add_photo_folders, naming_folders
from tkml_core.experiments.datasets import IGNORED, columns, measuring
from tkml_core.experiments.reliability import diagram
from tkml_core.experiments.training.calibration import expected_calibration_error
from tkml_core.zoo import registry
from tkml_core.zoo.weights import FOLDER

KS = (1, 3, 5, 10)


def average_precision(scores: np.ndarray, labels: np.ndarray) -> float:
    """Mean of the precision at each positive, not interpolated; photos whose label is ignored are left out. (n,), (n,)."""
    kept = labels != IGNORED
    order = np.argsort(-scores[kept], kind="stable")
    hits = labels[kept][order] == 1
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean()) if hits.any() else float("nan")


@torch.no_grad()
def score(annotator: tk.Annotator, paths: list[Path]) -> Tensor:
    """Logits (n,m) of photo files, each whole and alone."""
    rows = []
    for path in paths:
        rows.append(annotator(annotator.prepare(tk.open_photo(path))).cpu())
    return torch.cat(rows)


@dataclass(frozen=True)
class Measured:
    """How good one annotator is: AP (m,) with NaN where no photo has the label, and shares in [0,1]."""

    name: str
    labels: tuple[str, ...]
    photos: int
    positives: np.ndarray  # (m,)
    ap: np.ndarray  # (m,)
    top1: float
    consistent: tuple[float, ...]  # E = 1 at each of KS
    calibration_error: float
    probabilities: np.ndarray  # (n,) of every photo and label that is known
    truth: np.ndarray  # (n,) bool

    @property
    def mean_ap(self) -> float:
        return float(np.nanmean(self.ap))


def measure(name: str, voc: Path, coco: Path) -> Measured:
    """The annotator on the measuring photos of its data set."""
    annotator = tk.load(name)
    with naming_folders():
        photos = measuring(name, voc, coco)
    labels = np.stack([p.labels for p in photos])[:, columns(name)]
    logits = score(annotator, [p.path for p in photos])
    some = (labels == 1).any(1)
    true, ranked = torch.from_numpy(labels[some] == 1), logits[torch.from_numpy(some)]
    known = torch.from_numpy(labels >= 0)
    probabilities, truth = logits.sigmoid()[known], torch.from_numpy(labels == 1)[known]
    return Measured(
        name=name,
        labels=annotator.labels,
        photos=len(photos),
        positives=(labels == 1).sum(0),
        ap=np.array([average_precision(logits[:, j].numpy(), labels[:, j]) for j in range(labels.shape[1])]),
        top1=float(true.gather(1, tk.topk(ranked, 1)).float().mean()),
        consistent=tuple(float(tk.consistent(ranked, true, k).float().mean()) for k in KS),
        calibration_error=expected_calibration_error(probabilities, truth),
        probabilities=probabilities.numpy(),
        truth=truth.numpy(),
    )


def step_seconds(names: list[str], rounds: int = 15) -> dict[str, float]:
    """Median time of one forward pass and the gradient by the pixels, of a square of each annotator's short side.

    The annotators take turns, so that whatever else the machine does falls on all of them alike.
    """
    loaded = {name: tk.load(name) for name in names}
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, annotator in loaded.items():
            side = annotator.input_size.short
            x = torch.rand(1, 3, side, side, device=annotator.device).requires_grad_()
            began = time.perf_counter()
            torch.autograd.grad(annotator(x).amax(), x)
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(some[2:]) for name, some in times.items()}


def overview(measured: list[Measured], seconds: dict[str, float]) -> str:
    """One line an annotator."""
    lines = [
        "| annotator | network | labels | photos | mAP | top-1 | calibration error | "
        + " | ".join(f"E = 1, k = {k}" for k in KS)
        + " | size | short side | step |",
        "| --- " * (10 + len(KS)) + "|",
    ]
    for one in measured:
        entry = registry.entry_of(one.name)
        size = f"{sum(path.stat().st_size for path in entry.files) / 1e6:.1f} MB" if entry.files else "–"
        ratio = seconds[one.name] / seconds[registry.REFERENCE]
        lines.append(
            f"| `{one.name}` | {entry.source.split(' (')[0]} | {len(one.labels)} | {one.photos} | {one.mean_ap:.3f} | "
            f"{one.top1:.3f} | {one.calibration_error:.4f} | "
            + " | ".join(f"{share:.1%}" for share in one.consistent)
            + f" | {size} | {entry.input_size.short} | {ratio:.2f} |"
        )
    return "\n".join(lines)


def by_label(one: Measured) -> str:
    """AP of every label, in a fold of the page."""
    rows = "\n".join(
        f"| {label} | {int(count)} | {'–' if np.isnan(ap) else f'{ap:.3f}'} |"
        for label, count, ap in zip(one.labels, one.positives, one.ap, strict=True)
    )
    return f"### {one.name}\n\n| label | positives | AP |\n| --- | --- | --- |\n{rows}"


def notes_of(path: Path) -> str:
    """What the file says of its making, one line a setting."""
    with safe_open(path, "pt") as file:
        notes = file.metadata() or {}
    return "\n".join(f"- {key}: {value}" for key, value in sorted(notes.items()))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tkml_core.experiments.evaluate", description=__doc__)
    add_photo_folders(made)
    made.add_argument("--annotators", nargs="+", help="which, if not all that are available")
    made.add_argument("--write", action="store_true", help="write README.md and reliability.svg beside the weights")
    return made


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    names = args.annotators or list(tk.available())
    measured = []
    for name in names:
        measured.append(measure(name, args.voc, args.coco))
        print(
            f"{name}: mAP {measured[-1].mean_ap:.3f}, calibration error {measured[-1].calibration_error:.4f}",
            flush=True,
        )
    table = overview(measured, step_seconds([*{*names, registry.REFERENCE}]))
    print(table)
    if args.write:
        page = (Path(__file__).parent / "evaluate.md").read_text()
        files = {path.name: path for name in names for path in registry.entry_of(name).files}
        for key, text in {
            "overview": table,
            "files": "\n\n".join(f"`{name}`\n\n{notes_of(path)}" for name, path in files.items()),
            "labels": "\n\n".join(by_label(one) for one in measured),
        }.items():
            page = page.replace(f"{{{key}}}", text)
        (FOLDER / "README.md").write_text(page)
        (FOLDER / "reliability.svg").write_text(diagram([(m.name, m.probabilities, m.truth) for m in measured]))


if __name__ == "__main__":
    main()
