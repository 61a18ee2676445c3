"""The tables of a run in LaTeX, in the paper's layout: rows as the paper has them, a group of columns for each annotator.

Each group has the paper's own ASR and Pert where it prints them. Needs the packages booktabs and multirow.
"""

from collections.abc import Callable, Sequence
from math import isfinite

from tkml_core.measured.cells import Cell
from tkml_core.measured.pairs import Pair, pairs
from tkml_core.measured.summary import Figures, Larger, Rows, figures, larger, place_of
from tkml_core.measured.tables_report import SURE, of_table

DASH = "--"
_ESCAPED = {
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "$": r"\$",
    "^": r"\^{}",
    "~": r"\~{}",
    "{": r"\{",
    "}": r"\}",
    "λ": r"$\lambda$",
}
_NAMES = {"TkML": r"T$_k$ML", "kFool": r"$k$Fool", "kUAPs": r"$k$UAPs", "CW^k": r"CW$^k$"}
# What names a row besides k and method, by table
HEADS: dict[int, tuple[str, ...]] = {2: (), 4: ("budget",), 5: ("cases",)}
ABOUT: dict[int, Callable[[Cell], tuple[str, ...]]] = {
    2: lambda cell: (), 4: lambda cell: (f"{cell.xi:g}",), 5: lambda cell: (cell.case.capitalize(),)
}  # fmt: skip
GROUP = ("goal", "paper", "$E=0$", "Pert", r"paper$/2$")


def escape(text: str) -> str:
    """Text as LaTeX, with the methods' names as the paper sets them."""
    for plain, set_ in _NAMES.items():
        if plain in text:
            before, after = text.split(plain, 1)
            return escape(before) + set_ + escape(after)
    return "".join(_ESCAPED.get(letter, letter) for letter in text)


def number(value: float | None, digits: int) -> str:
    return DASH if value is None or not isfinite(value) else f"{value:.{digits}f}"


def _values(f: Figures | Larger | None, bold: bool = False) -> list[str]:
    if f is None or not f.photos:
        return [DASH] * len(GROUP)
    goal = number(100 * f.won / f.photos, 1)
    return [
        rf"\textbf{{{goal}}}" if bold else goal, DASH if f.paper_asr is None else f"{f.paper_asr:g}",
        number(100 * f.fooled / f.photos, 1), number(f.pert, 2), number(f.paper_pert, 2),
    ]  # fmt: skip


def _table(
    caption: str,
    label: str,
    heads: Sequence[str],
    names: Sequence[str],
    rows: Sequence[tuple[Sequence[str], list[str]]],
) -> str:
    """heads name the rows; names are the groups' titles; rows: (what it is about, cells of all groups)."""
    groups = "".join(rf" & \multicolumn{{{len(GROUP)}}}{{c}}{{{escape(name)}}}" for name in names)
    under = " & ".join([*map(escape, heads), *(GROUP * len(names))])
    body = " \\\\\n".join(" & ".join([*map(escape, about), *cells]) for about, cells in rows)
    columns = "l" * len(heads) + "rrrrr" * len(names)
    return (
        f"\\begin{{table*}}\n\\centering\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{' & ' * (len(heads) - 1)}{groups} \\\\\n"
        f"{under} \\\\\n\\midrule\n{body} \\\\\n\\bottomrule\n\\end{{tabular}}\n\\caption{{{caption}}}\n\\label{{{label}}}\n"
        "\\end{table*}\n"
    )


def _ahead(found: Sequence[Pair]) -> set[tuple[Cell, str]]:
    """Methods whose share of goals a paired test puts above another's in the cell."""
    sure = [pair for pair in found if pair.p_goal < SURE]
    return {(pair.cell, pair.first if pair.only_first > pair.only_second else pair.second) for pair in sure}


def latex(cells: dict[Cell, dict[str, Rows]]) -> str:
    """Every table that the cells have something for."""
    made, best = figures(cells), _ahead(pairs(cells))
    parts = [
        "% goal: share (%) that meets the attack's goal, what the paper prints as ASR; E=0: ASR by Eq. 14; Pert x10^-2, 8-bit.",
        "% paper/2: the paper's Pert, which is of pixels from -1 to 1 times 255, in this unit.",
        "% Bold: a higher share of goals than another method's, by a paired test (McNemar, Holm; p < 0.05).",
    ]
    titles = {2: "Untargeted attacks", 4: "Universal untargeted attacks", 5: "Targeted attacks"}
    for table in (2, 3, 4, 5):
        if table == 3:
            parts += _table_3(larger(cells))
            continue
        ours = [f for f in made if of_table(table, f.cell)]
        if not ours:
            continue
        by_key = {(f.cell, f.method): f for f in ours}
        names = list(dict.fromkeys(f.cell.annotator for f in ours))
        keys = dict.fromkeys((f.cell._replace(annotator=""), f.method) for f in ours)
        rows = []
        for cell, method in sorted(keys, key=lambda key: (key[0].order, place_of(key[1]))):
            values = []
            for name in names:
                at = cell._replace(annotator=name), method
                values += _values(by_key.get(at), at in best)
            rows.append(((*ABOUT[table](cell), str(cell.k), method), values))
        heads = (*HEADS[table], "k", "methods")
        parts.append(
            _table(f"{titles[table]}, {_photos(ours)} photos a cell.", f"tab:paper-{table}", heads, names, rows)
        )
    return "\n".join(parts)


def _table_3(found: list[Larger]) -> list[str]:
    if not found:
        return []
    names = list(dict.fromkeys(f.cell.annotator for f in found))
    by_key = {(f.shown, f.method, f.cell.annotator): f for f in found}
    order = dict.fromkeys((f.shown, f.method) for f in sorted(found, key=lambda f: (f.shown, place_of(f.method))))
    rows = [
        ((str(shown), method), [v for name in names for v in _values(by_key.get((shown, method, name)))])
        for shown, method in order
    ]
    k = found[0].cell.k
    caption = f"Attacks made for k = {k}, judged where k' labels are shown, {_photos(found)} photos a cell."
    return [_table(caption, "tab:paper-3", ("k'", "methods"), names, rows)]


def _photos(found: Sequence[Figures | Larger]) -> str:
    numbers = [f.photos for f in found]
    return str(max(numbers)) if min(numbers) == max(numbers) else f"{min(numbers)}--{max(numbers)}"
