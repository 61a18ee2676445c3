"""MinNorm beside the paper's attacks on the same photos, in one run: `python -m tkml_core.experiments.compare --help`.

The paper's attack runs at several step sizes and is judged by the one with the highest share of goals, ties by norm.
Each photo's outcome is a line of a JSON file: an interrupted run goes on, a larger --photos adds to it.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import tkml_core as tk
from tkml_core.experiments import cells
from tkml_core.experiments.cells import Outcome, read
from tkml_core.experiments.markdown import markdown
from tkml_core.experiments.sample import CASES, share

STEP_SIZES = (0.1, 0.2, 0.5, 1.0)  # share of the way to the goal that one update goes, see `Descent`
OURS = {"MinNorm": tk.MinNorm(), "preview": tk.MinNorm(max_steps=30)}


def attacks(case: str) -> cells.Methods:
    """By a short name: MinNorm's two presets, and the paper's attack at each step size."""
    kind = tk.TkMLAPU if case == "untargeted" else tk.TkMLAPT
    return {**OURS, **{f"paper {step}": kind(step=step) for step in STEP_SIZES}}


def best_of_the_paper(methods: dict[str, dict[str, Outcome]]) -> str:
    """The step size of the highest share of goals, ties by the mean 8-bit norm of the successes."""

    def rank(name: str) -> tuple[int, float]:
        won = [row["pert"] for row in methods[name].values() if row["achieved"]]
        return -len(won), sum(won) / max(len(won), 1)

    return min((name for name in methods if name.startswith("paper")), key=rank)


@dataclass(frozen=True)
class Compared:
    """MinNorm and the paper's best attack on the same photos; shares in %, ratios "–" where no photo is solved by both."""

    annotator: str
    case: str
    k: int
    photos: int
    paper_step: str
    paper_share: float
    won: int  # photos on which MinNorm reaches the goal
    asr: float
    float_ratio: str
    ratio: str
    grid: float  # mean 8-bit over mean float norm of MinNorm
    grid_each: float  # mean of its photos' ratios
    gradients: float
    most_gradients: int
    preview_share: float
    preview_ratio: str


def measured(path: Path) -> list[Compared]:
    """Every cell in which all methods have attacked some photo, over the photos that all of them have attacked."""
    found: dict[tuple[str, str, int], dict[str, dict[str, Outcome]]] = defaultdict(lambda: defaultdict(dict))
    for row in read(path):
        found[row["annotator"], row["case"], row["k"]][row["method"]][row["key"]] = row
    made = []
    for (name, case, k), methods in sorted(found.items(), key=lambda c: (c[0][0], CASES.index(c[0][1]), c[0][2])):
        keys = set.intersection(*(set(rows) for rows in methods.values()))
        if len(methods) < len(attacks(case)) or not keys:
            continue
        methods = {method: {key: rows[key] for key in sorted(keys)} for method, rows in methods.items()}
        paper = best_of_the_paper(methods)
        ours = methods["MinNorm"].values()
        gradients = [row["backwards"] for row in ours]
        solved = [row for row in ours if row["achieved"] and row["pert_float"]]
        each = [row["pert"] / row["pert_float"] for row in solved]
        grid = sum(row["pert"] for row in solved) / (sum(row["pert_float"] for row in solved) or 1)
        made.append(
            Compared(
                name, case, k, len(keys), paper.removeprefix("paper "), _share(methods[paper]),
                sum(row["achieved"] for row in ours), 100 * sum(not row["consistent"] for row in ours) / len(keys),
                _ratio(methods, "MinNorm", paper, "pert_float"), _ratio(methods, "MinNorm", paper, "pert"),
                grid, sum(each) / max(len(each), 1), sum(gradients) / len(gradients), max(gradients),
                _share(methods["preview"]), _ratio(methods, "preview", paper, "pert_float"),
            )
        )  # fmt: skip
    return made


def table(path: Path) -> str:
    """Markdown: shares with their 95 % intervals, and ratios of mean norms over the photos that both attacks solve."""
    columns = (
        "annotator | case | k | photos | paper's step | paper's goal % | MinNorm's goal % [95 %] | ASR % | float ratio | "
        "8-bit ratio | grid | gradients, mean (most) | preview's goal % | preview's float ratio"
    )
    rows = (
        f"{c.annotator} | {c.case} | {c.k} | {c.photos} | {c.paper_step} | {c.paper_share:.1f} | "
        f"{share(c.won, c.photos)} | {c.asr:.1f} | {c.float_ratio} | {c.ratio} | {c.grid:.2f} ({c.grid_each:.2f}) | "
        f"{c.gradients:.0f} ({c.most_gradients}) | {c.preview_share:.1f} | {c.preview_ratio}"
        for c in measured(path)
    )
    return markdown(columns, rows)


def _share(rows: dict[str, Outcome]) -> float:
    return 100 * sum(row["achieved"] for row in rows.values()) / len(rows)


def _ratio(methods: dict[str, dict[str, Outcome]], ours: str, paper: str, norm: str) -> str:
    both = [key for key, row in methods[ours].items() if row["achieved"] and methods[paper][key]["achieved"]]
    total = sum(methods[paper][key][norm] for key in both)
    return f"{sum(methods[ours][key][norm] for key in both) / total:.2f}" if total else "–"


PAGE = """# MinNorm beside the paper's attacks

`python -m tkml_core.experiments.compare --voc VOCdevkit --coco coco --write assets/measured/minnorm.md` attacked the same
photos of the measuring parts (never trained on; consistent at k before; cut square to 224 × 224) with

- MinNorm as it comes (`{default}`), and its preview (`{preview}`);
- the paper's attack (TkML-AP-U, or TkML-AP-T where there are targets) at the step sizes {sizes}, at most 1000 steps; the
  row shows the one that meets the most goals, ties by norm.

"photos" says how many were attacked so far, at most 200 a cell (`--photos`); each outcome is a line of `minnorm.jsonl`, and the
same command adds those that are missing. Goal: share of photos whose 8-bit image meets the attack's goal, with Wilson's 95 %
interval. ASR: share with E = 0. Ratios: mean ‖z‖₂ of MinNorm over that of the paper's attack, over the photos that both solve,
before rounding and of the 8-bit image. Grid: MinNorm's mean 8-bit over its mean float norm, and in brackets the mean of its
photos' ratios, in which a photo that needs next to no change counts as much as any. Gradients: backward passes a photo.

{{table}}
"""


def main(argv: list[str] | None = None) -> None:
    args = cells.parser("compare", __doc__, "minnorm", batch=8).parse_args(argv)
    if not args.table:
        cells.run(args, attacks)
    sizes = ", ".join(str(size) for size in STEP_SIZES)
    page = PAGE.format(default=OURS["MinNorm"], preview=OURS["preview"], sizes=sizes)
    cells.conclude(args, table(args.out), page)


if __name__ == "__main__":
    main()
