"""The paper's Tables 2 and 5 on the shipped annotators: `python -m tkml_core.experiments.attacks --help`.

Photos of the measuring part that are consistent at k, cut square so that they form batches, attacked at the defaults. Each
photo's outcome is a line of a JSON file: an interrupted run goes on where it stopped, a larger --photos adds to it.
"""

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import tkml_core as tk
from tkml_core.experiments.sample import CASES, Row, asked, interval, outcomes, prepared

# ASR in % that the paper prints (Table 2, TkML-AP-U; Table 5, TkML-AP-T), and its Pert ×10⁻², for k = 3, 5, 10. The
# authors' program measures the norm in a [−1,1] space: about twice Eq. 15.
PAPER = {
    "voc20": {
        "untargeted": ((99.6, 99.3, 98.3), (0.51, 0.56, 0.63)),
        "best": ((96.6, 92.8, 86.4), (0.44, 0.50, 0.56)),
        "random": ((89.8, 83.7, 76.4), (0.59, 0.63, 0.64)),
        "worst": ((75.8, 66.6, 57.0), (0.66, 0.69, 0.69)),
    },
    "coco80": {
        "untargeted": ((100, 100, 100), (0.49, 0.53, 0.59)),
        "best": ((100, 99.9, 99.8), (0.57, 0.69, 0.85)),
        "random": ((99.9, 97.8, 94.5), (0.99, 1.18, 1.28)),
        "worst": ((91.4, 87.2, 73.1), (1.14, 1.25, 1.30)),
    },
}
KS = (3, 5, 10)


def run(args: argparse.Namespace) -> None:
    """Attack what is not in the file yet, a batch of every cell in turn, so that a cut-off run is even over the cells."""
    args.out.parent.mkdir(parents=True, exist_ok=True)
    done = {(r["annotator"], r["case"], r["k"], r["key"]) for r in read(args.out)}
    ours = {repr(tk.TkMLAPU(max_steps=args.max_steps)), repr(tk.TkMLAPT(max_steps=args.max_steps))}
    other = {r["attack"] for r in read(args.out)} - ours
    if other:
        raise SystemExit(f"{args.out} was measured with other settings, {sorted(other)}; name another file with --out.")
    for name in args.annotators:
        annotator = tk.load(name, args.device)
        rows = prepared(annotator, name, args)
        sets = {}
        for k in args.k:
            fit = [r for r in rows if r.fits(k)]
            sets[k] = fit[: args.photos]
            print(f"{name}, k = {k}: {len(fit)} of {len(rows)} photos are consistent, {len(sets[k])} taken", flush=True)
        for start in range(0, args.photos, args.batch):
            for case in args.cases:
                for k in args.k:
                    batch = [r for r in sets[k][start : start + args.batch] if (name, case, k, r[0]) not in done]
                    if batch:
                        attack_batch(annotator, name, case, k, batch, args)


def attack_batch(
    annotator: tk.Annotator, name: str, case: str, k: int, batch: list[Row], args: argparse.Namespace
) -> None:
    x, goal = asked(case, k, batch, args.seed)
    kind = tk.TkMLAPU if case == "untargeted" else tk.TkMLAPT
    attack = kind(max_steps=args.max_steps)
    began = time.time()
    rows = outcomes(annotator, attack, x, goal, [row.key for row in batch])
    with args.out.open("a") as file:
        for row in rows:
            file.write(json.dumps({"annotator": name, "case": case, "k": k, **row}) + "\n")
    won, steps = sum(row["achieved"] for row in rows), sum(row["steps"] for row in rows) / len(rows)
    print(f"{name} {case} k={k}: {won}/{len(rows)}, {steps:.0f} steps, {time.time() - began:.0f} s", flush=True)


def read(path: Path) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def table(path: Path) -> str:
    """Markdown: ASR (Eq. 14) and goal share with 95 % intervals, Pert (Eq. 15), beside the paper's."""
    cells = defaultdict(list)
    for row in read(path):
        cells[row["annotator"], row["case"], row["k"]].append(row)
    lines = [
        "| annotator | case | k | photos | ASR % [95 %] | goal % [95 %] | paper's ASR % | Pert ×10⁻² | float | paper's Pert |"
        " steps | passes | s a photo |",
        "| " + " | ".join(["---"] * 13) + " |",
    ]
    for (name, case, k), rows in sorted(
        cells.items(), key=lambda c: (c[0][0] != "voc20", CASES.index(c[0][1]), c[0][2])
    ):
        n = len(rows)
        fooled, won = [r for r in rows if not r["consistent"]], sum(r["achieved"] for r in rows)
        mean = lambda key, of: 100 * sum(r[key] for r in of) / max(1, len(of))  # noqa: E731
        shares = [
            f"{100 * s / n:.1f} [{100 * interval(s, n)[0]:.1f}–{100 * interval(s, n)[1]:.1f}]"
            for s in (len(fooled), won)
        ]
        asr, pert = (p[KS.index(k)] if k in KS else "–" for p in PAPER[name][case])
        lines.append(
            f"| {name} | {case} | {k} | {n} | {shares[0]} | {shares[1]} | {asr} | {mean('pert', fooled):.2f} | "
            f"{mean('pert_float', fooled):.2f} | {pert} | {mean('steps', rows) / 100:.0f} | "
            f"{(mean('forwards', rows) + mean('backwards', rows)) / 100:.0f} | {mean('seconds', rows) / 100:.1f} |"
        )
    return "\n".join(lines)


def settings(path: Path) -> list[str]:
    """The attacks' settings found in the file, each once."""
    return sorted({f"- `{row['attack']}`" for row in read(path)})


PAGE = """# TkML-AP-U and TkML-AP-T on the bundled annotators

`python -m tkml_core.experiments.attacks --voc VOCdevkit --coco coco --write assets/measured/attacks.md` attacked photos of
the measuring parts (never trained on) that are consistent at k before the attack, cut square to 224 × 224, at the defaults:

{attacks}

The column "photos" says how many were attacked so far, at most 200 a cell (`--photos`); each one's outcome is a line of
`attacks.jsonl`, and the same command adds those that are missing.

ASR (Eq. 14): share of photos with E = 0 afterwards. Goal: share that met the attack's own goal (no true label in the top-k; or
the top-k is exactly the targets). Both are of the 8-bit image, with Wilson's 95 % intervals. Pert (Eq. 15): mean of
‖z‖₂/(H·W) over the photos with E = 0, z in 0–255 units, of the 8-bit image; "float" is of the perturbation before rounding.
The paper's columns are its Tables 2 and 5: other networks, and a Pert whose norm its program takes in a [−1,1] space, about twice
this unit. Pert does not compare across networks and image sizes; nothing is claimed against the paper's own networks. Passes:
forward and backward, checks included. Seconds: of one CPU thread, on a machine shared with other work.

{table}
"""


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tkml_core.experiments.attacks", description=__doc__)
    parser.add_argument("--voc", type=Path, required=True, help="the VOCdevkit folder")
    parser.add_argument("--coco", type=Path, required=True, help="the COCO folder")
    parser.add_argument("--annotators", nargs="+", default=list(tk.available()), choices=tk.available())
    parser.add_argument("--cases", nargs="+", default=CASES, choices=CASES)
    parser.add_argument("--k", type=int, nargs="+", default=KS)
    parser.add_argument("--photos", type=int, default=200, help="at most so many a cell")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--max-steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the order of photos and of random targets")
    parser.add_argument("--device", default=None)
    parser.add_argument("--out", type=Path, default=Path("assets/measured/attacks.jsonl"))
    parser.add_argument("--table", action="store_true", help="only print the table of what is in the file")
    parser.add_argument("--write", type=Path, help="also write the table as a page, such as assets/measured/attacks.md")
    args = parser.parse_args(argv)
    if not args.table:
        run(args)
    print(table(args.out))
    if args.write:
        args.write.parent.mkdir(parents=True, exist_ok=True)
        args.write.write_text(PAGE.format(table=table(args.out), attacks="\n".join(settings(args.out))))


if __name__ == "__main__":
    main()
