"""The page with the paper's Tables 2, 3 and 5, from the lines that `attacks.py` has written."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tkml_core as tk
from tkml_core.experiments import paper
from tkml_core.experiments.markdown import markdown
from tkml_core.experiments.measured_photos import CASES
from tkml_core.experiments.results import KS, Outcome, read
from tkml_core.statistics import share
from tkml_core.zoo.registry import data_set, place

DASHES = ("–", "–")
PRINTED = {kind.__name__: name for name, kind in tk.ATTACKS.items()}  # by what `repr` begins with


def mean(key: str, rows: Sequence[Outcome]) -> float:
    return sum(row[key] for row in rows) / max(1, len(rows))


@dataclass(frozen=True)
class Cell:
    """What one attack did in one cell of the tables. Perts are means over the photos with E = 0, times 100."""

    annotator: str
    case: str
    k: int
    attack: str
    photos: int
    fooled: int  # E = 0 afterwards
    won: int  # the attack's own goal
    paper_asr: str
    pert: float
    pert_float: float
    paper_pert: str
    steps: float
    passes: float
    seconds: float


def measured(path: Path) -> list[Cell]:
    """Every cell that the file has lines of, in the order of the paper's Tables 2 and 5."""
    found: dict[tuple[str, str, int, str], list[Outcome]] = defaultdict(list)
    for row in read(path):
        found[row["annotator"], row["case"], row["k"], PRINTED[row["attack"].split("(")[0]]].append(row)
    made = []
    for (name, case, k, attack), rows in sorted(found.items(), key=lambda cell: _place(*cell[0])):
        fooled = [row for row in rows if not row["consistent"]]
        asr, pert = _paper(name, case, k, attack)
        made.append(
            Cell(
                name, case, k, attack, len(rows), len(fooled), sum(row["achieved"] for row in rows), asr,
                100 * mean("pert", fooled), 100 * mean("pert_float", fooled), pert, mean("steps", rows),
                mean("forwards", rows) + mean("backwards", rows), mean("seconds", rows),
            )
        )  # fmt: skip
    return made


def table(path: Path) -> str:
    """Markdown: ASR (Eq. 14) and goal share with 95 % intervals, Pert (Eq. 15), beside the paper's."""
    columns = (
        "annotator | case | k | attack | photos | ASR % [95 %] | goal % [95 %] | paper's ASR % | Pert ×10⁻² | float | "
        "paper's Pert | steps | passes | s a photo"
    )
    rows = (
        f"{c.annotator} | {c.case} | {c.k} | {c.attack} | {c.photos} | {share(c.fooled, c.photos)} | "
        f"{share(c.won, c.photos)} | {c.paper_asr} | {c.pert:.2f} | {c.pert_float:.2f} | {c.paper_pert} | {c.steps:.0f} | "
        f"{c.passes:.0f} | {c.seconds:.1f}"
        for c in measured(path)
    )
    return markdown(columns, rows)


def _place(name: str, case: str, k: int, attack: str) -> tuple[int, int, int, int]:
    return place(name), CASES.index(case), k, list(tk.ATTACKS).index(attack)


def _paper(name: str, case: str, k: int, attack: str) -> tuple[str, str]:
    """The paper's ASR and Pert as it prints them, or dashes."""
    cell = data_set(name), case, attack
    if k not in KS or cell not in paper.INSTANCE:
        return DASHES
    asr, pert = paper.INSTANCE[cell]
    return str(asr[KS.index(k)]), f"{pert[KS.index(k)]:.2f}"


@dataclass(frozen=True)
class Larger:
    """An untargeted attack made for k, judged where `shown` ≥ k labels are shown; pert as in `Cell`."""

    annotator: str
    attack: str
    k: int
    shown: int
    photos: int
    fooled: int
    pert: str  # of the fooled photos; – where there are none
    paper_asr: str
    paper_pert: str


def measured_larger(path: Path) -> list[Larger]:
    """Table 3: what remains of an untargeted attack made for k = 3 where k' ≥ 3 labels are shown.

    Over the photos that were consistent at k' before; lines that do not say where the true labels ended are left out.
    """
    found: dict[tuple[str, str, int, str], list[Outcome]] = defaultdict(list)
    for row in read(path):
        if row["case"] == "untargeted" and row["k"] == KS[0] and "true_ranks" in row:
            found[row["annotator"], "untargeted", KS[0], PRINTED[row["attack"].split("(")[0]]].append(row)
    made = []
    for (name, _, k, attack), rows in sorted(found.items(), key=lambda cell: _place(*cell[0])):
        for more in KS:
            fit = [row for row in rows if agree(row["true_ranks_before"], more)]
            fooled = [row for row in fit if not agree(row["true_ranks"], more)]
            asr, pert = paper.LARGER.get((data_set(name), more), DASHES) if attack == "TkML-AP-U" else DASHES
            if fit:
                pert_now = f"{100 * mean('pert', fooled):.2f}" if fooled else "–"
                made.append(Larger(name, attack, k, more, len(fit), len(fooled), pert_now, str(asr), str(pert)))
    return made


def shown_more(path: Path) -> str:
    """Markdown of Table 3."""
    columns = (
        "annotator | attack | k | k′ | photos | ASR at k′ % [95 %] | Pert ×10⁻² of those | paper's ASR % | paper's Pert"
    )
    rows = (
        f"{c.annotator} | {c.attack} | {c.k} | {c.shown} | {c.photos} | {share(c.fooled, c.photos)} | {c.pert} | "
        f"{c.paper_asr} | {c.paper_pert}"
        for c in measured_larger(path)
    )
    return markdown(columns, rows)


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

The column "photos" says how many were attacked so far, at most 200 a cell (`--photos`): fewer are the first ones of more, so that
means over different numbers of photos compare roughly only. Each one's outcome is a line of `attacks.jsonl`, and the same command
adds those that are missing.

ASR (Eq. 14): share of photos with E = 0 afterwards. Goal: share that met the attack's own goal (no true label in the top-k; or
the top-k is exactly the targets). Both are of the 8-bit image, with Wilson's 95 % intervals. Pert (Eq. 15): mean of
‖z‖₂/(H·W) over the photos with E = 0, z in 0–255 units, of the 8-bit image; "float" is of the perturbation before rounding.
The paper's columns are its Tables 2 and 5: other networks, and a Pert whose norm its program takes with pixels from −1 to 1,
times 255: twice this unit. Pert does not compare across networks and image sizes; nothing is claimed against the paper's own
networks. Passes: forward and backward, checks included. Seconds: of one CPU thread (OMP_NUM_THREADS=1) or two, on a machine
shared with other work.

{{table}}
"""
MORE = """

## More labels shown than attacked for (Table 3)

The perturbation made for k = 3, judged at k′: of the photos that are consistent at k′ before, the share with E = 0 at k′ after.

"""


def tables(path: Path) -> str:
    """Markdown of all that the file has lines for."""
    larger = shown_more(path)
    return table(path) + (MORE + larger if larger.count("\n") > 1 else "")


def page(path: Path) -> str:
    """The page about the file, with a place for its tables."""
    found = settings(path)
    names = " ".join(name for kind, name in PRINTED.items() if f"- `{kind}(" in found)
    return PAGE.format(attacks=found, names=names)
