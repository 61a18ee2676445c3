"""MinNorm beside the paper's attacks on the same photos, in one run: `python -m tkml_core.experiments.compare --help`.

The paper's attack runs at several step sizes and is judged by the one with the highest share of goals, ties by norm, and
beside that by the best one for each photo.
Each photo's outcome is a line of a JSON file: an interrupted run goes on, a larger --photos adds to it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import tkml_core as tk
from tkml_core.experiments import results
from tkml_core.experiments.markdown import markdown
from tkml_core.experiments.measured_photos import CASES
from tkml_core.experiments.results import Outcome, read
from tkml_core.statistics import share

STEP_SIZES = (0.1, 0.2, 0.5, 1.0)  # share of the way to the goal that one update goes, see `Descent`
FINER = 0.05  # one more, for cells in which it still reaches the goal in 1000 steps; half of that does not
OURS = {"MinNorm": tk.MinNorm(), "preview": tk.MinNorm(max_steps=30)}


def attacks(case: str) -> results.Methods:
    """By a short name: MinNorm's two presets, and the paper's attack at each step size."""
    kind = tk.TkMLAPU if case == "untargeted" else tk.TkMLAPT
    return {**OURS, **{f"paper {step}": kind(step=step) for step in (*STEP_SIZES, FINER)}}


def best_of_the_paper(methods: dict[str, dict[str, Outcome]]) -> str:
    """The step size of the highest share of goals, ties by the mean 8-bit norm of the successes."""

    def rank(name: str) -> tuple[int, float]:
        won = [row["pert"] for row in methods[name].values() if row["achieved"]]
        return -len(won), sum(won) / max(len(won), 1)

    return min(_papers(methods), key=rank)


def _papers(methods: Iterable[str]) -> list[str]:
    return [name for name in methods if name.startswith("paper")]


def best_on_each_photo(methods: dict[str, dict[str, Outcome]]) -> dict[str, Outcome]:
    """The paper's attack with, for every photo, the step size that meets its goal with the least 8-bit norm."""
    papers = [methods[name] for name in _papers(methods)]
    return {
        key: min((rows[key] for rows in papers), key=lambda row: (not row["achieved"], row["pert"]))
        for key in papers[0]
    }


def float_norm(row: Outcome) -> float:
    """The smallest float perturbation that is known: an 8-bit image is one too, and its search may have found a shorter one."""
    return min(row["pert_float"], row["pert"])


@dataclass(frozen=True)
class Compared:
    """MinNorm and the paper's best attack on the same photos; shares in %, ratios "–" where no photo is solved by both."""

    annotator: str
    case: str
    k: int
    photos: int
    paper_step: str  # of those from `finest` up
    finest: float
    paper_share: float
    paper_gradients: float
    won: int  # photos on which MinNorm reaches the goal
    asr: float
    float_ratio: str
    ratio: str
    each_float_ratio: str  # both over the paper's best step size for each photo
    each_ratio: str
    grid: float  # mean 8-bit over mean float norm of MinNorm
    grid_each: float  # mean of its photos' ratios
    gradients: float
    most_gradients: int
    preview_share: float
    preview_ratio: str


def measured(path: Path) -> list[Compared]:
    """Every cell with MinNorm and all of STEP_SIZES, over the photos that all methods in it have attacked."""
    found: dict[tuple[str, str, int], dict[str, dict[str, Outcome]]] = defaultdict(lambda: defaultdict(dict))
    for row in read(path):
        found[row["annotator"], row["case"], row["k"]][row["method"]][row["key"]] = row
    made = []
    for (name, case, k), methods in sorted(found.items(), key=lambda c: (c[0][0], CASES.index(c[0][1]), c[0][2])):
        keys = set.intersection(*(set(rows) for rows in methods.values()))
        if not {*OURS, *(f"paper {step}" for step in STEP_SIZES)} <= set(methods) or not keys:
            continue
        methods = {method: {key: rows[key] for key in sorted(keys)} for method, rows in methods.items()}
        name_of_best = best_of_the_paper(methods)
        paper, each = methods[name_of_best], best_on_each_photo(methods)
        ours = methods["MinNorm"].values()
        gradients = [row["backwards"] for row in ours]
        solved = [row for row in ours if row["achieved"] and row["pert_float"]]
        grids = [row["pert"] / row["pert_float"] for row in solved]
        grid = sum(row["pert"] for row in solved) / (sum(row["pert_float"] for row in solved) or 1)
        made.append(
            Compared(
                name, case, k, len(keys), name_of_best.removeprefix("paper "),
                min(float(step.removeprefix("paper ")) for step in _papers(methods)), _share(paper),
                sum(row["backwards"] for row in paper.values()) / len(keys),
                sum(row["achieved"] for row in ours), 100 * sum(not row["consistent"] for row in ours) / len(keys),
                _ratio(methods["MinNorm"], paper, float_norm), _ratio(methods["MinNorm"], paper, itemgetter("pert")),
                _ratio(methods["MinNorm"], each, float_norm), _ratio(methods["MinNorm"], each, itemgetter("pert")),
                grid, sum(grids) / max(len(grids), 1), sum(gradients) / len(gradients), max(gradients),
                _share(methods["preview"]), _ratio(methods["preview"], paper, float_norm),
            )
        )  # fmt: skip
    return made


def table(path: Path) -> str:
    """Markdown: shares with their 95 % intervals, and ratios of mean norms over the photos that both attacks solve."""
    columns = (
        "annotator | case | k | photos | paper's step (from) | paper's goal % | MinNorm's goal % [95 %] | ASR % | float ratio | "
        "8-bit ratio | float, best step for each photo | 8-bit, the same | grid | paper's gradients | MinNorm's, mean (most) | "
        "preview's goal % | preview's float ratio"
    )
    rows = (
        f"{c.annotator} | {c.case} | {c.k} | {c.photos} | {c.paper_step} ({c.finest:g}) | {c.paper_share:.1f} | "
        f"{share(c.won, c.photos)} | {c.asr:.1f} | {c.float_ratio} | {c.ratio} | {c.each_float_ratio} | {c.each_ratio} | "
        f"{c.grid:.2f} ({c.grid_each:.2f}) | {c.paper_gradients:.0f} | {c.gradients:.0f} ({c.most_gradients}) | "
        f"{c.preview_share:.1f} | {c.preview_ratio}"
        for c in measured(path)
    )
    return markdown(columns, rows)


def _share(rows: dict[str, Outcome]) -> float:
    return 100 * sum(row["achieved"] for row in rows.values()) / len(rows)


def _ratio(ours: dict[str, Outcome], paper: dict[str, Outcome], norm: Callable[[Outcome], float]) -> str:
    both = [key for key, row in ours.items() if row["achieved"] and paper[key]["achieved"]]
    total = sum(norm(paper[key]) for key in both)
    return f"{sum(norm(ours[key]) for key in both) / total:.2f}" if total else "–"


PAGE = """# MinNorm beside the paper's attacks

`python -m tkml_core.experiments.compare --voc VOCdevkit --coco coco --write assets/measured/minnorm.md` attacked the same
photos of the measuring parts (never trained on; consistent at k before; cut square to 224 × 224) with

- MinNorm as it comes (`{default}`), and its preview (`{preview}`);
- the paper's attack (TkML-AP-U, or TkML-AP-T where there are targets) at the step sizes {sizes}, and {finer} where the
  brackets say so; it ends at its first success, or 5 steps after its smallest (`patience`), and after 1000 steps at the
  latest. The row shows the size that meets the most goals, ties by norm, and then what is left where every photo has its own
  best size.

"photos" says how many were attacked so far, at most 200 a cell (`--photos`); each outcome is a line of `minnorm.jsonl`, and the
same command adds those that are missing. Goal: share of photos whose 8-bit image meets the attack's goal, with Wilson's 95 %
interval. ASR: share with E = 0. Ratios: mean ‖z‖₂ of MinNorm over that of the paper's attack, over the photos that both solve,
before rounding (or of the 8-bit image, where its search has found a shorter one) and of the 8-bit image. Grid: MinNorm's mean
8-bit over its mean float norm, and in brackets the mean of its photos' ratios, in which a photo that needs next to no change
counts as much as any. Gradients: backward passes a photo.

{{table}}
"""


def main(argv: list[str] | None = None) -> None:
    parser = results.parser("compare", __doc__, "minnorm", batch=8)
    parser.add_argument("--methods", nargs="+", help="only these, such as MinNorm or “paper 0.05”")
    args = parser.parse_args(argv)
    results.check_settings(args.out, [attack for case in CASES for attack in attacks(case).values()])
    if not args.table:
        results.run(args, lambda case: {n: a for n, a in attacks(case).items() if n in (args.methods or attacks(case))})
    sizes = ", ".join(str(size) for size in STEP_SIZES)
    page = PAGE.format(default=OURS["MinNorm"], preview=OURS["preview"], sizes=sizes, finer=FINER)
    results.conclude(args, table(args.out), page)


if __name__ == "__main__":
    main()
