"""What is recorded for the page and the lesson: the runs that are tried, and what each has to show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

import tkml_core as tk
from demo.catalog.attack_words import CHOICES
from demo.engine import recordings
from demo.engine.annotators import load_annotator
from demo.engine.outcome import Outcome
from demo.engine.plan import DEFAULT_K, AttackRequest
from demo.photos.samples import sample
from demo.photos.selection import known_truth
from tkml_core.zoo.registry import data_set
from tkml_core.zoo.universal_perturbations import bundled, rates_of

STRENGTHS = tuple(tenth / 10 for tenth in range(1, 11))  # of the perturbation
NOISES = (1, 2, 4)  # times the perturbation's length
STRONGER = (1.5, 2, 3, 4, 6)  # times the perturbation, before it is saved as JPEG
JPEG = 75  # the quality that the lesson speaks of
CONFIDENCE = 1.0  # logits by which a goal is met, so that nobody takes the result for a coin toss
HARD_TO_SEE = 32  # levels at the pixel that is changed most


@dataclass(frozen=True)
class Candidate:
    """One run that a recipe may record."""

    sample: str
    request: AttackRequest


@dataclass(frozen=True)
class Recipe:
    """What a recording is to show: `shows` says whether a run does."""

    name: str
    title: str
    words: str
    candidates: Callable[[], Sequence[Candidate]]
    shows: Callable[[Outcome, Mapping[str, Tensor]], bool] = lambda outcome, checks: bool(outcome.report["achieved"])


def annotator_of(labels_of: str) -> str:
    """The first annotator here with the labels of a data set, "voc" or "coco"."""
    return next(name for name in tk.available() if data_set(name) == labels_of)


def candidate(annotator: str, photo: str, attack: str, k: int | None = None, **asked: Any) -> Candidate:
    """A run on a sample with its known truth; without `k`, k is the number of true labels."""
    true = known_truth(sample(photo), load_annotator(annotator))
    steps = asked.pop("max_steps", CHOICES[attack].steps)
    settings = {"confidence": asked.pop("confidence", CONFIDENCE)}
    request = AttackRequest(annotator, k or len(true), attack, true, max_steps=steps, settings=settings, **asked)
    return Candidate(photo, request)


def hide_one() -> list[Candidate]:
    """The photos with several true labels, each of their labels in turn."""
    name = annotator_of("voc")
    found = []
    for photo in ("mosaic", "breakfast"):
        first = candidate(name, photo, "MinNorm", goal="hide")
        for label in first.request.true_labels:
            found.append(Candidate(photo, replace(first.request, target_labels=(label,))))
    return found


def plant() -> list[Candidate]:
    """The worst targets on a photo of one thing, by the attack that keeps the change small, and by the paper's."""
    return [
        candidate(annotator_of("voc"), photo, attack, 3, goal="targeted", target_case="worst")
        for attack in ("MinNorm", "TkML-AP-T")
        for photo in ("cat", "motorcycle", "astronaut")
    ]


def ordered() -> list[Candidate]:
    name = annotator_of("coco")
    wanted = (("zebra", "umbrella", "pizza"), ("pizza", "clock", "chair"), ("dining table", "bowl", "cake"))
    return [
        candidate(name, photo, "CW^k", 3, goal="ordered", target_case="chosen", target_labels=labels, max_steps=300)
        for labels in wanted
        for photo in ("cat", "astronaut")
    ] + [candidate(name, "cat", "CW^k", 2, goal="ordered", target_case="best", max_steps=300)]


def saved_by_jpeg(outcome: Outcome, checks: Mapping[str, Tensor]) -> bool:
    """Whether JPEG brings the truth back, and a stronger change survives it: both halves of what the lesson says."""
    goal, met = outcome.plan.goal, outcome.report["achieved"]
    undone = float(goal.margin(checks[f"jpeg {JPEG}"][None])[0]) > 0
    survives = any(float(goal.margin(checks[f"strength {s:g}, jpeg {JPEG}"][None])[0]) < 0 for s in STRONGER)
    return bool(met and undone and survives)


def small(outcome: Outcome, checks: Mapping[str, Tensor]) -> bool:
    """Whether the goal is reached with a change that is hard to see."""
    return bool(outcome.report["achieved"] and outcome.report["linf"] <= HARD_TO_SEE)


def fooled_and_noise_is_not(outcome: Outcome, checks: Mapping[str, Tensor]) -> bool:
    """Whether the label flips, and does not under noise as long as the change, nor twice as long."""
    kept = all(float(outcome.plan.goal.margin(checks[f"noise {times}"][None])[0]) > 0 for times in NOISES[:2])
    return bool(outcome.report["achieved"] and kept)


def universal() -> list[Candidate]:
    """The samples, for the annotator whose bundled perturbation met the goal on most of the photos it was measured on."""
    attack = "TkML-AP-Uv"
    rates = {name: rates_of(attack, name, 1)[0] for name in tk.available() if (attack, name, 1) in bundled()}
    photos = ("cat", "astronaut", "motorcycle", "mosaic", "breakfast")
    return [candidate(max(rates, key=rates.__getitem__), photo, attack, 1, goal="cleared") for photo in photos if rates]


def jpeg_saves() -> list[Candidate]:
    """Changes that are barely enough: a firm one would survive."""
    return [
        candidate(annotator_of("voc"), photo, "MinNorm", 1, goal="cleared", confidence=confidence)
        for confidence in (0.3, 0.0)
        for photo in ("astronaut", "cat", "motorcycle", "mosaic")
    ]


def hardened() -> list[Candidate]:
    """The request of "one-label", as it was recorded, put to the hardened annotator."""
    usual = recordings.read(recordings.FOLDER / "one-label.npz")
    request = replace(usual.outcome.plan.request, annotator=f"hardened-{usual.outcome.plan.request.annotator}")
    return [Candidate(usual.sample, request)]


def on(photos: Sequence[str], attack: str, k: int | None = None, **asked: Any) -> Callable[[], list[Candidate]]:
    return lambda: [candidate(annotator_of("voc"), photo, attack, k, **asked) for photo in photos]


RECIPES = (
    Recipe(
        "push-out", "Push the true labels out", "All true labels leave the top of the list; any others may take their place.",
        on(("mosaic", "breakfast", "cat"), "TkML-AP-U", DEFAULT_K, goal="cleared"),
    ),
    Recipe(
        "one-label", "Flip the one label", "The smallest change that could be found, and the best label is another one.",
        on(("cat", "motorcycle", "astronaut"), "MinNorm", 1, goal="cleared"), fooled_and_noise_is_not,
    ),
    Recipe("hide-one", "Hide one object", "One label leaves, and the other true ones stay.", hide_one),
    Recipe(
        "plant", "Add the impossible", "The labels that the annotator found least likely become its top ones.",
        plant, small,
    ),
    Recipe("ordered", "An ordered list", "The top of the list becomes the labels asked for, in the order asked for.", ordered),
    Recipe(
        "universal", "One change for all photos", "Made beforehand on other photos, and only added to this one.",
        universal,
    ),
    Recipe(
        "jpeg", "“JPEG saves it”", "Saved as a JPEG, this attacked photo gets its true labels back.",
        jpeg_saves, saved_by_jpeg,
    ),
)  # fmt: skip
HARDENED = Recipe(
    "hardened", "A hardened annotator", "The same wish, put to an annotator that was trained on attacked photos.",
    hardened,
)  # fmt: skip


def all_recipes() -> Iterator[Recipe]:
    """Those whose annotator is here."""
    yield from RECIPES
    if f"hardened-{annotator_of('voc')}" in tk.available():
        yield HARDENED
