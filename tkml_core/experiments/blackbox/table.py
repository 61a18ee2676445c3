"""The lines as Markdown: both methods on the photos that both have attacked, with paired tests."""

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence

from tkml_core.measured.lines import Outcome
from tkml_core.measured.markdown import markdown
from tkml_core.statistics import mcnemar, signed_rank

METHODS = SQUARE_ATTACK, BLACK_BOX = "Square Attack", "BlackBox"
MOMENTS = (250, 500, 1000, 2000)  # queries after which ‖z‖₂ is noted


def identity(line: Outcome) -> tuple[object, ...]:
    same = ("annotator", "weights", "case", "k", "queries", "epsilon", "side", "seed", "method", "key")
    return tuple(line[name] for name in same)


def table(lines: Sequence[Outcome]) -> str:
    """Markdown: of each case, both methods on the photos that both have attacked."""
    cases: dict[tuple[object, ...], dict[str, dict[str, Outcome]]] = defaultdict(lambda: defaultdict(dict))
    for line in lines:
        *named, method, key = identity(line)
        cases[tuple(named)][str(method)][str(key)] = line
    rows, pairs = [], []
    for case, found in cases.items():
        keys = sorted(set(found[SQUARE_ATTACK]) & set(found[BLACK_BOX]))
        shown = " | ".join(str(case[place]) for place in (0, 2, 3, 5, 6))
        both = {method: [found[method][key] for key in keys] for method in METHODS}
        rows += [f"{shown} | {method} | {_figures(own)}" for method, own in both.items()]
        pairs.append(f"{shown} | {_pairs(both[SQUARE_ATTACK], both[BLACK_BOX])}")
    label = "annotator | case | k | ε | side"
    figures = " | ".join(f"‖z‖₂ after {count}" for count in MOMENTS[:-1])
    columns = f"{label} | method | photos | solved | median queries to success | {figures} | ‖z‖₂ at the end"
    tests = f"{label} | solved, p | queries: fewer, more | p | ‖z‖₂ over Square Attack's | shorter, longer | p"
    return f"{markdown(columns, rows)}\n\n{markdown(tests, pairs)}"


def _queries(line: Outcome) -> float:
    return math.inf if line["first"] is None else float(line["first"])


def _figures(own: Sequence[Outcome]) -> str:
    """photos | solved | queries | ‖z‖₂ at each moment | at the end; norms are means over the photos solved by then."""
    norms = [[line["norms"][str(moment)] for line in own if str(moment) in line["norms"]] for moment in MOMENTS[:-1]]
    norms.append([line["norm"] for line in own if line["achieved"]])
    median = statistics.median(_queries(line) for line in own) if own else math.inf
    cells = [f"{sum(found) / len(found):.0f} ({len(found)})" if found else "–" for found in norms]
    return " | ".join(
        [str(len(own)), str(sum(line["achieved"] for line in own)), f"{median:g}" if median < math.inf else "–", *cells]
    )


def _pairs(before: Sequence[Outcome], after: Sequence[Outcome]) -> str:
    both = list(zip(before, after, strict=True))
    solved = mcnemar([a["achieved"] for a, _ in both], [b["achieved"] for _, b in both])
    most = 1 + max((line["queries"] for line in before), default=0)
    waits = [(min(_queries(a), most), min(_queries(b), most)) for a, b in both]  # unsolved: later than all others
    fewer, more = sum(b < a for a, b in waits), sum(b > a for a, b in waits)
    norms = [(a["norm"], b["norm"]) for a, b in both if a["achieved"] and b["achieved"]]
    ratio = math.exp(statistics.mean(math.log(b / a) for a, b in norms)) if norms else math.nan
    return (
        f"{solved:.2g} | {fewer}, {more} | {signed_rank(*_columns(waits)):.2g} | {ratio:.2f} | "
        f"{sum(b < a for a, b in norms)}, {sum(b > a for a, b in norms)} | {signed_rank(*_columns(norms)):.2g}"
    )


def _columns(pairs: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [a for a, _ in pairs], [b for _, b in pairs]
