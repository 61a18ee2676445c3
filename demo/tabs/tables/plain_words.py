"""Who is ahead of whom, in sentences that a first-time visitor can say back, from paired tests on the same photos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from demo.catalog.english import counted, listed, span
from tkml_core.measured.pairs import Pair
from tkml_core.measured.tables_report import SURE
from tkml_core.statistics import holm_beside, least_chance

UNSURE = "no sure difference"
TOO_FEW = "too few photos"
TESTED = (
    "“Sure”: chance alone gives so clear a lead less than once in 20 times (p < .05). A run is a photo in a row: a photo "
    "counts once for each k and each choice of targets."
)
GRADIENT = "A gradient says, for all pixels at once, which way helps."
TESTS = (
    "p: by paired tests on the same photos, McNemar’s for the goal, Wilcoxon’s for size and gradients on photos that both "
    "solve; made stricter as there are many rows (Holm’s correction over all rows beside the same method: of all the paper’s "
    "tables together, under “Equal gradients” of each of its tables)."
)


@dataclass(frozen=True)
class Against:
    """Two methods beside each other: a sentence for each respect, and the same for each row of the table."""

    first: str
    second: str
    said: Sequence[str]
    rows: Sequence[str]


class Count(NamedTuple):
    """On how many photos the first and the second is ahead, of how many, and the p value of the paired test.

    On the others the two are alike.
    """

    first: int
    second: int
    photos: int
    p: float

    @property
    def lead(self) -> int:
        return self.first - self.second

    @property
    def alike(self) -> int:
        return self.photos - self.first - self.second


class Respect(NamedTuple):
    """What two methods are compared in: `words` say that the one is ahead of the other."""

    words: str
    counts: Callable[[Pair], Count]
    note: str = ""  # what is counted


GOAL = Respect("{} reached the goal where {} did not", lambda p: Count(p.only_first, p.only_second, p.photos, p.p_goal))
# No sentence on steps: one may take several gradients, and of gradients only whole runs are in the lines.
GRADIENTS = Respect(
    "{} took fewer gradients than {}",
    lambda p: Count(p.fewer_first, p.fewer_second, p.both if isfinite(p.p_gradients) else 0, p.p_gradients),
    note=(
        " Counted are whole runs on photos that both solve, with what makes the change smaller after the goal is first met and "
        "the search for the saved picture."
    ),
)
RESPECTS = (
    Respect("{}’s change was smaller than {}’s", lambda p: Count(p.shorter_first, p.shorter_second, p.both, p.p_norm)),
    GOAL,
    GRADIENTS,
)


def against(pairs: Sequence[Pair]) -> list[Against]:
    """One for each two methods."""
    made = []
    for names in dict.fromkeys((pair.first, pair.second) for pair in pairs):
        ours = [pair for pair in pairs if (pair.first, pair.second) == names]
        universal = ours[0].cell.case == "universal"  # of one norm for all, and no steps
        respects = [GOAL] if universal else RESPECTS
        said = [_over_rows(names, one, [one.counts(pair) for pair in ours]) for one in respects]
        if not universal:  # a smaller change is not had for nothing
            said[0] = " ".join(filter(None, (said[0], _cost(ours))))
        said = [words and words + one.note for words, one in zip(said, respects, strict=True)]
        rows = [
            f"{_where(pair)}: {_in_row(names, one, one.counts(pair))}."
            for pair in ours
            for one in respects
            if _differs([one.counts(pair)])
        ]
        made.append(Against(*names, [words for words in said if words], rows if len(ours) > 1 else []))
    return made


def beyond_reach(pairs: Sequence[Pair]) -> list[Pair]:
    """Those in which no lead in size could be sure: so few photos cannot give a p value that stays small when corrected.

    pairs: all that are corrected together.
    """
    ours = [pair for pair in pairs if pair.cell.case != "universal"]
    least = holm_beside([pair.second for pair in ours], [least_chance(pair.both) for pair in ours])
    return [pair for pair, p in zip(ours, least, strict=True) if not p < SURE]


def out_of_reach(pairs: Sequence[Pair], told: Sequence[Pair] | None = None) -> str:
    """In how many rows no lead could be sure; of the rows `told` alone, where they are given."""
    parts, few = [], beyond_reach(pairs)
    rows = pairs if told is None else told
    for name in dict.fromkeys(pair.second for pair in few if pair in rows):
        ours = [pair for pair in rows if pair.second == name and pair.cell.case != "universal"]
        own = [pair.both for pair in ours if pair in few]
        parts.append(f"{len(own)} of {len(ours)} beside {name} ({counted(span(own), 'photo')} each)")
    return (
        f"Where {TOO_FEW} are in a row, no lead in size can be sure after the correction for the many rows, not even one on "
        f"every photo: in {listed(parts, len(parts))}."
        if parts
        else ""
    )


def _cost(pairs: Sequence[Pair]) -> str:
    """How many gradients each of the two took, as medians of the rows."""
    parts = []
    for name, values in (
        (pairs[0].first, [pair.gradients_first for pair in pairs]),
        (pairs[0].second, [pair.gradients_second for pair in pairs]),
    ):
        if not all(map(isfinite, values)):
            return ""
        parts.append(f"{span([round(value) for value in values])} for {name}")
    return f"Gradients a photo (medians): {', '.join(parts)}."


def _differs(counts: Sequence[Count]) -> bool:
    return any(count.first or count.second for count in counts)


def _both_sides(names: tuple[str, str], respect: Respect, count: Count, on: str, of: str) -> str:
    """Such as "MinNorm’s change was smaller than kFool’s on 9 of 12 photos, the other way round on 2, alike on 1"."""
    ahead = respect.words.format(*(names if count.lead >= 0 else names[::-1]))
    more, fewer = max(count.first, count.second), min(count.first, count.second)
    return f"{ahead} {on} {more} of {of}, the other way round {on} {fewer}, alike {on} {count.alike}"


def _in_row(names: tuple[str, str], respect: Respect, count: Count) -> str:
    """Both sides and the p value of one row."""
    told = f"{_both_sides(names, respect, count, 'on', counted(count.photos, 'photo'))} ({chance_words(count.p)})"
    return told if count.p < SURE else f"{told}: {UNSURE}"


def _over_rows(names: tuple[str, str], respect: Respect, all_rows: Sequence[Count]) -> str:
    """The same over all rows of the table; empty where no photo differs in what is measured alone on some photos."""
    counts = [count for count in all_rows if count.photos]
    if not _differs(counts):
        return (
            f"Both reached the goal on the same photos ({counted(sum(c.photos for c in counts), 'run')})."
            if respect is GOAL
            else ""
        )
    if len(all_rows) == 1:
        return f"{_in_row(names, respect, counts[0])}."
    first, second, runs = (sum(column) for column in list(zip(*counts, strict=True))[:3])
    together = Count(first, second, runs, 1.0)
    same, other = (
        [one.p for one in counts if one.p < SURE and one.lead * (together.lead or 1) * way > 0] for way in (1, -1)
    )
    rest = [one.p for one in counts if one.p >= SURE or not one.lead]
    told = _both_sides(names, respect, together, "in", f"{counted(runs, 'run')} on the same photo")
    if len(same) == len(counts):
        where = "every row" if counts == all_rows else f"each of the {len(same)} rows with such runs"
        return f"{told}; sure in {where} ({_range(same)})."
    parts = [f"sure in {len(same)} of {len(counts)} rows ({_range(same)})"] if same else []
    parts += [f"sure the other way round in {len(other)} ({_range(other)})"] if other else []
    parts += [f"{UNSURE} in {'the others' if parts else 'any row'} ({_range(rest)})"] if rest else []
    return f"{told}; {', '.join(parts)}."


def _range(chances: Sequence[float]) -> str:
    """The least and the largest of some p values."""
    return " to ".join(dict.fromkeys((chance_words(min(chances)), chance_words(max(chances)))))


def _where(pair: Pair) -> str:
    """The row of the table."""
    cell = pair.cell
    targets = "" if cell.case in ("untargeted", "universal") else f", {cell.case} targets"
    targets += "" if cell.xi is None else f", {size_words(cell.xi)}"
    return f"{cell.annotator}{targets}, k = {cell.k}"


def size_words(xi: float) -> str:
    """How large a change for every photo may be."""
    return f"size up to {xi:g}"


def chance_words(p: float | None) -> str:
    """A p value as journals print it."""
    if p is None:
        return "not tested"
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1) if p < 0.995 else "p = 1"
