"""Makes and measures the bundled universal perturbations: `python -m tkml_core.experiments.universal --help`.

Made on training photos, measured on photos that no training saw, both consistent at k and cut square. A perturbation
whose file exists is not made again, so that an interrupted run goes on; its rates stand in the file's header, and
the page about them is written from the headers alone.
"""

import argparse
import random
import time
from itertools import product
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.universal import Universal, to_levels
from tkml_core.experiments.photos import UNKNOWN, Photo, columns, measuring, training
from tkml_core.experiments.sample import Row, in_turn, interval, look
from tkml_core.experiments.train import plain_command
from tkml_core.step import UniversalResult, UniversalStep
from tkml_core.zoo.universal import FOLDER, load_universal, notes_of, path_of, save_universal

ATTACKS = ("TkML-AP-Uv", "kUAPs")
KS = (3, 1, 2)  # k = 3 first: what a cut-off run should have


class Source:
    """Photos of one annotator in a fixed order, each read once and only when it is needed."""

    def __init__(self, annotator: tk.Annotator, name: str, photos: list[Photo]) -> None:
        self.annotator, self.name, self.photos = annotator, name, photos
        self.rows: dict[int, Row] = {}

    def take(self, k: int, number: int) -> list[Row]:
        """The first `number` photos that are consistent at k."""
        taken: list[Row] = []
        for i in range(len(self.photos)):
            if len(taken) == number:
                break
            if i not in self.rows:
                self.rows[i] = look(self.annotator, self.name, self.photos[i])
            if self.rows[i].fits(k):
                taken.append(self.rows[i])
        return taken


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
    photos = [p for p in measuring(name, args.voc, args.coco) if (p.labels[columns(name)] == 1).any()]
    random.Random(args.seed).shuffle(photos)
    return photos


def attack_of(name: str, args: argparse.Namespace) -> Universal:
    """The attack at its defaults but for what the command line sets."""
    epochs = args.fool_epochs if name == "kUAPs" else args.epochs
    kind = cast(type[Universal], tk.ATTACKS[name])
    own = {} if name == "kUAPs" else {"surrogate": args.surrogate}
    return kind(xi=args.xi, epochs=epochs, wanted=args.wanted, seed=args.seed, max_steps=10**6, **own)


def make(attack: Universal, annotator: tk.Annotator, rows: list[Row], k: int) -> tuple[UniversalResult, int]:
    """Run the attack on the photos, a line an epoch; returns its result and the epochs it took."""
    goal = tk.Cleared(true=torch.stack([r.true for r in rows]), k=k)
    steps, epoch, began = attack.steps(annotator, torch.cat([r.x for r in rows]), goal), -1, time.time()
    while True:
        try:
            step = cast(UniversalStep, next(steps))
        except StopIteration as end:
            return cast(UniversalResult, end.value), epoch
        if step.epoch != epoch:
            epoch = step.epoch
            print(f"  epoch {epoch}: fooling rate {step.fooling_rate:.3f}, {time.time() - began:.0f} s", flush=True)


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


def noise_like(z: Tensor, seed: int) -> Tensor:
    """Gaussian noise on whole levels, as long as z."""
    noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(seed))
    length = float(tk.l2_norm(z))
    return to_levels(noise / noise.norm() * length / 255, length, "l2")


def filled(z: Tensor, xi: float) -> Tensor:
    """z stretched to the budget where it is more than 3 % below it: methods are compared at one norm; kUAPs often ends early."""
    length = float(tk.l2_norm(z))
    return z if 0.97 * xi < length <= xi * (1 + 1e-4) else to_levels(z * (xi / max(length, 1e-12)), xi, "l2")


def run(args: argparse.Namespace, command: str) -> None:
    """Every perturbation that has no file yet; with --again every one that has, which is then only measured."""
    made_on, measured_on, controls = {}, {}, {}
    for name in args.annotators:
        annotator = tk.load(name, args.device)
        made_on[name] = Source(annotator, name, to_make_on(name, args))
        measured_on[name] = Source(annotator, name, to_measure_on(name, args))
    for k, name, which in product(args.k, args.annotators, args.attacks):
        path = path_of(which, name, k, args.out)
        if path.exists() != args.again:
            continue
        annotator = made_on[name].annotator
        if args.again:
            notes = notes_of(path)
            z, rows = load_universal(path), made_on[name].take(k, int(notes["photos"]))
        else:
            attack, rows = attack_of(which, args), made_on[name].take(k, args.photos)
            print(f"{name}, k = {k}, {which}: {len(rows)} photos", flush=True)
            began = time.time()
            result, epochs = make(attack, annotator, rows, k)
            z = result.z
            notes = {
                "attack": which, "annotator": name, "k": str(k), "settings": repr(attack), "photos": str(len(rows)),
                "epochs": str(epochs), "seconds": f"{time.time() - began:.0f}", "command": command,
                "own_norm": f"{float(tk.l2_norm(z)):.0f}",
            }  # fmt: skip
        z, tests = filled(z, args.xi), measured_on[name].take(k, args.measured)
        if (name, k) not in controls:
            controls[name, k] = fooled(annotator, tests, k, noise_like(z, args.seed))
        there, unseen = fooled(annotator, rows, k, z), fooled(annotator, tests, k, z)
        rates = {
            "norm": float(tk.l2_norm(z)), "linf": float(tk.linf_norm(z)), "train_goal": there[0],
            "train_inconsistent": there[1], "measured": len(tests), "goal": unseen[0], "inconsistent": unseen[1],
            "noise_goal": controls[name, k][0], "noise_inconsistent": controls[name, k][1],
        }  # fmt: skip
        save_universal(z, path, notes | {key: str(value) for key, value in rates.items()})
        print(f"{name}, k = {k}, {which}: goal {unseen[0]}, E = 0 {unseen[1]} of {len(tests)}", flush=True)


def share(successes: str, trials: str) -> str:
    n = max(1, int(trials))
    low, high = interval(int(successes), n)
    return f"{100 * int(successes) / n:.1f} [{100 * low:.1f}–{100 * high:.1f}]"


def table(folder: Path) -> str:
    """Markdown: what each perturbation in the folder does, from its header."""
    lines = [
        "| annotator | k | method | ‖z‖₂ | as found | ‖z‖_∞ | Pert ×10⁻² | made on | epochs | s | goal % there | ASR % there |"
        " measured on | ASR % [95 %] | goal % [95 %] | noise: ASR % | noise: goal % |",
        "| " + " | ".join(["---"] * 17) + " |",
    ]
    found = [notes_of(path) for path in folder.glob("*.safetensors")]
    for n in sorted(found, key=lambda n: (n["annotator"] != "voc20", int(n["k"]), ATTACKS.index(n["attack"]))):
        trials, made = max(1, int(n["measured"])), max(1, int(n["photos"]))
        lines.append(
            f"| {n['annotator']} | {n['k']} | {n['attack']} | {float(n['norm']):.0f} | {n['own_norm']} | "
            f"{float(n['linf']):.0f} | {100 * float(n['norm']) / 224**2:.2f} | {n['photos']} | {n['epochs']} | {n['seconds']} | "
            f"{100 * int(n['train_goal']) / made:.1f} | {100 * int(n['train_inconsistent']) / made:.1f} | {n['measured']} | "
            f"{share(n['inconsistent'], n['measured'])} | {share(n['goal'], n['measured'])} | "
            f"{100 * int(n['noise_inconsistent']) / trials:.1f} | {100 * int(n['noise_goal']) / trials:.1f} |"
        )
    return "\n".join(lines)


PAGE = """# Universal perturbations of the bundled annotators

One z for every photo: `tk.universal("TkML-AP-Uv", "voc20", 3)` is added to a photo cut square to 224 × 224
(`annotator.prepare(photo, square=True)`), and clamped. Files hold z as int8 levels; headers hold what the table says.

{commands}

made and measured them. Made on training photos of the annotators, taken so that each label has its turn; measured on photos
that no training saw (VOC 2007 test for voc20, the 500 largest ids of COCO val2017 for coco80). Both only where they are
consistent at k before the attack. Perturbations whose file exists are kept; without the files the same command makes them again.

ASR: share of photos with E = 0 (the paper's for one z, §4.1). Goal: share with no true label left in the top-k (Eq. 6),
what both methods were asked for. "There": on the photos it was made on. Both methods have the same norm budget; a z that
ended more than 3 % below it ("as found": its own norm) is stretched to it, so that all are compared at about one norm; a row
whose ‖z‖₂ is far below ξ was measured before that and awaits `--again`. Noise:
Gaussian, on whole levels, as long, on the same photos. Intervals: Wilson's. Seconds: on CPU cores shared with other work.
Pert (Eq. 15): ‖z‖₂/(H·W) in 0–255 units. The paper's Table 4 has a Pert of 0.13 to 0.16 for TkML-AP-Uv (ASR 80.5 to 86.5 %) and
0.51 for kUAPs (63.9 to 74.6 %), for another network, z made on 3,000 photos, and a norm its program takes in a
[−1,1] space: they do not compare with these.

Why so long a z: ‖z‖₂ = 4000 at 224 × 224 changes a value by 10.3 levels rms (PSNR 27.9 dB), a texture that a visitor sees
but reads the photo through; no z within the usual universal budget of ‖z‖_∞ = 10 (Moosavi-Dezfooli et al., CVPR 2017) can be
longer than 3880. At 2000 a trial of TkML-AP-Uv (voc20, k = 3) fooled half of the 160 photos it was made on, at 3000 four in five.

{settings}

{table}
"""


def write(folder: Path) -> None:
    notes = [notes_of(path) for path in folder.glob("*.safetensors")]
    commands = "\n".join(f"`{command}`" for command in sorted({n["command"] for n in notes}))
    settings = "\n".join(f"- `{setting}`" for setting in sorted({n["settings"] for n in notes}))
    (folder / "README.md").write_text(PAGE.format(commands=commands, settings=settings, table=table(folder)))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tkml_core.experiments.universal", description=__doc__)
    parser.add_argument("--voc", type=Path, required=True, help="the VOCdevkit folder")
    parser.add_argument("--coco", type=Path, required=True, help="the COCO folder")
    parser.add_argument("--annotators", nargs="+", default=list(tk.available()), choices=tk.available())
    parser.add_argument("--attacks", nargs="+", default=list(ATTACKS), choices=ATTACKS)
    parser.add_argument("--k", type=int, nargs="+", default=list(KS))
    parser.add_argument("--xi", type=float, default=4000.0, help="the L2 norm budget, in 0–255 units")
    parser.add_argument("--photos", type=int, default=200, help="training photos for each perturbation")
    parser.add_argument("--epochs", type=int, default=3, help="passes of TkML-AP-Uv over them at most")
    parser.add_argument("--surrogate", default="average", choices=("average", "margin"), help="of TkML-AP-Uv")
    parser.add_argument("--fool-epochs", type=int, default=1, help="passes of kUAPs over them at most")
    parser.add_argument("--wanted", type=float, default=1.0, help="fooling rate on them at which to stop")
    parser.add_argument("--measured", type=int, default=200, help="at most so many photos to measure on")
    parser.add_argument("--seed", type=int, default=0, help="of the choice and order of photos, and of the noise")
    parser.add_argument("--device", default=None)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--again", action="store_true", help="measure those that exist, in place of making the others")
    parser.add_argument("--table", action="store_true", help="only write the page and print its table")
    args = parser.parse_args(argv)
    if not args.table:
        run(args, plain_command(args, parser))
    write(args.out)
    print(table(args.out))


if __name__ == "__main__":
    main()
