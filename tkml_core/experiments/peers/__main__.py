"""MinNorm beside others' minimum-norm attacks, at the same number of gradients: `python -m tkml_core.experiments.peers --help`.

Every attack has the same photos, the same exact margin, the same final bisection and the same search on 8-bit levels. Each
outcome is a line of --out as soon as it is there: kill it when you like, the same command goes on. A page with the tables
is printed, and written beside the lines as Markdown, with their rows as CSV.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import tkml_core as tk
from tkml_core.experiments.command import add_block_options, add_shared_options, write_page
from tkml_core.experiments.consistent_photos import consistent_photos
from tkml_core.experiments.measured_photos import Row, asked
from tkml_core.experiments.peers.method import PEERS, Peer
from tkml_core.experiments.peers.packaged import PACKAGED
from tkml_core.experiments.peers.table import tables
from tkml_core.experiments.results import Minutes, replace_text, write
from tkml_core.measured.lines import Outcome, read
from tkml_core.measured.peers import OURS, identity
from tkml_core.measured.peers_csv import files
from tkml_core.zoo.registry import weights_of


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m tkml_core.experiments.peers",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    add_shared_options(made)
    add_block_options(made)
    made.add_argument("--annotator", nargs="+", default=list(tk.available())[:2], choices=tk.available())
    made.add_argument("--cases", nargs="+", default=["untargeted", "worst"], choices=["untargeted", *tk.CASES])
    made.add_argument("--k", type=int, nargs="+", default=[3])
    made.add_argument("--gradients", type=int, nargs="+", default=[100])
    made.add_argument("--peers", nargs="+", default=list(PEERS), choices=[*PEERS, *PACKAGED],
                      help="peers that are written here, or adv-lib's (tests/peers.txt)")  # fmt: skip
    made.add_argument("--exact", action="store_true", help="without the smoothed margin beside the exact one")
    made.add_argument("--photos", type=int, default=60, help="at most so many a cell")
    made.add_argument("--side", type=int, help="photos scaled to so many pixels a side, for a quick look")
    made.add_argument("--out", type=Path, default=Path("runs/peers.jsonl"))
    made.add_argument(
        "--table", action="store_true", help="only print the table of the lines that are there, and write its CSV"
    )
    return made


def methods(gradients: int, peers: list[str], exact: bool) -> dict[str, Callable[..., tk.Result]]:
    """By the names in the table: MinNorm, with a schedule as long as theirs, and each peer, with so many gradients."""
    made: dict[str, Callable[..., tk.Result]] = {OURS: tk.MinNorm(max_steps=gradients, schedule=gradients, rounded=0)}
    for name in peers:
        made[name] = Peer(name, gradients)
        if not exact:
            made[f"{name}, smoothed"] = Peer(name, gradients, smooth=True)
    return made


def blocks(args: argparse.Namespace) -> Iterator[tuple[str, tk.Annotator, str, int, list[Row]]]:
    """A few photos of every cell in turn, so that a run that is cut off is even over the cells."""
    annotators = {name: tk.load(name, args.device) for name in args.annotator}
    sources = {(name, k): consistent_photos(own, name, k, args) for name, own in annotators.items() for k in args.k}
    for start in range(0, args.photos, args.batch):
        for (name, k), source in sources.items():
            wanted = min(args.batch, args.photos - start)
            rows = [row for _, row in zip(range(wanted), source, strict=False)]
            for case in args.cases if rows else []:
                yield name, annotators[name], case, k, rows


def run(args: argparse.Namespace, now: Callable[[], float] = time.monotonic) -> None:
    """Attack what has no line yet."""
    found = list(read(args.out))
    done = {identity(line) for line in found}
    weights = {name: weights_of(name)[:12] for name in args.annotator}
    for line in found:
        if weights.get(line["annotator"], line["weights"]) != line["weights"]:
            raise SystemExit(
                f"{args.out} has lines of {line['annotator']} with the weights {line['weights']}; they are "
                f"{weights[line['annotator']]} now. Name another file with --out."
            )
    time_allowed = Minutes(args.minutes, now)
    for name, annotator, case, k, rows in blocks(args):
        x, goal = asked(case, k, rows, args.seed)
        for gradients in args.gradients:
            cell = {"annotator": name, "case": case, "k": k, "gradients": gradients, "side": x.shape[-1]}
            for method, attack in methods(gradients, args.peers, args.exact).items():
                if time_allowed.over():
                    return
                lines = [{**cell, "method": method, "key": row.key} for row in rows]
                if all(identity(line) in done for line in lines):
                    continue
                began = time.monotonic()
                result = attack(annotator, x, goal)
                for i, line in enumerate(lines):
                    line |= {
                        "weights": weights[name], "settings": repr(attack), "achieved": bool(result.achieved[i]),
                        "norm": float(result.norm[i]), "norm_float": float(result.norm_float[i]),
                        "backwards": int(result.backwards[i]),
                    }  # fmt: skip
                write(args.out, [line for line in lines if identity(line) not in done])
                won = sum(line["achieved"] for line in lines)
                print(
                    f"{name} {case} k = {k}, {method}: {won} of {len(lines)}, {time.monotonic() - began:.0f} s",
                    flush=True,
                )


PAGE = """# MinNorm beside others

`{command}`

{tables}
"""


def page(lines: Sequence[Outcome], command: str) -> str:
    return PAGE.format(command=command, tables=tables(lines))


def main(argv: list[str] | None = None) -> None:
    args = parser().parse_args(argv)
    if not args.table:
        run(args)
    write_page(args, parser(), page, None if args.table else args.out.with_suffix(".md"))
    for name, text in files(args.out.stem, list(read(args.out))).items():
        replace_text(args.out.with_name(name), text)


if __name__ == "__main__":
    main()
