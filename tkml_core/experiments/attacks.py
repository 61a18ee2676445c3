"""The paper's Tables 2, 3 and 5 on the shipped annotators: `python -m tkml_core.experiments.attacks --help`.

Photos of the measuring part that are consistent at k, cut square so that they form batches, attacked at the defaults. Each
photo's outcome is a line of a JSON file: an interrupted run goes on where it stopped, a larger --photos adds to it.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import tkml_core as tk
from tkml_core.attacks.attack import Attack
from tkml_core.attacks.universal import Universal
from tkml_core.experiments import cells
from tkml_core.experiments.cells import KS, Outcome, read
from tkml_core.experiments.sample import CASES, interval

NAMES = [name for name, kind in tk.ATTACKS.items() if not issubclass(kind, Universal)]
PRINTED = {kind.__name__: name for name, kind in tk.ATTACKS.items()}  # by what `repr` begins with

# ASR in % that the paper prints (Tables 2 and 5) and its Pert ×10⁻², for k = 3, 5, 10. The authors' program measures the
# norm in a [−1,1] space: about twice Eq. 15.
PAPER = {
    ("voc20", "untargeted", "TkML-AP-U"): ((99.6, 99.3, 98.3), (0.51, 0.56, 0.63)),
    ("voc20", "untargeted", "kFool"): ((93.7, 93.5, 88.7), (1.64, 2.39, 4.88)),
    ("voc20", "best", "TkML-AP-T"): ((96.6, 92.8, 86.4), (0.44, 0.50, 0.56)),
    ("voc20", "best", "ML-AP"): ((96.2, 92, 84.2), (0.44, 0.50, 0.55)),
    ("voc20", "random", "TkML-AP-T"): ((89.8, 83.7, 76.4), (0.59, 0.63, 0.64)),
    ("voc20", "random", "ML-AP"): ((86, 77.9, 67.7), (0.59, 0.62, 0.63)),
    ("voc20", "worst", "TkML-AP-T"): ((75.8, 66.6, 57.0), (0.66, 0.69, 0.69)),
    ("voc20", "worst", "ML-AP"): ((68, 53.3, 39.1), (0.66, 0.67, 0.67)),
    ("coco80", "untargeted", "TkML-AP-U"): ((100, 100, 100), (0.49, 0.53, 0.59)),
    ("coco80", "untargeted", "kFool"): ((61.4, 65.2, 68.1), (5.49, 9.91, 16.44)),
    ("coco80", "best", "TkML-AP-T"): ((100, 99.9, 99.8), (0.57, 0.69, 0.85)),
    ("coco80", "best", "ML-AP"): ((100, 99.9, 99.8), (0.55, 0.66, 0.81)),
    ("coco80", "random", "TkML-AP-T"): ((99.9, 97.8, 94.5), (0.99, 1.18, 1.28)),
    ("coco80", "random", "ML-AP"): ((99.8, 96.5, 84.2), (0.95, 1.11, 1.22)),
    ("coco80", "worst", "TkML-AP-T"): ((91.4, 87.2, 73.1), (1.14, 1.25, 1.30)),
    ("coco80", "worst", "ML-AP"): ((90, 81.8, 59), (1.08, 1.18, 1.25)),
}
# Table 3: ASR in % of TkML-AP-U made for k = 3 where k' labels are shown, and Pert ×10⁻².
PAPER_LARGER = {
    ("voc20", 3): (99.6, 0.51), ("voc20", 5): (3.6, 0.24), ("voc20", 10): (0.3, 0.18),
    ("coco80", 3): (100, 0.49), ("coco80", 5): (26.5, 0.43), ("coco80", 10): (3.9, 0.35),
}  # fmt: skip


def attacks(case: str, names: Sequence[str], max_steps: int | None) -> cells.Methods:
    """Those of the attacks that can have the case's goal, by their printed names."""
    goal = tk.Cleared if case == "untargeted" else tk.Targeted
    settings = {} if max_steps is None else {"max_steps": max_steps}
    return {name: tk.ATTACKS[name](**settings) for name in names if goal in tk.ATTACKS[name].goals}


def check_settings(path: Path, chosen: Sequence[Attack]) -> None:
    """SystemExit where the file has lines of one of these attacks with other settings."""
    ours = {repr(attack) for attack in chosen}
    kinds = {type(attack).__name__ for attack in chosen}
    other = {r["attack"] for r in read(path) if r["attack"].split("(")[0] in kinds and r["attack"] not in ours}
    if other:
        raise SystemExit(f"{path} was measured with other settings, {sorted(other)}; name another file with --out.")


def share(successes: int, trials: int) -> str:
    """A share in % with its interval."""
    low, high = interval(successes, trials)
    return f"{100 * successes / trials:.1f} [{100 * low:.1f}–{100 * high:.1f}]"


def mean(key: str, rows: Sequence[Outcome]) -> float:
    return sum(row[key] for row in rows) / max(1, len(rows))


def table(path: Path) -> str:
    """Markdown: ASR (Eq. 14) and goal share with 95 % intervals, Pert (Eq. 15), beside the paper's."""
    found: dict[tuple[str, str, int, str], list[Outcome]] = defaultdict(list)
    for row in read(path):
        found[row["annotator"], row["case"], row["k"], PRINTED[row["attack"].split("(")[0]]].append(row)
    lines = [
        "| annotator | case | k | attack | photos | ASR % [95 %] | goal % [95 %] | paper's ASR % | Pert ×10⁻² | float |"
        " paper's Pert | steps | passes | s a photo |",
        "| " + " | ".join(["---"] * 14) + " |",
    ]
    for (name, case, k, attack), rows in sorted(found.items(), key=lambda cell: _place(*cell[0])):
        fooled = [row for row in rows if not row["consistent"]]
        asr, pert = _paper(name, case, k, attack)
        lines.append(
            f"| {name} | {case} | {k} | {attack} | {len(rows)} | {share(len(fooled), len(rows))} | "
            f"{share(sum(row['achieved'] for row in rows), len(rows))} | {asr} | {100 * mean('pert', fooled):.2f} | "
            f"{100 * mean('pert_float', fooled):.2f} | {pert} | {mean('steps', rows):.0f} | "
            f"{mean('forwards', rows) + mean('backwards', rows):.0f} | {mean('seconds', rows):.1f} |"
        )
    return "\n".join(lines)


def _place(name: str, case: str, k: int, attack: str) -> tuple[bool, int, int, int]:
    return name != "voc20", CASES.index(case), k, list(tk.ATTACKS).index(attack)


def _paper(name: str, case: str, k: int, attack: str) -> tuple[str, str]:
    """The paper's ASR and Pert as it prints them, or dashes."""
    if k not in KS or (name, case, attack) not in PAPER:
        return "–", "–"
    asr, pert = PAPER[name, case, attack]
    return str(asr[KS.index(k)]), f"{pert[KS.index(k)]:.2f}"


def shown_more(path: Path) -> str:
    """Markdown, Table 3: what remains of an untargeted attack made for k = 3 where k' ≥ 3 labels are shown.

    Over the photos that were consistent at k' before; lines that do not say where the true labels ended are left out.
    """
    found: dict[tuple[str, str, int, str], list[Outcome]] = defaultdict(list)
    for row in read(path):
        if row["case"] == "untargeted" and row["k"] == KS[0] and "true_ranks" in row:
            found[row["annotator"], "untargeted", KS[0], PRINTED[row["attack"].split("(")[0]]].append(row)
    lines = [
        "| annotator | attack | k | k′ | photos | ASR at k′ % [95 %] | Pert ×10⁻² of those | paper's ASR % | paper's Pert |",
        "| " + " | ".join(["---"] * 9) + " |",
    ]
    for (name, _, k, attack), rows in sorted(found.items(), key=lambda cell: _place(*cell[0])):
        for more in KS:
            fit = [row for row in rows if agree(row["true_ranks_before"], more)]
            fooled = [row for row in fit if not agree(row["true_ranks"], more)]
            asr, pert = PAPER_LARGER[name, more] if attack == "TkML-AP-U" else ("–", "–")
            if fit:
                lines.append(
                    f"| {name} | {attack} | {k} | {more} | {len(fit)} | {share(len(fooled), len(fit))} | "
                    f"{100 * mean('pert', fooled):.2f} | {asr} | {pert} |"
                )
    return "\n".join(lines)


def agree(true_ranks: Sequence[int], k: int) -> bool:
    """E(Y, Ŷ_k) of Eq. 1, from the ranks of the true labels."""
    return sum(rank <= k for rank in true_ranks) in (k, len(true_ranks))


def settings(path: Path) -> str:
    """The attacks' settings found in the file, each once."""
    return "\n".join(sorted({f"- `{row['attack']}`" for row in read(path)}))


PAGE = """# The paper's attacks, and those it compares with, on the bundled annotators

`python -m tkml_core.experiments.attacks --voc VOCdevkit --coco coco --attacks {names} --write assets/measured/attacks.md`
attacked photos of the measuring parts (never trained on) that are consistent at k before the attack, cut square to
224 × 224, at the defaults:

{attacks}

The column "photos" says how many were attacked so far, at most 200 a cell (`--photos`); each one's outcome is a line of
`attacks.jsonl`, and the same command adds those that are missing.

ASR (Eq. 14): share of photos with E = 0 afterwards. Goal: share that met the attack's own goal (no true label in the top-k; or
the top-k is exactly the targets). Both are of the 8-bit image, with Wilson's 95 % intervals. Pert (Eq. 15): mean of
‖z‖₂/(H·W) over the photos with E = 0, z in 0–255 units, of the 8-bit image; "float" is of the perturbation before rounding.
The paper's columns are its Tables 2 and 5: other networks, and a Pert whose norm its program takes in a [−1,1] space, about twice
this unit. Pert does not compare across networks and image sizes; nothing is claimed against the paper's own networks. Passes:
forward and backward, checks included. Seconds: of one CPU thread, on a machine shared with other work.

{{table}}
"""
MORE = """

## More labels shown than attacked for (Table 3)

The perturbation made for k = 3, judged at k′: of the photos that are consistent at k′ before, the share with E = 0 at k′ after.

"""


def main(argv: list[str] | None = None) -> None:
    parser = cells.parser("attacks", __doc__, "attacks", batch=16)
    parser.add_argument("--attacks", nargs="+", default=["TkML-AP-U", "TkML-AP-T"], choices=NAMES)
    parser.add_argument("--max-steps", type=int, help="other than each attack's own")
    args = parser.parse_args(argv)
    if not args.table:
        check_settings(args.out, [a for case in CASES for a in attacks(case, args.attacks, args.max_steps).values()])
        cells.run(args, lambda case: attacks(case, args.attacks, args.max_steps))
    larger = shown_more(args.out)
    tables = table(args.out) + (MORE + larger if larger.count("\n") > 1 else "")
    names = [name for name in NAMES if f"- `{tk.ATTACKS[name].__name__}(" in settings(args.out)]
    cells.conclude(args, tables, PAGE.format(attacks=settings(args.out), names=" ".join(names)))


if __name__ == "__main__":
    main()
