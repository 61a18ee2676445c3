"""Which targets are easy? What MinNorm needs to make each other label the best one, on photos of each true label.

    python -m tkml_core.experiments.easy_targets --data DATA --annotator voc20 --photos 3 --minutes 15 --out runs/easy

DATA has VOCdevkit and coco in it. Measures photos on which the true label leads, label by label in turn, and writes a line of
JSON for each photo and target as it is made. Kill it when you like: the same command goes on. At the end, and with --table at
any time, it writes easy_targets.csv, a row for each true label and target: the median ‖z‖₂, how often the training photos show
both, and how far the labels' weights in the last layer are apart; and easy_targets_correlations.csv, Spearman's ρ of the first
with the others, with the p of Mantel's test.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import tkml_core as tk
from tkml_core.experiments import datasets
from tkml_core.experiments.measured_photos import Row, photo_row, shuffled
from tkml_core.experiments.results import replace_text, write
from tkml_core.measured import easy_targets, lines
from tkml_core.zoo import DEFAULT
from tkml_core.zoo.yolox import YOLOXAnnotator

CSV, CORRELATIONS = "easy_targets.csv", "easy_targets_correlations.csv"
ATTACK = tk.MinNorm.preview()
PERMUTATIONS = 9999


def last_layer(annotator: tk.Annotator) -> Tensor | None:
    """Each label's weights in the last layer (m,d), all levels of YOLOX's side by side; None for a network of another kind."""
    network = annotator.module
    if isinstance(network, YOLOXAnnotator):
        levels = [level.classes.weight.flatten(1)[network.class_of] for level in network.detector.levels]  # type: ignore[union-attr, operator]
        return torch.cat(levels, 1)
    linear = [module for module in network.modules() if isinstance(module, nn.Linear)]
    return linear[-1].weight if linear and linear[-1].out_features == len(annotator.labels) else None


def apart(annotator: tk.Annotator) -> np.ndarray:
    """How far the labels' weights in the last layer are apart (m,m); nan for a network that has none of a kind that is known."""
    weights, m = last_layer(annotator), len(annotator.labels)
    if weights is None:
        return np.full((m, m), nan)
    found: np.ndarray = torch.cdist(weights[None].double(), weights[None].double())[0].detach().cpu().numpy()
    return found


def together(photos: Sequence[datasets.Photo], name: str) -> np.ndarray:
    """The share of the photos with label i that show label j, too (m,m); nan where no photo shows i."""
    shown = np.array([photo.labels[datasets.columns(name)] == 1 for photo in photos], dtype=float)
    with np.errstate(invalid="ignore"):
        found: np.ndarray = (shown.T @ shown) / shown.sum(0)[:, None]
    return found


def led_by(
    annotator: tk.Annotator, name: str, photos: Sequence[datasets.Photo], count: int
) -> Iterator[tuple[int, Row]]:
    """Photos with the label that leads on them, where it is true: `count` of each label at most, the labels in turn."""
    columns = datasets.columns(name)
    queues = {j: [p for p in photos if p.labels[columns][j] == 1] for j in range(len(annotator.labels))}
    for _ in range(count):
        for j in list(queues):
            row = _next_led_by(annotator, name, j, queues[j])
            if row is None:
                del queues[j]
            else:
                yield j, row


def _next_led_by(annotator: tk.Annotator, name: str, label: int, queue: list[datasets.Photo]) -> Row | None:
    while queue:
        row = photo_row(annotator, name, queue.pop(0))
        if int(row.logits.argmax()) == label:
            return row
    return None


def plant_each(annotator: tk.Annotator, name: str, true: int, row: Row) -> list[dict[str, Any]]:
    """A line for each label that is not true: one batch of copies of the photo, each with a target of its own."""
    targets = torch.nonzero(~(row.true | row.difficult))[:, 0]
    wanted = torch.zeros(len(targets), len(annotator.labels), dtype=torch.bool)
    wanted[torch.arange(len(targets)), targets] = True
    result = ATTACK(annotator, row.x.expand(len(targets), -1, -1, -1), tk.Targeted(targets=wanted, true=row.true[None]))
    return [
        {
            "annotator": name, "key": row.key, "true": annotator.labels[true], "target": annotator.labels[int(target)],
            "achieved": bool(result.achieved[i]), "norm": round(float(result.norm[i]), 3),
            "norm_float": round(float(result.norm_float[i]), 3),
        }
        for i, target in enumerate(targets)
    ]  # fmt: skip


def run(
    annotators: dict[str, tk.Annotator], photos: dict[str, list[datasets.Photo]], count: int, minutes: float, folder: Path,
    now: Callable[[], float] = time.monotonic,
) -> None:  # fmt: skip
    """Measure what has no line in the folder yet: `count` photos a label, no new one after so many minutes."""
    done = {(row["annotator"], row["key"], row["true"]) for row in lines.read(folder)}
    end = now() + 60 * minutes
    for name, annotator in annotators.items():
        for true, row in led_by(annotator, name, photos[name], count):
            if (name, row.key, annotator.labels[true]) in done:
                continue
            if now() >= end:
                break
            began = time.perf_counter()
            write(folder / "lines0.jsonl", plant_each(annotator, name, true, row))
            print(f"{name}, {annotator.labels[true]}, {row.key}: {time.perf_counter() - began:.0f} s", flush=True)


def _beside(
    pair: easy_targets.Pair, annotator: tk.Annotator, together: np.ndarray, weights: np.ndarray
) -> easy_targets.Pair:
    """The pair with its entries of the two matrices (m,m)."""
    at = annotator.index(pair.true), annotator.index(pair.target)
    return replace(pair, together=float(together[at]), weights=float(weights[at]))


def conclude(annotators: dict[str, tk.Annotator], seen: dict[str, list[datasets.Photo]], folder: Path) -> str:
    """Write both CSVs; returns what they say in words. seen: the photos in which labels stand together."""
    pairs = easy_targets.medians(lines.read(folder))
    found: list[easy_targets.Correlation] = []
    for name, annotator in annotators.items():
        beside = {"together": together(seen[name], name), "weights": apart(annotator)}
        pairs = [_beside(pair, annotator, **beside) if pair.annotator == name else pair for pair in pairs]
        norms = easy_targets.norms_of([pair for pair in pairs if pair.annotator == name], annotator.labels)
        for respect, of in beside.items():
            rho, count, p = easy_targets.mantel(norms, of, PERMUTATIONS)
            if not isnan(rho):
                found.append(easy_targets.Correlation(name, respect, rho, count, p, PERMUTATIONS))
    replace_text(folder / CSV, easy_targets.to_csv(easy_targets.with_places(pairs)))
    replace_text(folder / CORRELATIONS, easy_targets.to_csv(found))
    said = [f"{one.annotator}: Spearman's ρ of the median ‖z‖₂ with {one.respect} {one}" for one in found]
    for name in annotators:
        said.append(f"{name}: {easy_targets.easiest_words([pair for pair in pairs if pair.annotator == name])}")
    return "\n".join(said)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m tkml_core.experiments.easy_targets", description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )  # fmt: skip
    made.add_argument("--data", type=Path, required=True, help="a folder with VOCdevkit and coco in it")
    made.add_argument("--annotator", nargs="+", default=[DEFAULT], choices=tk.available())
    made.add_argument("--photos", type=int, default=3, help="for each true label, at most")
    made.add_argument("--minutes", type=float, default=float("inf"), help="begin no new photo after so many")
    made.add_argument("--seed", type=int, default=0, help="of the order of photos")
    made.add_argument("--out", type=Path, default=Path("runs/easy_targets"))
    made.add_argument("--table", action="store_true", help="only write the CSV of the lines that are there")
    return made


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    voc, coco = datasets.roots(args.data)
    annotators = {name: tk.load(name) for name in args.annotator}
    if not args.table:
        photos = {
            name: shuffled(datasets.known(datasets.measuring(name, voc, coco), name), name, args.seed)
            for name in annotators
        }
        run(annotators, photos, args.photos, args.minutes, args.out)
    trained = datasets.training(voc, coco)
    print(conclude(annotators, {name: datasets.known(trained, name) for name in annotators}, args.out))


if __name__ == "__main__":
    main()
