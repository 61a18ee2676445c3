"""BlackBox beside Square Attack on the same photos: `python -m tkml_core.experiments.blackbox --help`.

Each outcome is a line of --out as soon as it is there: kill it when you like, the same command goes on. A page with the table
is printed, and written where --write says.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

import tkml_core as tk
from tkml_core.experiments.blackbox.square_attack import SquareAttack
from tkml_core.experiments.blackbox.table import BLACK_BOX, MOMENTS, SQUARE_ATTACK, identity, table
from tkml_core.experiments.command import add_block_options, add_shared_options, write_page
from tkml_core.experiments.consistent_photos import consistent_photos
from tkml_core.experiments.measured_photos import Row, asked
from tkml_core.experiments.results import Minutes, write
from tkml_core.measured.lines import Outcome, read
from tkml_core.step_generators import WithResult
from tkml_core.zoo import DEFAULT
from tkml_core.zoo.registry import weights_of

ATTACKS: dict[str, type[tk.BlackBox]] = {SQUARE_ATTACK: SquareAttack, BLACK_BOX: tk.BlackBox}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m tkml_core.experiments.blackbox",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    add_shared_options(made)
    add_block_options(made)
    made.add_argument("--annotator", default=DEFAULT, choices=tk.available())
    made.add_argument("--cases", nargs="+", default=["untargeted", "best"], choices=["untargeted", *tk.CASES])
    made.add_argument("--k", type=int, default=3)
    made.add_argument("--queries", type=int, default=2000)
    made.add_argument("--epsilon", type=int, default=8)
    made.add_argument("--photos", type=int, default=24)
    made.add_argument("--side", type=int, help="photos scaled to so many pixels a side, for a quick look")
    made.add_argument("--out", type=Path, default=Path("runs/blackbox.jsonl"))
    made.add_argument("--write", type=Path, help="also write the table as a page, such as assets/measured/blackbox.md")
    return made


def attacked(
    attack: tk.BlackBox, annotator: tk.Annotator, x: Tensor, goal: tk.Goal, rows: Sequence[Row]
) -> list[Outcome]:
    """What came of each photo: queries until the first success, and ‖z‖₂ of the best one after some numbers of queries."""
    first: list[int | None] = [None] * len(rows)
    norms: list[dict[str, float]] = [{} for _ in rows]
    run = WithResult(attack.steps(annotator, x, goal))
    for step in run:
        queries = step.index + 1  # with the first look
        for i in step.certified.nonzero()[:, 0].tolist():
            first[i] = queries if first[i] is None else first[i]
            if queries in MOMENTS:
                norms[i][str(queries)] = round(float(step.norm[i]), 1)
    result = run.result
    return [
        {
            "key": row.key, "achieved": bool(result.achieved[i]), "norm": round(float(result.norm[i]), 1),
            "first": first[i], "norms": norms[i], "forwards": int(result.forwards[i]),
        }
        for i, row in enumerate(rows)
    ]  # fmt: skip


def run(args: argparse.Namespace) -> None:
    """Attack what has no line yet, a few photos of every case in turn."""
    time_allowed = Minutes(args.minutes)
    annotator = tk.load(args.annotator, args.device)
    done = {identity(line) for line in read(args.out)}
    source = consistent_photos(annotator, args.annotator, args.k, args)
    for start in range(0, args.photos, args.batch):
        rows = [row for _, row in zip(range(min(args.batch, args.photos - start)), source, strict=False)]
        for case in args.cases if rows else []:
            x, goal = asked(case, args.k, rows, args.seed)
            for method, kind in ATTACKS.items():
                cell = {
                    "annotator": args.annotator, "weights": weights_of(args.annotator)[:12], "case": case, "k": args.k,
                    "queries": args.queries, "epsilon": args.epsilon, "side": x.shape[-1], "seed": args.seed, "method": method,
                }  # fmt: skip
                if all(identity({**cell, "key": row.key}) in done for row in rows):
                    continue
                if time_allowed.over():
                    return
                attack = kind(max_steps=args.queries, epsilon=args.epsilon, seed=args.seed + 1000 * start)
                found = attacked(attack, annotator, x, goal, rows)
                write(args.out, [{**cell, **line} for line in found])
                print(f"{case}, {method}: {sum(line['achieved'] for line in found)} of {len(found)}", flush=True)


PAGE = """# BlackBox beside Square Attack

`{command}`

Photos that no bundled annotator was trained on. Queries: every forward pass counts, the first look at the photo too. Norms are of
8-bit images, in 0–255 units: means over the photos solved by then, whose number stands in brackets. Square Attack is this
project's, after the paper, with the finish that BlackBox had before. McNemar's test of who solves, Wilcoxon's signed-rank test of
queries (unsolved counts as later than all others) and of ‖z‖₂ where both solve, its ratio a geometric mean. Each p is of a
single test.

{table}
"""


def page(lines: Sequence[Outcome], command: str) -> str:
    return PAGE.format(command=command, table=table(lines))


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    run(args)
    write_page(args, parser(), page, args.write)


if __name__ == "__main__":
    main()
