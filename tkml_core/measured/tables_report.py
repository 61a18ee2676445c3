"""The tables of a run as Markdown, and who is ahead in words; `tables_csv.py` has them as CSV."""

from collections.abc import Callable, Sequence
from math import isfinite

from tkml_core.measured.cells import Cell, bound_words
from tkml_core.measured.markdown import markdown
from tkml_core.measured.pairs import Pair, pairs
from tkml_core.measured.settings import conditions
from tkml_core.measured.summary import BEST, Figures, Larger, Rows, figures, larger
from tkml_core.statistics import share

SURE = 0.05  # p below which a method is said to be ahead
DASH = "–"
ABOUT = """Every method of a cell stands on the same photos. Goal: share of photos that met the attack's own goal (no true
label in the top-k; the top-k is exactly the targets): the authors' program counts this, and the paper's column beside it is what
the paper prints as ASR. E = 0: the share that Eq. 14 counts as ASR. Both are of the 8-bit image, with Wilson's 95% intervals.
Within: share that met the goal with ‖z‖₂ ≤ 1275 (untargeted) or 382.5 (targeted), the norms to which the authors' commands
bound z, in 0–255 units. Pert (Eq. 15, ×10⁻²): mean of ‖z‖₂/(H·W) over the photos with E = 0, of the 8-bit image, also of
runs that missed the goal; "goal met": the same mean over the photos that met it; "float": as Pert, before rounding, which the
paper's compares with. The paper's Pert is printed for pixels from −1 to 1, times 255; here it is divided by 2, to be in
this unit, and is still of other networks. Gradients: mean of backward passes (a step of kFool takes several); seconds a
photo: the median, of a machine shared with other work. First: the median step at which the float image met the goal.
Optimality (AttackBench): 1 where no other method here needs less on any photo. "{best}" takes for each photo the smallest
success of all methods."""


def number(value: float | None, digits: int = 2) -> str:
    return DASH if value is None or not isfinite(value) else f"{value:.{digits}f}"


def printed(value: float | None) -> str:
    """A number as the paper prints it."""
    return DASH if value is None else f"{value:g}"


def of_table(table: int, cell: Cell) -> bool:
    """Whether the cell stands in the paper's Table 2, 4 or 5."""
    return {"untargeted": 2, "universal": 4}.get(cell.case, 5) == table


CURVES = {"norms": "against ‖z‖₂", "steps": "against steps"}


def curves_file(table: int, need: str) -> str:
    """The drawing of a table's security curves, beside the table."""
    return f"table-{table}-{need}.svg"


def within_limit(found: Sequence[Figures]) -> str:
    """In how many rows the paper's rate is reached within the authors' norm limit, as a sentence; empty without such rows."""
    rows = [f for f in found if f.paper_asr is not None and f.cell.case != "universal"]
    parts = []
    for words, ours in (
        ("all true labels pushed out", [f for f in rows if f.cell.case == "untargeted"]),
        ("with targets", [f for f in rows if f.cell.case != "untargeted"]),
    ):
        if ours:
            below = sum(100 * f.within / f.photos < (f.paper_asr or 0.0) for f in ours)
            parts.append(f"{below} of {len(ours)} results ({words})")
    return (
        f"Within the authors' limit of ‖z‖₂, under which the paper's rates were made, the rate measured here stays below the "
        f"paper's in {' and '.join(parts)}, each of one method in one row; the other rates are without a limit, so only "
        '"within" compares with the paper\'s. Its Pert compares with that before rounding.'
        if parts
        else ""
    )


def figures_markdown(found: Sequence[Figures]) -> str:
    columns = (
        "annotator | case | k | method | photos | goal % [95%] | paper | E = 0 in % [95%] | within | Pert | goal met | float "
        "| paper's ÷ 2 | first | steps | gradients | passes | optimality | s a photo"
    )
    return markdown(
        columns,
        (
            f"{f.cell.annotator} | {f.cell.bounded} | {f.cell.k} | {f.method} | {f.photos} | {share(f.won, f.photos)} | "
            f"{printed(f.paper_asr)} | {share(f.fooled, f.photos)} | {number(100 * f.within / f.photos, 1)} | "
            f"{number(f.pert)} | {number(f.pert_won)} | {number(f.pert_float)} | {number(f.paper_pert)} | "
            f"{' | '.join(_effort(f))}"
            for f in found
        ),
    )


def _effort(f: Figures) -> list[str]:
    took = f.effort
    counts = (took.first, took.steps, took.gradients, took.passes) if took else (None,) * 4
    return [*(number(count, 0) for count in counts), number(f.optimality), number(took.seconds if took else None, 1)]


def side_by_side(
    found: Sequence[Figures], bounded: Callable[[float], str] = bound_words
) -> tuple[list[str], list[list[str]]]:
    """Universal perturbations by norm budget: columns, and rows of the share that met the goal at each; none for one budget.

    bounded: a budget in words.
    """
    ours = {(f.cell.annotator, f.cell.k, f.method, f.cell.xi): f for f in found if f.cell.xi}
    bounds = sorted({xi for *_, xi in ours if xi})
    about = dict.fromkeys(at[:3] for at in ours if sum((*at[:3], xi) in ours for xi in bounds) > 1)
    columns = ["annotator", "k", "method", *(f"{bounded(xi)}: goal % [95%] (photos)" for xi in bounds)]

    def told(f: Figures | None) -> str:
        return DASH if f is None else f"{share(f.won, f.photos)} ({f.photos})"

    rows = [[*map(str, at), *(told(ours.get((*at, xi))) for xi in bounds)] for at in about]
    return columns, rows


def larger_markdown(found: Sequence[Larger]) -> str:
    columns = (
        "annotator | method | k | k′ | photos | goal at k′ % [95%] | paper | E = 0 at k′ % [95%] | Pert of those | "
        "paper's ÷ 2"
    )
    return markdown(
        columns,
        (
            f"{f.cell.annotator} | {f.method} | {f.cell.k} | {f.shown} | {f.photos} | {share(f.won, f.photos)} | "
            f"{printed(f.paper_asr)} | {share(f.fooled, f.photos)} | {number(f.pert)} | "
            f"{number(f.paper_pert)}"
            for f in found
        ),
    )


def pairs_markdown(found: Sequence[Pair]) -> str:
    columns = (
        "annotator | case | k | method | beside | photos | goal on it alone | p | ‖z‖₂ smaller | ratio | ratio, float | p | "
        "goal sooner | p | gradients, medians | fewer gradients | p"
    )
    return markdown(columns, (" | ".join(_pair(pair)) for pair in found))


def _pair(p: Pair) -> list[str]:
    goal = [str(p.photos), f"{p.only_first} : {p.only_second}", chance(p.p_goal)]
    norm = [f"{p.shorter_first} : {p.shorter_second}", number(p.ratio), number(p.ratio_float), chance(p.p_norm)]
    steps = [f"{p.sooner_first} : {p.sooner_second}", chance(p.p_steps)] if isfinite(p.p_steps) else [DASH] * 2
    steps += [
        f"{number(p.gradients_first, 0)} : {number(p.gradients_second, 0)}", f"{p.fewer_first} : {p.fewer_second}",
        chance(p.p_gradients),
    ]  # fmt: skip
    rest = [DASH] * (len(norm) + len(steps)) if p.cell.case == "universal" else [*norm, *steps]  # one norm, no steps
    return [p.cell.annotator, p.cell.bounded, str(p.cell.k), p.first, p.second, *goal, *rest]


def chance(p: float) -> str:
    """A p value as it is read."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


# What two methods are compared by: words for the first ahead and behind, the p value, and by how much the first leads.
_RESPECTS: tuple[tuple[str, str, Callable[[Pair], float], Callable[[Pair], int]], ...] = (
    ("reaches the goal more often", "less often", lambda p: p.p_goal, lambda p: p.only_first - p.only_second),
    ("needs a smaller ‖z‖₂", "a larger one", lambda p: p.p_norm, lambda p: p.shorter_first - p.shorter_second),
    ("reaches the goal in fewer steps", "in more", lambda p: p.p_steps, lambda p: p.sooner_first - p.sooner_second),
    ("takes fewer gradients", "more", lambda p: p.p_gradients, lambda p: p.fewer_first - p.fewer_second),
)


def ahead(found: Sequence[Pair]) -> list[str]:
    """Who is ahead of whom, in how many cells a paired test is sure of it: a sentence for each two methods."""
    sentences = []
    for first, second in dict.fromkeys((p.first, p.second) for p in found):
        ours = [p for p in found if (p.first, p.second) == (first, second)]
        parts: list[str] = []
        for words, otherwise, p_of, lead in _RESPECTS:
            if parts and (ours[0].cell.case == "universal" or not any(map(lead, ours))):
                continue  # one norm for all, and no steps; or nothing that was measured
            tested = [pair for pair in ours if isfinite(p_of(pair))]  # steps were not noted in every cell
            sure = [pair for pair in tested if p_of(pair) < SURE]
            more, less = sum(lead(p) > 0 for p in sure), sum(lead(p) < 0 for p in sure)
            parts.append(f"{words} in {more} of {len(tested)} cells and {otherwise} in {less}")
        sentences.append(f"{first} beside {second}: it {'; it '.join(parts)}.")
    return sentences


TESTED = (
    "Only cells in which a paired test on the same photos is sure count (p < 0.05: McNemar's for the goal; Wilcoxon's, on "
    "photos that both solve, for ‖z‖₂, steps and gradients; Holm's correction over all cells, of all tables, beside the same "
    "method). A step may take several gradients, so fewer steps until the goal is first met need not be fewer gradients. These "
    "are of whole runs, with what makes the change smaller afterwards and the search for the saved picture; medians are of all "
    "photos."
)


SIDE_BY_SIDE = "The same goal at several norm budgets, side by side:"
EQUAL = "Methods at equal numbers of gradients: [peers.md](peers.md)."
VARIANTS = "As printed: what is in print, where an attack of this project differs from it"
VARIED = "On fewer photos than the tables above: every method of a cell stands here on the photos that the variants have, too."


def page(
    cells: dict[Cell, dict[str, Rows]], about: str, variants: dict[Cell, dict[str, Rows]] | None = None, more: str = ""
) -> str:
    """All of it as Markdown. about: the commands, photos and settings, as Markdown. variants: cells of those that stand apart.

    more: stands with who is ahead.
    """
    made, beside, varied = figures(cells), pairs(cells), variants or {}
    parts = [
        "# The paper's tables on the annotators of this project",
        about,
        ABOUT.format(best=BEST),
        conditions(cells),
        within_limit(made),
    ]
    for table, title in ((2, "push the true labels out"), (3, ""), (4, "one change for all"), (5, "plant labels")):
        if table == 3 and (found := larger(cells)):
            title = "more labels shown than attacked for"
            note = "The perturbation made for k, judged at k′, on the photos that were consistent at k′ before."
            parts += [f"## Table 3: {title}", note, larger_markdown(found)]
        ours = [f for f in made if of_table(table, f.cell)]
        if ours:
            parts += [f"## Table {table}: {title}", figures_markdown(ours)]
            drawn = [f"[{words}]({curves_file(table, need)})" for need, words in CURVES.items()] if table != 4 else []
            parts += [f"Security curves: {', '.join(drawn)}."] if drawn else []
            columns, rows = side_by_side(ours)
            parts += [SIDE_BY_SIDE, markdown(" | ".join(columns), map(" | ".join, rows))] if rows else []
    if beside:
        parts += [
            "## Who is ahead",
            "\n".join(f"- {words}" for words in ahead(beside)),
            TESTED,
            *([more] if more else []),
            pairs_markdown(beside),
        ]
    if varied:
        parts += [f"## {VARIANTS}", VARIED, figures_markdown(figures(varied)), pairs_markdown(pairs(varied))]
    return "\n\n".join(filter(None, parts)) + "\n"
