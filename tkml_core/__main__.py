"""Attack one photo from the command line: `python -m tkml_core photo.jpg --k 3 --true cat person`."""

import argparse
import sys
from pathlib import Path

import torch
from PIL import Image

import tkml_core as tk


def listed(annotator: tk.Annotator, logits: torch.Tensor, k: int) -> str:
    """The top-k of logits (1,m) as one line."""
    chances = logits[0].sigmoid()
    return ", ".join(f"{annotator.labels[j]} {float(chances[j]):.2f}" for j in tk.topk(logits, k)[0].tolist())


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tkml_core", description=__doc__)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--annotator", default="voc20", choices=tk.available())
    parser.add_argument("--k", type=int, default=3)
    parser.add_argument("--true", nargs="+", help="the true labels; default: those with probability 0.5 or more")
    parser.add_argument("--targets", nargs="+", help="plant these k labels, or one of: best, random, worst")
    parser.add_argument("--max-steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of random targets")
    parser.add_argument("--out", type=Path, help="where to save the adversarial PNG")
    args = parser.parse_args(argv)
    try:
        annotator = tk.load(args.annotator)
        with Image.open(args.photo) as file:
            x = annotator.prepare(file)
        with torch.no_grad():
            before = annotator(x)
        if args.true:  # noqa: SIM108
            true = annotator.mask(args.true)
        else:
            true = (before.sigmoid() >= 0.5) | tk.topk_mask(before, 1)
        if not args.targets:
            steps = tk.TkMLAPU(max_steps=args.max_steps).steps(annotator, x, tk.Cleared(true=true, k=args.k))
        else:
            if len(args.targets) == 1 and args.targets[0] in tk.CASES:
                targets = tk.choose_targets(args.targets[0], before, true, args.k, args.seed)
            else:
                targets = annotator.mask(args.targets)
            goal = tk.Targeted(targets=targets, true=true, k=args.k)
            steps = tk.TkMLAPT(max_steps=args.max_steps).steps(annotator, x, goal)
        print(f"true:   {', '.join(label for label, t in zip(annotator.labels, true[0].tolist(), strict=True) if t)}")
        print(f"before: {listed(annotator, before, args.k)}")
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                result = end.value
                break
            if step.index % 10 == 0:
                print(f"  step {step.index}: loss {float(step.loss):.3f}, ‖z‖₂ {float(step.norm):.1f}", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    with torch.no_grad():
        print(f"after:  {listed(annotator, annotator(result.x_adv), args.k)}")
    z = result.x_adv - x
    print(
        f"{'goal achieved' if result.achieved[0] else 'goal not achieved'}, E = {int(result.consistent[0])}, "
        f"Pert {float(tk.pert(z)) * 100:.3f} ×10⁻², ‖z‖₂ {float(result.norm):.1f}, ‖z‖_∞ {float(tk.linf_norm(z)):.0f} of 255, "
        f"{int(result.steps)} steps, {int(result.forwards)} forward and {int(result.backwards)} backward passes"
    )
    if args.out:
        tk.to_pil(result.x_adv).save(args.out, format="PNG")
    return 0 if result.achieved[0] else 1


if __name__ == "__main__":
    sys.exit(main())
