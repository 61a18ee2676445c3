"""Measures the shipped annotators on their measuring photos and writes `assets/weights/README.md` about them.

Everything is of the file as shipped (folded, float16), photos whole at short side 224.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

import tkml_core as tk
from tkml_core.experiments.datasets import IGNORED, columns, measuring
from tkml_core.zoo.mobilenet import WEIGHTS

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


def measure(name: str, voc: Path, coco: Path) -> tuple[list[str], list[str], float]:
    """Table rows of one annotator: the summary, one line a label, and mAP."""
    annotator = tk.load(name)
    photos = measuring(name, voc, coco)
    labels = np.stack([p.labels for p in photos])[:, columns(name)]
    logits = score(annotator, [p.path for p in photos])
    ap = [average_precision(logits[:, j].numpy(), labels[:, j]) for j in range(len(annotator.labels))]
    some = (labels == 1).any(1)
    true, ranked = torch.from_numpy(labels[some] == 1), logits[torch.from_numpy(some)]
    top1 = float(true.gather(1, tk.topk(ranked, 1)).float().mean())
    steady = [float(tk.consistent(ranked, true, k).float().mean()) for k in KS]
    mean = float(np.nanmean(ap))
    summary = [
        f"| `{name}` | {len(photos)} | {mean:.3f} | {top1:.3f} | " + " | ".join(f"{s:.1%}" for s in steady) + " |"
    ]
    per_label = [
        f"| {label} | {int((labels[:, j] == 1).sum())} | {'–' if np.isnan(ap[j]) else f'{ap[j]:.3f}'} |"
        for j, label in enumerate(annotator.labels)
    ]
    return summary, per_label, mean


PAGE = """# The annotators' weights

`mobilenet_v2_coco80.safetensors`: one MobileNetV2 (Sandler et al., CVPR 2018; torchvision's module) with 80 outputs,
batch norm folded into the convolutions, float16. `coco80` is all of it, `voc20` keeps its twenty outputs. Loaded in
float32, frozen.

## How it was made

```
{command}
```

Seed {seed}; {minutes} minutes on two CPU cores that were shared with other work. Trained on VOC 2007 and 2012 train and
val, COCO train2017, and COCO val2017 without its 500 largest ids: 6,836 photos, a part of each official set, with a short
side of 240 pixels. Started from ImageNet features (torchvision's MobileNetV2 as in the public WebNN test data,
Apache-2.0); `--init imagenet` takes torchvision's own. VOC photos name twenty labels: for the other sixty the mean score
of two small public detectors stands in (`--soft`), which also softens the known labels a little; their scores and the
choice of photos are not part of this project, so only who has both gets the same network. Quality focal loss (Li et al.,
NeurIPS 2020); rare labels drawn more often; crops, mirror, colour jitter, collages of two photos; growing crops;
exponential average of the weights.

## What it does

`python -m tkml_core.experiments.evaluate --voc VOCdevkit --coco coco --write` measured this file, and wrote this page, on
photos it never saw, each whole at short side 224: for voc20 658 of VOC 2007 test, among which cars, cats, trains and buses
are far more frequent than in all of it, and for coco80 the 500 largest ids of COCO val2017. AP is the mean of the precision
at each positive. Top-1: share of photos whose best label is true. E = 1: one of the set of true labels and the top-k
contains the other (Eq. 1 of T_kML-AP).

| annotator | photos | mAP | top-1 precision | {ks} |
| --- | --- | --- | --- | {rules} |
{summary}

{tables}
"""


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tkml_core.experiments.evaluate", description=__doc__)
    parser.add_argument("--voc", type=Path, required=True, help="the VOCdevkit folder")
    parser.add_argument("--coco", type=Path, required=True, help="the COCO folder")
    parser.add_argument("--write", action="store_true", help="write README.md beside the weights")
    args = parser.parse_args(argv)
    summary, tables = [], []
    for name in tk.available():
        row, per_label, _ = measure(name, args.voc, args.coco)
        summary += row
        tables.append(f"### {name}\n\n| label | positives | AP |\n| --- | --- | --- |\n" + "\n".join(per_label))
    print("\n".join(summary))
    if args.write:
        with safe_open(WEIGHTS, "pt") as file:
            notes = file.metadata()
        page = PAGE.format(
            **notes,
            ks=" | ".join(f"E = 1, k = {k}" for k in KS),
            rules=" | ".join("---" for _ in KS),
            summary="\n".join(summary),
            tables="\n\n".join(tables),
        )
        (WEIGHTS.parent / "README.md").write_text(page)


if __name__ == "__main__":
    main()
