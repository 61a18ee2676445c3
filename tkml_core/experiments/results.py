"""What the tables share: the command line, a line of JSON a photo, and a run that goes on where it stopped.

A cell of a table is an annotator, a case (untargeted, or how targets are chosen) and k; in each, several methods run.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tkml_core as tk
from tkml_core.attacks.base import Attack
from tkml_core.experiments.measured_photos import CASES, asked, outcomes, prepared

KS = (3, 5, 10)

Outcome = dict[str, Any]
Methods = dict[str, Attack]  # by a short name


def parser(command: str, about: str | None, page: str, batch: int) -> argparse.ArgumentParser:
    """What every table takes; its page is `assets/measured/<page>.md`, its lines are in a .jsonl of that name."""
    made = argparse.ArgumentParser(prog=f"python -m tkml_core.experiments.{command}", description=about)
    made.add_argument("--voc", type=Path, default=Path("VOCdevkit"), help="the folder of that name")
    made.add_argument("--coco", type=Path, default=Path("coco"), help="the folder with COCO's photos and annotations")
    made.add_argument("--annotators", nargs="+", default=list(tk.available()), choices=tk.available())
    made.add_argument("--cases", nargs="+", default=CASES, choices=CASES)
    made.add_argument("--k", type=int, nargs="+", default=KS)
    made.add_argument("--photos", type=int, default=200, help="at most so many a cell")
    made.add_argument("--batch", type=int, default=batch)
    made.add_argument("--seed", type=int, default=0, help="of the order of photos and of random targets")
    made.add_argument("--device", default=None)
    made.add_argument("--out", type=Path, default=Path(f"assets/measured/{page}.jsonl"))
    made.add_argument("--table", action="store_true", help="only print the table of what is in the file")
    made.add_argument("--write", type=Path, help=f"also write it as a page, such as assets/measured/{page}.md")
    return made


def read(path: Path) -> list[Outcome]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def check_settings(path: Path, chosen: Sequence[Attack]) -> None:
    """SystemExit where the file has lines of one of these attacks with other settings."""
    ours = {repr(attack) for attack in chosen}
    kinds = {type(attack).__name__ for attack in chosen}
    other = {r["attack"] for r in read(path) if r["attack"].split("(")[0] in kinds and r["attack"] not in ours}
    if other:
        raise SystemExit(f"{path} was measured with other settings, {sorted(other)}; name another file with --out.")


def run(args: argparse.Namespace, methods: Callable[[str], Methods]) -> None:
    """Attack what is not in the file yet, a batch of every cell in turn, so that a cut-off run is even over the cells.

    methods: what runs in a case.
    """
    args.out.parent.mkdir(parents=True, exist_ok=True)
    done = {(r["annotator"], r["case"], r["k"], r["key"], r["attack"]) for r in read(args.out)}
    for name in args.annotators:
        annotator = tk.load(name, args.device)
        try:
            photos = prepared(annotator, name, args)
        except FileNotFoundError as error:
            raise SystemExit(
                f"There is no {error.filename}; name the photos' folders with --voc and --coco."
            ) from error
        for start in range(0, args.photos, args.batch):
            for case in args.cases:
                for k in args.k:
                    taken = [row for row in photos if row.fits(k)][: args.photos][start : start + args.batch]
                    for short, attack in methods(case).items():
                        rows = [row for row in taken if (name, case, k, row.key, repr(attack)) not in done]
                        if not rows:
                            continue
                        began = time.time()
                        found = outcomes(annotator, attack, *asked(case, k, rows, args.seed), rows)
                        cell = {"annotator": name, "case": case, "k": k, "method": short}
                        with args.out.open("a") as file:
                            file.writelines(json.dumps({**cell, **row}) + "\n" for row in found)
                        won = sum(row["achieved"] for row in found)
                        seconds = time.time() - began
                        print(f"{name} {case} k={k} {short}: {won}/{len(found)}, {seconds:.0f} s", flush=True)


def conclude(args: argparse.Namespace, table: str, page: str) -> None:
    """Print the table; with --write save the page, which has a place for it."""
    print(table)
    if args.write:
        args.write.parent.mkdir(parents=True, exist_ok=True)
        args.write.write_text(page.format(table=table))
