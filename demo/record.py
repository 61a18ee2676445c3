"""Record the runs that the page and the lesson show without running anything: `python -m demo.record`.

Run it after the annotators' weights or the bundled universal perturbations have changed; it takes a few minutes. Photos are
those that installed packages carry. Every recipe names a few candidates, and the first one whose run shows what it is to
show is recorded: which photo that is depends on the weights.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.engine import loop, recordings
from demo.engine.annotators import load_annotator
from demo.engine.distortions import jpeg, noise
from demo.engine.outcome import Outcome
from demo.engine.plan import DEFAULT_K, AttackRequest, make_plan
from demo.engine.recordings import Recording, sample_photo
from demo.engine.replay import Recorder, Replay
from demo.engine.saliency import saliency
from demo.photos.samples import sample, samples
from demo.photos.selection import known_truth
from demo.tabs.lesson import notes
from tkml_core.report import top
from tkml_core.step_generators import WithResult
from tkml_core.zoo import weights
from tkml_core.zoo.registry import data_set
from tkml_core.zoo.universal_perturbations import bundled

WEIGHTS_PAGE = weights.FOLDER / "README.md"
FRAMES = 10  # pictures of steps in a file
BUDGET_SECONDS = 600.0  # of one run
STRENGTHS = tuple(tenth / 10 for tenth in range(1, 11))
NOISES = (1, 2, 4)  # times the perturbation's length
QUALITIES = (90, 75, 50)
STRONGER = (1.5, 2, 3, 4, 6)  # times the perturbation, before it is saved as JPEG
CONFIDENCE = 1.0  # logits by which a goal is met, so that nobody takes the result for a coin toss
JPEG = 75  # the quality that the lesson speaks of
SHOWN_LABELS = 8
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
    steps = asked.pop("max_steps", catalog.CHOICES[attack].steps)
    settings = {"confidence": asked.pop("confidence", CONFIDENCE)}
    request = AttackRequest(annotator, k or len(true), attack, true, max_steps=steps, settings=settings, **asked)
    return Candidate(photo, request)


def hide_one() -> list[Candidate]:
    """The photos with several true labels, each of their labels in turn."""
    name = annotator_of("voc")
    found = []
    for photo in ("mosaic", "breakfast"):
        wish = candidate(name, photo, "MinNorm", goal="hide")
        for label in wish.request.true_labels:
            found.append(Candidate(photo, replace(wish.request, target_labels=(label,))))
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
    """The samples, for the first annotator that a perturbation is bundled for."""
    attack = "TkML-AP-Uv"
    name = next((name for name in tk.available() if (attack, name, 1) in bundled()), None)
    photos = ("cat", "astronaut", "motorcycle", "mosaic", "breakfast")
    return [candidate(name, photo, attack, 1, goal="cleared") for photo in photos] if name else []


def jpeg_saves() -> list[Candidate]:
    """Changes that are barely enough: a firm one would survive."""
    return [
        candidate(annotator_of("voc"), photo, "MinNorm", 1, goal="cleared", confidence=confidence)
        for confidence in (0.3, 0.0)
        for photo in ("astronaut", "cat", "motorcycle", "mosaic")
    ]


def hardened() -> list[Candidate]:
    """The wish of "one-label", as it was recorded, put to the hardened annotator."""
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
        "plant", "Plant the impossible", "The labels that the annotator found least likely become its top ones.",
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


def run(wish: Candidate) -> Replay:
    """The candidate's run, with FRAMES of its pictures."""
    annotator = load_annotator(wish.request.annotator)
    photo = sample_photo(wish.sample, annotator, catalog.precomputed(wish.request.attack))
    plan = make_plan(wish.request, annotator, photo)
    recorder = Recorder()
    frames = WithResult(loop.run_here(plan, budget=BUDGET_SECONDS))
    for frame in frames:
        recorder.take(frame)
    replay = recorder.finish(frames.result)
    keep = np.unique(np.linspace(0, max(len(replay.frames) - 1, 0), FRAMES).round().astype(int))
    return replace(replay, frames=tuple(replay.frames[i] for i in keep if i < len(replay.frames)))


def checks_of(outcome: Outcome) -> dict[str, Tensor]:
    """(m,) logits of the same photo with a weaker change, with noise instead, and saved as JPEG."""
    x, x_adv, length = outcome.plan.photo.x, outcome.x_adv, outcome.report["l2"]
    z = x_adv - x
    pictures = {f"strength {s:g}": tk.quantize((x + s * z).clamp(0, 1)) for s in STRENGTHS}
    pictures |= {f"noise {times}": noise(x, times * length, seed=0) for times in NOISES}
    pictures |= {f"jpeg {quality}": jpeg(x_adv, quality) for quality in QUALITIES}
    pictures[f"plain jpeg {JPEG}"] = jpeg(x, JPEG)
    stronger = {s: tk.quantize((x + s * z).clamp(0, 1)) for s in STRONGER}
    pictures |= {f"strength {s:g}, jpeg {JPEG}": jpeg(picture, JPEG) for s, picture in stronger.items()}
    with torch.inference_mode():
        return {name: outcome.plan.annotator(picture)[0].clone() for name, picture in pictures.items()}


def looks_of(outcome: Outcome) -> dict[str, Any]:
    """Maps of what the true labels' scores depend on before, and those of the labels that came in after."""
    plan, report = outcome.plan, outcome.report
    before = [name for name, _ in report["before"]]
    maps = {f"before {name}": saliency(plan.annotator, plan.photo.x, name) for name in before[:3]}
    came = [name for name, _ in report["after"] if name not in before][:3]
    return maps | {f"after {name}": saliency(plan.annotator, outcome.x_adv, name) for name in came}


def others_of(outcome: Outcome) -> list[dict[str, Any]]:
    """What the same change, and noise as large, do to every sample's centre square, best labels first."""
    plan = outcome.plan
    z = (outcome.plan.attack.z if hasattr(plan.attack, "z") else outcome.x_adv - plan.photo.x).to(plan.photo.x)
    rows = []
    for item in samples():
        photo = sample_photo(item.name, plan.annotator, square=True)
        changed = tk.quantize((photo.x + z).clamp(0, 1))
        noisy = noise(photo.x, float(tk.l2_norm(changed - photo.x)), seed=0)
        with torch.inference_mode():
            logits = {"before": photo.logits, "after": plan.annotator(changed), "noise": plan.annotator(noisy)}
        best = {name: top(plan.annotator.labels, of, SHOWN_LABELS) for name, of in logits.items()}
        rows.append({"sample": item.name, "true": list(known_truth(item, plan.annotator)), **best})
    return rows


def mean_precision(annotator: str) -> float | None:
    """The mAP, of 100, that the page about the weights has measured for an annotator; None where it has not."""
    row = rf"\| `{annotator}` \|[^|]+\|[^|]+\|[^|]+\| (0\.\d+) \|"  # network, labels, photos, mAP
    found = re.search(row, WEIGHTS_PAGE.read_text(encoding="utf-8"))
    return float(found[1]) * 100 if found else None


def price_of(hard: str) -> dict[str, Any]:
    """What a hardened annotator scores on photos that nobody attacked, beside the usual one; {} where it was not measured."""
    scores = {"usual": mean_precision(hard.removeprefix("hardened-")), "hardened": mean_precision(hard)}
    if None in scores.values():
        return {}
    return dict(scores)


def notes_of(outcome: Outcome) -> dict[str, Any]:
    """JSON values beside a run: what a change for all photos does to the others, and what hardening costs."""
    request = outcome.plan.request
    found: dict[str, Any] = {"others": others_of(outcome)} if catalog.precomputed(request.attack) else {}
    if request.annotator.startswith("hardened-"):
        found["price"] = price_of(request.annotator)
    return found


def record(recipe: Recipe, order: int) -> Recording:
    """The first candidate that shows what the recipe is about; ValueError where none does."""
    tried = []
    for wish in recipe.candidates():
        replay = run(wish)
        outcome = replay.outcome
        checks = checks_of(outcome)
        if recipe.shows(outcome, checks):
            words = (recipe.name, recipe.title, recipe.words, order, wish.sample)
            return Recording(*words, replay, checks, looks_of(outcome), notes_of(outcome))
        tried.append(f"{wish.sample} ({outcome.report['steps']} steps)")
    raise ValueError(f"No candidate of {recipe.name!r} shows what it is about; tried: {', '.join(tried)}.")


def all_recipes() -> Iterator[Recipe]:
    """Those whose annotator is here."""
    yield from RECIPES
    if f"hardened-{annotator_of('voc')}" in tk.available():
        yield HARDENED


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m demo.record", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", nargs="+", choices=[recipe.name for recipe in all_recipes()], help="record only these"
    )
    parser.add_argument("--out", type=Path, default=recordings.FOLDER, help="folder for the files")
    args = parser.parse_args()
    failed = []
    for order, recipe in enumerate(all_recipes()):
        if args.only and recipe.name not in args.only:
            continue
        began = time.perf_counter()
        try:
            made = record(recipe, order)
        except ValueError as error:
            failed.append(str(error))
            (args.out / f"{recipe.name}.npz").unlink(missing_ok=True)  # of other weights: it must not stay
            continue
        path, report = recordings.write(made, args.out), made.outcome.report
        print(
            f"{path.name}: {path.stat().st_size // 1000} kB, {made.sample} on {report['annotator']}, {report['steps']} steps, "
            f"largest change {report['linf']:.0f}/255, {time.perf_counter() - began:.0f} s: "
            f"{[name for name, _ in report['before']]} -> {[name for name, _ in report['after']]}"
        )
    if args.out == recordings.FOLDER:
        notes.main()  # what teachers read names the labels that were recorded
    if failed:
        raise SystemExit("\n".join(failed))


if __name__ == "__main__":
    main()
