"""Record the runs that the page and the lesson show without running anything: `python -m demo.record`.

Run it after the annotators' weights or the bundled universal perturbations have changed; it takes a few minutes. Photos are
those that installed packages carry. Every recipe names a few candidates, and the first one whose run shows what it is to
show is recorded: which photo that is depends on the weights.
"""

import argparse
import time
from dataclasses import replace
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
from demo.engine.plan import make_plan
from demo.engine.recipes import JPEG, NOISES, STRENGTHS, STRONGER, Candidate, Recipe, all_recipes
from demo.engine.recordings import Recording, sample_photo
from demo.engine.replay import Recorder, Replay
from demo.engine.saliency import saliency
from demo.photos.samples import samples
from demo.photos.selection import known_truth
from demo.tabs.lesson import notes
from tkml_core.report import top
from tkml_core.step_generators import WithResult
from tkml_core.zoo import weights

WEIGHTS_PAGE = weights.FOLDER / "README.md"
FRAMES = 10  # pictures of steps in a file
BUDGET_SECONDS = 600.0  # of one run
QUALITIES = (90, 75, 50)
SHOWN_LABELS = 8


def run(chosen: Candidate) -> Replay:
    """The candidate's run, with FRAMES of its pictures."""
    annotator = load_annotator(chosen.request.annotator)
    photo = sample_photo(chosen.sample, annotator, catalog.precomputed(chosen.request.attack))
    plan = make_plan(chosen.request, annotator, photo)
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
        noisy = noise(photo.x, tk.size_of(changed - photo.x).l2, seed=0)
        with torch.inference_mode():
            logits = {"before": photo.logits, "after": plan.annotator(changed), "noise": plan.annotator(noisy)}
        best = {name: top(plan.annotator.labels, of, SHOWN_LABELS) for name, of in logits.items()}
        rows.append({"sample": item.name, "true": list(known_truth(item, plan.annotator)), **best})
    return rows


def measured(annotator: str) -> dict[str, str]:
    """An annotator's row of the table on the page about the weights, by its headings; {} where it has none."""
    lines = WEIGHTS_PAGE.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return next((dict(zip(rows[0], row, strict=True)) for row in rows if row[0] == f"`{annotator}`"), {})


def price_of(hard: str) -> dict[str, Any]:
    """What a hardened annotator scores on photos that nobody attacked, beside the usual one; {} where it was not measured."""
    rows = {"usual": measured(hard.removeprefix("hardened-")), "hardened": measured(hard)}
    if not all(rows.values()):
        return {}
    scores = {which: {name: float(row[name]) for name in ("top-1", "mAP")} for which, row in rows.items()}
    return {"photos": int(rows["hardened"]["photos"]), **scores}


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
    for chosen in recipe.candidates():
        replay = run(chosen)
        outcome = replay.outcome
        checks = checks_of(outcome)
        if recipe.shows(outcome, checks):
            words = (recipe.name, recipe.title, recipe.words, order, chosen.sample)
            return Recording(*words, replay, checks, looks_of(outcome), notes_of(outcome))
        tried.append(f"{chosen.sample} ({outcome.report['steps']} steps)")
    raise ValueError(f"No candidate of {recipe.name!r} shows what it is about; tried: {', '.join(tried)}.")


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
