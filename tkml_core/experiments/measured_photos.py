"""What several experiments share: photos cut square and annotated, which of them fit, and what came of attacks on them."""

import random
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

import tkml_core as tk
from tkml_core.experiments.datasets import IGNORED, Photo, Report, columns, leaving_out
from tkml_core.experiments.methods import Method
from tkml_core.step import Result
from tkml_core.step_generators import WithResult

SELECTIONS = ("consistent", "perfect")


class Row(NamedTuple):
    """A photo as an annotator sees it. Its pixels are read when they are asked for, so that many rows take little memory."""

    key: str
    read: Callable[[], Tensor]
    true: Tensor  # (m,) bool
    difficult: Tensor  # (m,) bool
    logits: Tensor  # (m,)

    @property
    def x(self) -> Tensor:
        """(1,3,H,W), the photo's centre square."""
        return self.read()

    def fits(self, k: int, select: str = "consistent") -> bool:
        """Whether it is consistent at k, or perfectly ranked, and has k labels that are not in it.

        "perfect": its average precision is 1, all true labels before all others, as the authors' program chooses; such a
        photo is consistent at every k.
        """
        true = self.true.to(self.logits.device)
        if int((~(self.true | self.difficult)).sum()) < k:
            return False
        if select == "perfect":
            return true_ranks(self.logits, true) == list(range(1, int(true.sum()) + 1))
        return bool(tk.consistent(self.logits[None], true[None], k)[0])


def photo_row(annotator: tk.Annotator, name: str, photo: Photo) -> Row:
    """The photo's scores. OSError or ValueError where its file cannot be read."""

    def read() -> Tensor:
        return annotator.prepare(tk.open_photo(photo.path), square=True)

    labels = torch.from_numpy(photo.labels[columns(name)])
    with torch.no_grad():
        return Row(photo.key, read, labels == 1, labels == IGNORED, annotator(read())[0])


class Photos:
    """An annotator's photos in a fixed order, each annotated once and only when it is needed.

    A file that cannot be read is reported, and left out.
    """

    def __init__(
        self, annotator: tk.Annotator, name: str, photos: Sequence[Photo], report: Report = warnings.warn
    ) -> None:
        self.annotator, self.name, self.report = annotator, name, report
        self.waiting = list(reversed(photos))  # the next one is the last one
        self.rows: list[Row] = []

    def take(self, k: int, stop: int, start: int = 0, select: str = "consistent") -> list[Row]:
        """The first `stop` of the photos that fit at k, without the first `start`; fewer where there are no more."""
        taken: list[Row] = []
        for i in range(len(self.rows) + len(self.waiting)):
            if len(taken) == stop:
                break
            if (i < len(self.rows) or self._annotate(i)) and self.rows[i].fits(k, select):
                taken.append(self.rows[i])
        return taken[start:]

    def _annotate(self, place: int) -> bool:
        """Annotate photos until there is a row at `place`; whether there is."""
        while self.waiting and len(self.rows) <= place:
            photo = self.waiting.pop()
            with leaving_out(photo, self.report):
                self.rows.append(photo_row(self.annotator, self.name, photo))
        return place < len(self.rows)


def shuffled(photos: Sequence[Photo], name: str, seed: int) -> list[Photo]:
    """Those that show one of the annotator's labels, in an order that the seed gives."""
    kept = [photo for photo in photos if (photo.labels[columns(name)] == 1).any()]
    random.Random(seed).shuffle(kept)
    return kept


def asked(case: str, k: int, rows: Sequence[Row], seed: int) -> tuple[Tensor, tk.Goal]:
    """The images (B,3,H,W) and their goal: Cleared, or in the cases of `tk.CASES` Targeted."""
    x, logits = torch.cat([row.x for row in rows]), torch.stack([row.logits for row in rows])
    true = torch.stack([row.true for row in rows]).to(logits.device)
    difficult = torch.stack([row.difficult for row in rows]).to(logits.device)
    if case not in tk.CASES:
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
    annotator: tk.Annotator, method: Method, x: Tensor, goal: tk.Goal, rows: Sequence[Row]
) -> list[dict[str, Any]]:
    """Attack the images (B,3,H,W) in one batch; what came of each of the rows, as JSON values.

    norm, linf, norm_float: in 0–255 units, of the 8-bit image but the last; first: the step whose float image first met the
    goal, or null.
    """
    began = time.perf_counter()
    result, first = _run(annotator, method, x, goal)
    seconds = (time.perf_counter() - began) / len(rows)
    linf = tk.linf_norm(result.x_adv - x.to(result.x_adv))
    return [
        {
            "key": row.key, "attack": method.settings, "achieved": bool(result.achieved[i]),
            "consistent": bool(result.consistent[i]), "norm": round(float(result.norm[i]), 3),
            "norm_float": round(float(result.norm_float[i]), 3), "linf": round(float(linf[i])),
            "pixels": x.shape[2] * x.shape[3], "steps": int(result.steps[i]), "first": first[i],
            "forwards": int(result.forwards[i]), "backwards": int(result.backwards[i]), "seconds": round(seconds, 3),
            "true_ranks_before": true_ranks(row.logits, row.true),
            "true_ranks": true_ranks(_alone(annotator, result.x_adv[i : i + 1]), row.true),
        }
        for i, row in enumerate(rows)
    ]  # fmt: skip


def _run(annotator: tk.Annotator, method: Method, x: Tensor, goal: tk.Goal) -> tuple[Result, list[int | None]]:
    """The attack to its end, and at which step each image first met the goal."""
    first: list[int | None] = [None] * len(x)
    run = WithResult(method.attack.steps(annotator, x, goal))
    for step in run:
        for i in step.achieved.nonzero()[:, 0].tolist():
            first[i] = step.index if first[i] is None else first[i]
    return run.result, first


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
