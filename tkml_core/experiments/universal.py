"""Makes and measures the bundled universal perturbations: `python -m tkml_core.experiments.universal --help`.

Made on training photos, measured on photos that no training saw, both consistent at k and cut square. A perturbation
whose file exists is not made again, so that an interrupted run goes on; its rates stand in the file's header, and
the page about them is written from the headers alone.
"""

import argparse
import random
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.attacks.universal.base import Universal
from tkml_core.attacks.universal.norm_ball import noise_like, to_levels
from tkml_core.experiments import universal_report
from tkml_core.experiments.command import add_shared_options, naming_folders, plain_command
from tkml_core.experiments.datasets import UNKNOWN, Photo, columns, measuring, training
from tkml_core.experiments.measured_photos import Photos, Row, in_turn, shuffled
from tkml_core.step import UniversalResult, UniversalStep
from tkml_core.step_generators import WithResult
from tkml_core.zoo.universal_perturbations import FOLDER, XI, load_universal, notes_of, path_of, save_universal

KS = (3, 1, 2)  # k = 3 first: what a cut-off run should have


def to_make_on(name: str, args: argparse.Namespace) -> list[Photo]:
    """The training photos, so ordered that each label has its turn.

    VOC's training photos show mostly cats and dogs, its test photos cars and trains: z must know them all.
    """
    # A VOC photo says nothing about sixty of COCO's labels: it cannot say what is true for coco80.
    photos = [
        p
        for p in training(args.voc, args.coco)
        if (p.labels[columns(name)] == 1).any() and not (p.labels[columns(name)] == UNKNOWN).any()
    ]
    present = [(p.labels[columns(name)] == 1).nonzero()[0].tolist() for p in photos]
    return [photos[i] for i in in_turn(present, random.Random(args.seed))]


def to_measure_on(name: str, args: argparse.Namespace) -> list[Photo]:
    """The measuring photos with a true label, shuffled."""
    return shuffled(measuring(name, args.voc, args.coco), name, args.seed)


def attack_of(name: str, xi: float, args: argparse.Namespace, photos: int) -> Universal:
    """The attack on so many photos, at its defaults but for ξ and what the command line sets; at most half of them only judge."""
    epochs = args.fool_epochs if name == "kUAPs" else args.epochs
    return replace(
        UNIVERSAL[name], xi=xi, epochs=epochs, wanted=args.wanted, held_out=min(args.held_out, photos // 2),
        patience=args.patience, seed=args.seed, max_steps=10**6,
    )  # fmt: skip


def make(attack: Universal, annotator: tk.Annotator, rows: list[Row], k: int) -> tuple[UniversalResult, int]:
    """Run the attack on the photos, a line an epoch; returns its result and the epochs it took."""
    goal = tk.Cleared(true=torch.stack([r.true for r in rows]), k=k)
    run, epoch, began = WithResult(attack.steps(annotator, torch.cat([r.x for r in rows]), goal)), -1, time.time()
    for step in run:
        assert isinstance(step, UniversalStep)
        if step.epoch != epoch:
            epoch = step.epoch
            print(f"  epoch {epoch}: fooling rate {step.fooling_rate:.3f}, {time.time() - began:.0f} s", flush=True)
    assert isinstance(run.result, UniversalResult)
    return run.result, epoch


@torch.no_grad()
def fooled(annotator: tk.Annotator, rows: list[Row], k: int, z: Tensor) -> tuple[int, int]:
    """How many photos have no true label in the top-k, and how many have E = 0, with z added."""
    cleared = inconsistent = 0
    for row in rows:
        true = row.true[None].to(annotator.device)
        logits = annotator((row.x + z.to(row.x)).clamp(0, 1))
        cleared += int((tk.Cleared(true=true, k=k).margin(logits) < 0).sum())
        inconsistent += int((~tk.consistent(logits, true, k)).sum())
    return cleared, inconsistent


def filled(z: Tensor, xi: float) -> Tensor:
    """z stretched to the budget where it is more than 3% below it: methods are compared at one norm; kUAPs often ends early."""
    length = float(tk.l2_norm(z))
    if 0.97 * xi < length <= xi * (1 + 1e-4):
        return z
    return to_levels(z * (xi / max(length, 1e-12)), xi, "l2").clamp(-127 / 255, 127 / 255)  # what a file can hold


def run(args: argparse.Namespace, command: str) -> None:
    """Every perturbation that has no file yet; with --again every one that has, which is then only measured."""
    made_on, measured_on, controls = {}, {}, {}
    for name in args.annotators:
        annotator = tk.load(name, args.device)
        with naming_folders():
            made_on[name] = Photos(annotator, name, to_make_on(name, args))
            measured_on[name] = Photos(annotator, name, to_measure_on(name, args))
    for k, name, xi, which in product(args.k, args.annotators, args.xi, args.attacks):
        path = path_of(which, name, k, args.out, xi)
        if path.exists() != args.again:
            continue
        annotator = made_on[name].annotator
        if args.again:
            notes = notes_of(path)
            z, rows = load_universal(path), made_on[name].take(k, int(notes["photos"]))
        else:
            rows = made_on[name].take(k, args.photos)
            attack = attack_of(which, xi, args, len(rows))
            print(f"{name}, k = {k}, ξ = {xi:g}, {which}: {len(rows)} photos", flush=True)
            began = time.time()
            result, epochs = make(attack, annotator, rows, k)
            z = result.z
            notes = {
                "attack": which, "annotator": name, "k": str(k), "settings": repr(attack), "photos": str(len(rows)),
                "epochs": str(epochs), "seconds": f"{time.time() - began:.0f}", "command": command,
                "own_norm": f"{tk.size_of(z).l2:.0f}", "xi": f"{xi:g}",
                "gradients": f"{float(result.backwards.sum()) / len(rows):.1f}",
            }  # fmt: skip
        z, tests = filled(z, xi), measured_on[name].take(k, args.measured)
        if (name, k, xi) not in controls:
            controls[name, k, xi] = fooled(annotator, tests, k, noise_like(z, args.seed))
        there, unseen = fooled(annotator, rows, k, z), fooled(annotator, tests, k, z)
        rates = {
            "norm": tk.size_of(z).l2, "linf": tk.size_of(z).linf, "train_goal": there[0],
            "train_inconsistent": there[1], "measured": len(tests), "goal": unseen[0], "inconsistent": unseen[1],
            "noise_goal": controls[name, k, xi][0], "noise_inconsistent": controls[name, k, xi][1],
        }  # fmt: skip
        save_universal(z, path, notes | {key: str(value) for key, value in rates.items()})
        print(f"{name}, k = {k}, ξ = {xi:g}, {which}: goal {unseen[0]}, E = 0 {unseen[1]} of {len(tests)}", flush=True)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tkml_core.experiments.universal", description=__doc__)
    add_shared_options(made)
    made.add_argument("--annotators", nargs="+", default=list(tk.available()), choices=tk.available())
    made.add_argument("--attacks", nargs="+", default=list(UNIVERSAL), choices=UNIVERSAL)
    made.add_argument("--k", type=int, nargs="+", default=list(KS))
    made.add_argument(
        "--xi", type=float, nargs="+", default=[XI], help="L2 norm budgets, in 0–255 units: one z for each"
    )
    made.add_argument("--photos", type=int, default=1000, help="training photos for each perturbation")
    made.add_argument("--epochs", type=int, default=3, help="passes of TkML-AP-Uv over them at most")
    made.add_argument("--fool-epochs", type=int, default=1, help="passes of kUAPs over them at most")
    made.add_argument(
        "--held-out", type=int, default=100, help="of the photos, so many only judge: the best z is theirs"
    )
    made.add_argument(
        "--patience", type=int, default=0, help="epochs without a higher rate on them after which to stop"
    )
    made.add_argument("--wanted", type=float, default=1.0, help="fooling rate on them at which to stop")
    made.add_argument("--measured", type=int, default=200, help="at most so many photos to measure on")
    made.add_argument("--out", type=Path, default=FOLDER)
    made.add_argument("--again", action="store_true", help="measure those that exist, in place of making the others")
    made.add_argument("--table", action="store_true", help="only write the page and print its table")
    return made


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    if not args.table:
        run(args, plain_command(args, parser()))
    universal_report.write(args.out)
    print(universal_report.table(args.out))


if __name__ == "__main__":
    main()
