"""The last finished run put to the test: what its picture, and the photo itself, are labelled after each change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import torch
from torch import Tensor

import tkml_core as tk
from demo.catalog.labels import listed_labels
from demo.engine import distortions
from demo.engine.annotators import load_annotator
from demo.engine.label_roles import Roles
from demo.engine.outcome import Outcome
from demo.tabs.attack.robustness.goal_checks import SHOWN, consistent
from tkml_core.labels import coco_name
from tkml_core.zoo.registry import entry_of

LONGEST = 10  # the largest k′, as in the paper's Table 3


@dataclass(frozen=True)
class Finished:
    """What a test needs to know of a run."""

    annotator: str
    attack: str
    goal: str
    k: int
    roles: Roles
    seed: int
    x: Tensor  # (1,3,H,W) uint8
    x_adv: Tensor  # as saved

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        plan = outcome.plan
        x, x_adv = (image.mul(255).round().to(torch.uint8).cpu() for image in (plan.photo.x, outcome.x_adv))
        request = plan.request
        return cls(request.annotator, request.attack, plan.goal_name, plan.k, plan.roles, plan.seed, x, x_adv)

    @property
    def l2(self) -> float:
        """‖z‖₂ in 0–255 units, from whole levels, so that its square is a whole number."""
        return tk.size_of((self.x_adv.double() - self.x) / 255).l2

    @property
    def named(self) -> tuple[str, ...]:
        """The labels that the goal names."""
        return self.roles.targets or self.roles.hidden


@dataclass(frozen=True)
class Seen:
    """One picture's top labels, best first, with E (True = 1) and whether they are what the goal is about.

    longer: whether they are more than the true ones.
    """

    top: tuple[str, ...]
    consistent: bool
    fooled: bool
    longer: bool = False


@dataclass(frozen=True)
class Row:
    """One change, done to the attacked picture and to the original; `why` it cannot be told where they are None.

    kind: "none", "noise", "change", "other" (another annotator) or "twin" (the same network).
    annotator: whose name an "other" or a "twin" has.
    """

    kind: str
    name: str
    note: str
    attacked: Seen | None = None
    original: Seen | None = None
    why: str = ""
    annotator: str = ""


@dataclass(frozen=True)
class Examined:
    """All rows about one run, and the longer and shorter lists: for k′ = 1, 2, … what is seen then."""

    run: Finished
    rows: tuple[Row, ...]
    attacked: tuple[Seen, ...]
    original: tuple[Seen, ...]


def seen(ranked: Sequence[str], run: Finished, true: Sequence[str], k: int) -> Seen:
    """What the first `k` of the labels `ranked`, best first, say about the run's goal."""
    top = tuple(ranked[:k])
    return Seen(top, consistent(top, true), SHOWN[run.goal](top, run.named, true), len(top) > len(true))


def examine(run: Finished) -> Examined:
    """Everything the panel shows. About twenty forward passes."""
    annotator = load_annotator(run.annotator)
    x, x_adv = (image.float().div(255).to(annotator.device) for image in (run.x, run.x_adv))
    rows = []
    for kind, name, note, change in _changes(run):
        after, control = (seen(_ranked(annotator, change(image)), run, run.roles.true, run.k) for image in (x_adv, x))
        rows.append(Row(kind, name, note, after, control))
    rows += [_transfer(run, other, x_adv, x) for other in tk.available() if other != run.annotator]
    lists = [_ranked(annotator, image) for image in (x_adv, x)]
    most = min(LONGEST, len(annotator.labels) - 1)
    longer = (tuple(seen(ranked, run, run.roles.true, k) for k in range(1, most + 1)) for ranked in lists)
    return Examined(run, tuple(rows), *longer)


def _changes(run: Finished) -> list[tuple[str, str, str, Callable[[Tensor], Tensor]]]:
    """Kind, name, note and function of each change."""
    return [
        ("none", "Nothing", "as saved", lambda image: image),
        (
            "noise",
            "Random noise added",
            f"as large as the attack's change once saved: {run.l2:.1f} (‖z‖₂; Gaussian, seed {run.seed})",
            partial(distortions.noise, norm=run.l2, seed=run.seed),
        ),
        *(
            ("change", f"JPEG {quality}", f"saved at quality {quality}", partial(distortions.jpeg, quality=quality))
            for quality in (90, 75, 50)
        ),
        *(
            (
                "change",
                f"Blur {size} × {size}",
                f"with soft edges (Gaussian, σ = {distortions.sigma(size):.1f} pixels)",
                partial(distortions.blur, size=size),
            )
            for size in (3, 5, 7)
        ),
        ("change", "Half size and back", "smoothed (bilinear, antialiased)", distortions.half),
    ]


@torch.inference_mode()
def _ranked(annotator: tk.Annotator, image: Tensor) -> list[str]:
    return [annotator.labels[j] for j in tk.topk(annotator(image), len(annotator.labels))[0].tolist()]


def _same_weights(one: str, other: str) -> bool:
    """Whether both annotators read the same files: one network, though calibrated on another data set, or with a defence."""
    files = entry_of(one).files
    return bool(files) and files == entry_of(other).files


def _transfer(run: Finished, name: str, x_adv: Tensor, x: Tensor) -> Row:
    """Another annotator looks at both pictures, at its own size; only the labels that both know count."""
    try:
        own, other = load_annotator(run.annotator), load_annotator(name)
    except ValueError as error:  # weights that cannot be fetched
        return Row("other", f"Shown to {name}", "", why=str(error), annotator=name)
    spelled = {coco_name(label): label for label in own.labels}
    shared = [j for j, label in enumerate(other.labels) if coco_name(label) in spelled]
    names = [spelled[coco_name(other.labels[j])] for j in shared]
    note = f"only the {len(names)} labels that both know count"
    true = tuple(label for label in run.roles.true if label in names)
    unknown = [label for label in run.named if label not in names]
    title = f"Shown to {name}"
    if unknown or not true or len(names) <= run.k:
        missing = unknown or list(run.roles.true)
        why = (
            f"{name} does not know {listed_labels(missing, 9)}." if unknown or not true else "Too few labels in common."
        )
        return Row("other", title, note, why=why, annotator=name)
    with torch.inference_mode():
        scores = [other(other.prepare(tk.to_pil(image)))[:, shared] for image in (x_adv, x)]
        mine = own(x)[:, [own.index(label) for label in names]]
    kind = "other"
    if _same_weights(run.annotator, name) or torch.allclose(scores[1], mine, atol=1e-3):
        kind, title = "twin", f"{title}, the same network with other labels"
    after, control = (
        seen([names[j] for j in tk.topk(score, len(names))[0].tolist()], run, true, run.k) for score in scores
    )
    return Row(kind, title, note, after, control, annotator=name)
