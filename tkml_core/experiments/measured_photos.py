"""What several experiments share: photos cut square and annotated, a fair choice among them, and what came of attacks on them."""

import argparse
import random
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.base import Attack
from tkml_core.experiments.datasets import IGNORED, Photo, columns, measuring

CASES = ("untargeted", *tk.CASES)


class Row(NamedTuple):
    """A photo as an annotator sees it."""

    key: str
    x: Tensor  # (1,3,224,224)
    true: Tensor  # (m,) bool
    difficult: Tensor  # (m,) bool
    logits: Tensor  # (m,)

    def fits(self, k: int) -> bool:
        """Whether it is consistent at k, and has k labels that are not in it."""
        agrees = bool(tk.consistent(self.logits[None], self.true[None].to(self.logits.device), k)[0])
        return agrees and int((~(self.true | self.difficult)).sum()) >= k


def photo_row(annotator: tk.Annotator, name: str, photo: Photo) -> Row:
    """The photo's centre square and its scores."""
    labels = torch.from_numpy(photo.labels[columns(name)])
    x = annotator.prepare(tk.open_photo(photo.path), square=True)
    with torch.no_grad():
        return Row(photo.key, x, labels == 1, labels == IGNORED, annotator(x)[0])


def prepared(annotator: tk.Annotator, name: str, args: argparse.Namespace) -> list[Row]:
    """The measuring photos with a true label, in shuffled order."""
    photos = measuring(name, args.voc, args.coco)
    rows = [photo_row(annotator, name, photo) for photo in photos if (photo.labels[columns(name)] == 1).any()]
    random.Random(args.seed).shuffle(rows)
    return rows


def asked(case: str, k: int, rows: Sequence[Row], seed: int) -> tuple[Tensor, tk.Goal]:
    """The images (B,3,224,224) and their goal: "untargeted" is Cleared, the cases of `tk.CASES` are Targeted."""
    x, logits = torch.cat([row.x for row in rows]), torch.stack([row.logits for row in rows])
    true = torch.stack([row.true for row in rows]).to(x.device)
    difficult = torch.stack([row.difficult for row in rows]).to(x.device)
    if case == "untargeted":
        return x, tk.Cleared(true=true, k=k)
    # A photo's random targets must not depend on the batch that it happened to come in: its number is its seed.
    chosen = [
        tk.choose_targets(
            case, logits[i : i + 1], (true | difficult)[i : i + 1], k, seed + int("".join(filter(str.isdigit, row.key)))
        )
        for i, row in enumerate(rows)
    ]
    return x, tk.Targeted(targets=torch.cat(chosen), true=true)


def outcomes(
    annotator: tk.Annotator, attack: Attack, x: Tensor, goal: tk.Goal, rows: Sequence[Row]
) -> list[dict[str, Any]]:
    """Attack the images (B,3,H,W) in one batch; what came of each of the rows, as JSON values."""
    began = time.time()
    result = attack(annotator, x, goal)
    seconds = time.time() - began
    pixels = x.shape[2] * x.shape[3]
    return [
        {
            "key": row.key, "attack": repr(attack),
            "achieved": bool(result.achieved[i]), "consistent": bool(result.consistent[i]),
            "pert": float(result.norm[i]) / pixels, "pert_float": float(result.norm_float[i]) / pixels,
            "steps": int(result.steps[i]), "forwards": int(result.forwards[i]), "backwards": int(result.backwards[i]),
            "seconds": seconds / len(rows),
            "true_ranks_before": true_ranks(row.logits, row.true),
            "true_ranks": true_ranks(_alone(annotator, result.x_adv[i : i + 1]), row.true),
        }
        for i, row in enumerate(rows)
    ]  # fmt: skip


@torch.no_grad()
def _alone(annotator: tk.Annotator, image: Tensor) -> Tensor:
    return annotator(image)[0]


def true_ranks(logits: Tensor, true: Tensor) -> list[int]:
    """Ranks, best first, of the true labels (m,) at scores (m,)."""
    return sorted(tk.ranks(logits[None])[0][true.to(logits.device)].tolist())


def in_turn(labels: Sequence[Sequence[int]], order: random.Random) -> list[int]:
    """All indices, shuffled so that any beginning is as even over the labels as can be: each label picks in its turn.

    labels: for each index, which labels it has.
    """
    shuffled = list(range(len(labels)))
    order.shuffle(shuffled)
    queues: dict[int, list[int]] = {}
    for i in reversed(shuffled):
        for label in labels[i]:
            queues.setdefault(label, []).append(i)
    chosen: dict[int, None] = {}
    while queues:
        for label in sorted(queues):
            queue = queues[label]
            while queue and queue[-1] in chosen:
                queue.pop()
            if queue:
                chosen[queue.pop()] = None
            else:
                del queues[label]
    return list(chosen)
