"""How hard is an annotator to fool, and does what fools it fool another? `python -m tkml_core.experiments.transfer --help`.

Photos on which all of the annotators agree with the truth at k are attacked on each of them in turn (goal: no true label in the
top-k). Every other annotator then looks at the saved 8-bit picture, as a person would show it the file, and, so that there is
something to compare with, at the photo with noise of the same length. A line of JSON for each photo, annotator and attack is
written to --out as it is made: kill it when you like, the same command goes on.
"""

import argparse
from collections.abc import Sequence
from math import log
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.universal.norm_ball import noise_like
from tkml_core.experiments.command import add_block_options, add_shared_options, naming_folders, write_page
from tkml_core.experiments.consistent_photos import consistent_for_all
from tkml_core.experiments.datasets import measuring
from tkml_core.experiments.measured_photos import Row, asked, shuffled
from tkml_core.experiments.methods import attack_of
from tkml_core.experiments.results import Minutes, write
from tkml_core.images import quantize, to_pil
from tkml_core.measured.lines import Outcome, read
from tkml_core.measured.tables_report import chance
from tkml_core.statistics import share, signed_rank
from tkml_core.zoo import DEFAULT
from tkml_core.zoo.registry import weights_of

FIRM = "MinNorm(confidence=1.0)"  # a win by one logit, beside the smallest change


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m tkml_core.experiments.transfer", description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )  # fmt: skip
    add_shared_options(made)
    add_block_options(made)
    made.add_argument(
        "--annotator",
        nargs="+",
        default=[DEFAULT, f"hardened-{DEFAULT}", f"mobilenet-{DEFAULT}"],
        choices=tk.available(),
    )
    made.add_argument("--methods", nargs="+", default=["MinNorm", FIRM])
    made.add_argument("--k", type=int, default=3)
    made.add_argument("--photos", type=int, default=24)
    made.add_argument("--out", type=Path, default=Path("runs/transfer.jsonl"))
    made.add_argument("--write", type=Path, help="also write the tables as a page, such as assets/measured/transfer.md")
    return made


def identity(line: Outcome) -> tuple[Any, ...]:
    return line["annotator"], line["weights"], line["method"], line["k"], line["key"]


@torch.no_grad()
def judged(annotator: tk.Annotator, image: Tensor, true: Tensor, k: int) -> dict[str, bool]:
    """What an annotator makes of the saved picture (1,3,H,W) of another one's size."""
    logits = annotator(annotator.prepare(to_pil(image), square=True))
    goal = tk.Cleared(true=true[None].to(logits.device), k=k)
    return {"achieved": bool((goal.margin(logits) < 0)[0]), "consistent": bool(tk.consistent(logits, goal.true, k)[0])}


def attacked(
    annotators: dict[str, tk.Annotator], name: str, method: str, rows: Sequence[dict[str, Row]], k: int, seed: int
) -> list[Outcome]:
    """What came of the photos on one annotator, and what the others make of the pictures."""
    own = [row[name] for row in rows]
    x, goal = asked("cleared", k, own, seed)
    result = attack_of(method)(annotators[name], x, goal)
    lines = []
    for i, row in enumerate(own):
        z = (result.x_adv - x.to(result.x_adv))[i : i + 1]
        noisy = quantize((x[i : i + 1].to(z) + noise_like(z, seed + i)).clamp(0, 1))
        others = {
            other: {"picture": judged(annotator, result.x_adv[i : i + 1], row.true, k),
                    "noise": judged(annotator, noisy, row.true, k)}
            for other, annotator in annotators.items() if other != name
        }  # fmt: skip
        lines.append(
            {
                "key": row.key, "achieved": bool(result.achieved[i]), "norm": round(float(result.norm[i]), 2),
                "side": x.shape[-1], "others": others,
            }
        )  # fmt: skip
    return lines


def run(args: argparse.Namespace) -> None:
    """Attack what has no line yet, a few photos on every annotator in turn."""
    time_allowed = Minutes(args.minutes)
    annotators = {name: tk.load(name, args.device) for name in args.annotator}
    done = {identity(line) for line in read(args.out)}
    first = args.annotator[0]
    with naming_folders():
        photos = shuffled(measuring(first, args.voc, args.coco), first, args.seed)
    found = consistent_for_all(annotators, photos, args.k)
    for start in range(0, args.photos, args.batch):
        rows = [row for _, row in zip(range(min(args.batch, args.photos - start)), found, strict=False)]
        for name in annotators if rows else ():
            for method in args.methods:
                cell = {"annotator": name, "weights": weights_of(name)[:12], "method": method, "k": args.k}
                if all(identity({**cell, "key": row[name].key}) in done for row in rows):
                    continue
                if time_allowed.over():
                    return
                lines = attacked(annotators, name, method, rows, args.k, args.seed + start)
                write(args.out, [{**cell, **line} for line in lines])
                print(f"{start + len(rows)} photos: {name}, {method}", flush=True)


def _rows(lines: Sequence[Outcome]) -> list[tuple[str, str, dict[str, Outcome]]]:
    """Annotator, method and its lines by photo; all of them on the photos that every one has."""
    cells: dict[tuple[str, str], dict[str, Outcome]] = {}
    for line in lines:
        cells.setdefault((line["annotator"], line["method"]), {})[line["key"]] = line
    shared = set.intersection(*(set(cell) for cell in cells.values())) if cells else set()
    return [(*at, {key: cell[key] for key in sorted(shared)}) for at, cell in cells.items()]


def hardness(lines: Sequence[Outcome]) -> str:
    """Markdown: the length that each annotator needs, beside the first one's on the same photos."""
    rows = _rows(lines)
    first: dict[str, dict[str, Outcome]] = {}
    for _, method, cell in rows:
        first.setdefault(method, cell)
    out = [
        "| fooled | by | photos | goal met | median ‖z‖₂ | side | median of the ratios to the first | p |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, method, cell in rows:
        met = [key for key, line in cell.items() if line["achieved"]]
        both = [key for key in met if first[method][key]["achieved"]]
        length = f"{median(cell[key]['norm'] for key in met):.0f}" if met else "–"
        ratios = [cell[key]["norm"] / first[method][key]["norm"] for key in both]
        ratio = f"{median(ratios):.2f}" if both else "–"
        p = chance(signed_rank(list(map(log, ratios)), [0.0] * len(ratios))) if cell is not first[method] else "–"
        side = ", ".join(sorted({str(line["side"]) for line in cell.values()}))
        out.append(
            f"| {name} | {method} | {len(cell)} | {share(len(met), len(cell))} | {length} | {side} | {ratio} | {p} |"
        )
    return "\n".join(out)


def transfers(lines: Sequence[Outcome]) -> str:
    """Markdown: the share of the pictures that fool another annotator, too, and in brackets that of noise as long."""
    rows = _rows(lines)
    names = list(dict.fromkeys(name for name, _, _ in rows))
    out = [
        "| made for | by | " + " | ".join(f"shown to {name}" for name in names) + " |",
        "| --- " * (len(names) + 2) + "|",
    ]
    for name, method, cell in rows:
        won = [line for line in cell.values() if line["achieved"]]
        shown = []
        for other in names:
            if other == name:
                shown.append("–")
                continue
            fooled = [sum(line["others"][other][what]["achieved"] for line in won) for what in ("picture", "noise")]
            shown.append(f"{share(fooled[0], len(won))} ({fooled[1]} of {len(won)})" if won else "–")
        out.append(f"| {name} | {method} | " + " | ".join(shown) + " |")
    return "\n".join(out)


PAGE = """# How hard each annotator is to fool, and whether what fools it fools another

`{command}`

Photos that none of the annotators was trained on, and on which all of them agree with the truth at k = {ks}. The goal is that no
true label is left in the top-k. Norms are of the saved 8-bit pictures, in 0–255 units, at each annotator's own size: a square of
`side` pixels. Medians are over the photos on which the goal is met. p: Wilcoxon's signed-rank test of the ratios' logarithms, a
photo each; each is of a single test.

{hardness}

## Shown to another annotator

Of the pictures that fool the annotator they were made for: on how many the other one names no true label in its top-k either, in
per cent, with Wilson's 95% interval; in brackets the same for the photo with Gaussian noise of the same length.

{transfers}
"""


def page(lines: Sequence[Outcome], command: str) -> str:
    ks = ", ".join(str(k) for k in sorted({line["k"] for line in lines}))
    return PAGE.format(command=command, ks=ks, hardness=hardness(lines), transfers=transfers(lines))


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    run(args)
    write_page(args, parser(), page, args.write)


if __name__ == "__main__":
    main()
