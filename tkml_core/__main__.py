"""Attack one photo from the command line: `python -m tkml_core photo.jpg --k 3 --true cat person`."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.registry import UNIVERSAL, goal_name
from tkml_core.attacks.universal.precomputed import Precomputed
from tkml_core.photo_files import allowed
from tkml_core.report import data_file, levels, made_with, measured
from tkml_core.step_generators import WithResult
from tkml_core.zoo import DEFAULT


def listed(annotator: tk.Annotator, logits: Tensor, k: int) -> str:
    """The top-k of logits (1,m) as one line."""
    chances = logits[0].sigmoid()
    return ", ".join(f"{annotator.labels[j]} {float(chances[j]):.2f}" for j in tk.topk(logits, k)[0].tolist())


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tkml_core", description=__doc__)
    parser.add_argument("photo", type=Path, nargs="?", help=f"a {allowed()} file")
    offered = ", ".join(tk.available())
    parser.add_argument(
        "--annotator", default=DEFAULT, help=f"one of {offered}; or your own: a .toml file, module:function"
    )
    parser.add_argument("--k", type=int, default=3)
    able = list({**tk.ATTACKS, **UNIVERSAL})
    parser.add_argument("--attack", choices=able, help="default: the first that can have the goal")
    parser.add_argument(
        "--goal", choices=tk.GOALS, help="default: what --targets or --hide is for, or the attack's own"
    )
    parser.add_argument("--true", nargs="+", help="the true labels; default: a guess, those that are likelier than not")
    parser.add_argument("--targets", nargs="+", help="plant these k labels, in order, or one of: best, random, worst")
    parser.add_argument("--hide", nargs="+", help="for the goal hide: true labels that leave; the others stay")
    parser.add_argument("--max-steps", type=int, help="default: the attack's own")
    parser.add_argument("--confidence", type=float, help="κ: logits by which the goal is to be met; default: 0")
    parser.add_argument("--seed", type=int, default=0, help="of random targets, and of attacks that draw")
    parser.add_argument(
        "--out",
        type=Path,
        help="where to save the adversarial PNG, and beside it an NPZ of the run, which can be drawn",
    )
    args = parser.parse_args(argv)
    args.goal = args.goal or ("hide" if args.hide else "")
    if not args.attack:
        goal = args.goal or ("targeted" if args.targets else "cleared")
        args.attack = next(name for name, kind in tk.ATTACKS.items() if tk.GOALS[goal] in kind.goals)
    args.photo = args.photo or _swallowed(args)
    if not args.photo:
        parser.error("which photo? Give its file, such as: photo.jpg --true cat person")
    if args.out and (why := _unwritable(args.out)):
        parser.error(f"--out {args.out}: {why}")
    return args


def _swallowed(args: argparse.Namespace) -> Path | None:
    """The photo that stood behind a list of labels, which take whatever follows: `--true cat person photo.jpg`."""
    for names in (args.true, args.targets, args.hide):
        if names and len(names) > 1 and Path(names[-1]).is_file():
            return Path(names.pop())
    return None


def _unwritable(path: Path) -> str:
    """Why nothing can be saved at `path`; "" where it can. Asked before the run, whose result would be lost."""
    if path.is_dir():
        return "this is a folder; name a file in it, such as adversarial.png"
    if path.suffix == ".npz":
        return "this is where the run's data go; name the PNG, such as adversarial.png"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return "it cannot be written; you may lack the rights to"
    return ""


def photo_at(path: Path) -> Image.Image:
    """The photo; ValueError, in words for a shell, where there is none."""
    try:
        return tk.open_photo(path)
    except FileNotFoundError:
        raise ValueError(f"There is no photo {path}.") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def attack_of(args: argparse.Namespace) -> Any:
    """The attack with the settings that it has of those asked for; a universal one was made beforehand."""
    if args.attack in UNIVERSAL:
        return Precomputed(tk.universal(args.attack, args.annotator, args.k))
    kind = tk.ATTACKS[args.attack]
    settings = {"max_steps": args.max_steps, "confidence": args.confidence, "seed": args.seed}
    names = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in settings.items() if value is not None and name in names})


def asked_for(
    args: argparse.Namespace, annotator: tk.Annotator, logits: Tensor, true: Tensor
) -> tuple[type[tk.Goal], Tensor | None]:
    """The kind of goal asked for, and the labels that --targets or --hide name, (1,n), where it is about any."""
    attack = UNIVERSAL[args.attack].name if args.attack in UNIVERSAL else args.attack
    kind = tk.GOALS[goal_name(attack, args.goal, targets=bool(args.targets))]
    for option, given, needed in (("--targets", args.targets, "targets"), ("--hide", args.hide, "hidden")):
        if given and kind.asks_for != needed:
            raise ValueError(
                f"{option}: the goal {kind.name}, which {args.attack} is to have here, is not about such labels."
            )
    is_true = [name for name in args.targets or () if name not in tk.CASES and true[0, annotator.index(name)]]
    if is_true:
        raise ValueError(
            f"--targets: {', '.join(is_true)[:200]} both true and a target. Name labels that are not true, or correct what "
            "--true says."
        )
    if kind.asks_for == "hidden":
        return kind, annotator.places(args.hide or ())
    if kind.asks_for == "targets":
        case = args.targets or ["best"]
        if len(case) == 1 and case[0] in tk.CASES:
            return kind, tk.target_order(case[0], logits, true, args.k, args.seed)
        return kind, annotator.places(case)
    return kind, None


def settings_of(attack: Any) -> dict[str, Any]:
    """The attack's settings but for those that stand by themselves; what was made beforehand has none left."""
    named = () if isinstance(attack, Precomputed) else fields(attack)
    return {field.name: getattr(attack, field.name) for field in named if field.name not in ("max_steps", "seed")}


def report_of(
    args: argparse.Namespace, labels: Sequence[str], attack: Any, goal: tk.Goal, named: Sequence[str], result: tk.Result
) -> dict[str, Any]:
    """What the run was asked for and what it took; `report.measured` has what came of it."""
    hides = goal.asks_for == "hidden"
    return {
        "photo": args.photo.stem, "annotator": args.annotator, "attack": args.attack, "goal": goal.name, "k": args.k,
        "true_labels": [label for label, true in zip(labels, goal.true[0].tolist(), strict=True) if true],
        "true_labels_guessed": not args.true, "targets": [] if hides else list(named), "hidden": list(named) if hides else [],
        "l2_before_rounding": float(result.norm_float[0]), "steps": int(result.steps[0]), "forwards": int(result.forwards[0]),
        "backwards": int(result.backwards[0]), "seed": args.seed, "max_steps": getattr(attack, "max_steps", None),
        "settings": settings_of(attack), **made_with(args.annotator),
    }  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    args = arguments(argv)
    try:
        annotator = tk.load(args.annotator)
        attack = attack_of(args)
        x = annotator.prepare(photo_at(args.photo), square=isinstance(attack, Precomputed))
        with torch.no_grad():
            before = annotator(x)
        true = annotator.mask(args.true) if args.true else annotator.guess(before)
        kind, named = asked_for(args, annotator, before, true)
        goal = kind.of(true, args.k, named)
        run = WithResult(attack.steps(annotator, x, goal))
        print(f"true:   {', '.join(label for label, t in zip(annotator.labels, true[0].tolist(), strict=True) if t)}")
        print(f"before: {listed(annotator, before, args.k)}")
        for step in run:
            if step.index % 10 == 0:
                print(f"  step {step.index}: loss {float(step.loss):.3f}, ‖z‖₂ {float(step.norm):.1f}", file=sys.stderr)
        result = run.result
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except RuntimeError as error:  # a network that somebody brought
        print(f"The annotator {args.annotator} failed: {' '.join(str(error).split())[:300]}", file=sys.stderr)
        return 2
    with torch.no_grad():
        after = annotator(result.x_adv)
    print(f"after:  {listed(annotator, after, args.k)}")
    found = measured(annotator.labels, goal, x, before, result.x_adv, after)
    print(
        f"{'goal achieved' if result.achieved[0] else 'goal not achieved'}, E = {int(result.consistent[0])}, "
        f"Pert {found['pert'] * 100:.3f} ×10⁻², ‖z‖₂ {found['l2']:.1f}, ‖z‖_∞ {found['linf']:.0f} of 255, "
        f"{int(result.steps)} steps, {int(result.forwards)} forward and {int(result.backwards)} backward passes"
    )
    print(
        f"change of P@k {found['precision_change']:+.2f}, of AP@k {found['average_precision_change']:+.2f}, "
        f"of NDCG@k {found['ndcg_change']:+.2f}"
    )
    if args.out:
        names = [] if named is None else [annotator.labels[j] for j in named[0].tolist()]
        report = {**report_of(args, annotator.labels, attack, goal, names, result), **found}
        try:
            tk.to_pil(result.x_adv).save(args.out, format="PNG")
            data = data_file(levels(x), levels(result.x_adv), annotator.labels, report)
            args.out.with_suffix(".npz").write_bytes(data)
        except OSError as error:
            print(f"{args.out} could not be written: {error.strerror or error}.", file=sys.stderr)
            return 2
    return 0 if result.achieved[0] else 1


if __name__ == "__main__":
    sys.exit(main())
