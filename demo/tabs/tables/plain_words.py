"""Who is ahead of whom, in sentences that a first-time visitor can say back, from paired tests on the same photos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from tkml_core.measured.summary import Pair
from tkml_core.measured.tables_report import SURE

# As peers.md has it, which holds this sentence's test; README goes on with what it leaves out.
AT_EQUAL = (
    "At equal gradients they are smaller than those of other published methods (ALMA, APGD, DDN and FMN) on average over 16 "
    "photos: theirs are 1.10 to 2.93 times as large at 100, 1.10 to 1.38 at 300. Of 48 runs (16 photos, 3 goals each) MinNorm "
    "fails in 2 with 100 and 1 with 300."
)
TOO_FEW = "too few photos to tell"
TESTED = "“Sure”: chance alone gives so clear a lead less than once in 20 times (p < .05)."
GRADIENT = "A gradient says, for all pixels at once, which way helps."
TESTS = (
    "p: by paired tests on the same photos, McNemar’s for the goal, Wilcoxon’s for size and steps on photos that both solve; "
    "made stricter as there are many rows (Holm’s correction)."
)


@dataclass(frozen=True)
class Against:
    """Two methods beside each other: a sentence for each respect, and the same for each row of the table."""

    first: str
    second: str
    said: Sequence[str]
    rows: Sequence[str]


class Count(NamedTuple):
    """On how many photos the first and the second is ahead, of how many, and the p value of the paired test."""

    first: int
    second: int
    photos: int
    p: float

    @property
    def lead(self) -> int:
        return self.first - self.second


class Respect(NamedTuple):
    """What two methods are compared in: `words` say that the one is ahead of the other."""

    words: str
    counts: Callable[[Pair], Count]


GOAL = Respect("{} reached the goal where {} did not", lambda p: Count(p.only_first, p.only_second, p.photos, p.p_goal))
STEPS = Respect(
    # Of runs that say when the goal was first met; those that say the same cannot be told from those that do not say.
    "{} was there in fewer steps than {}",
    lambda p: Count(p.sooner_first, p.sooner_second, p.sooner_first + p.sooner_second, p.p_steps),
)
STEPS_TOLD = (
    " Steps until the goal was first met, before any search for a smaller change; of runs that noted it, those in which the two "
    "differ."
)
RESPECTS = (
    Respect("{}’s change was smaller than {}’s", lambda p: Count(p.shorter_first, p.shorter_second, p.both, p.p_norm)),
    GOAL,
    STEPS,
)


def against(pairs: Sequence[Pair]) -> list[Against]:
    """One for each two methods."""
    made = []
    for names in dict.fromkeys((pair.first, pair.second) for pair in pairs):
        ours = [pair for pair in pairs if (pair.first, pair.second) == names]
        universal = ours[0].cell.case == "universal"  # of one norm for all, and no steps
        respects = [GOAL] if universal else RESPECTS
        said = [_over_rows(names, one.words, [one.counts(pair) for pair in ours]) for one in respects]
        said[0] += "" if universal else _cost(ours)  # a smaller change is not had for nothing
        said[-1] += STEPS_TOLD if said[-1] and respects[-1] is STEPS else ""
        rows = [
            f"{_where(pair)}: {_in_row(names, one.words, one.counts(pair))}."
            for pair in ours
            for one in respects
            if _differs([one.counts(pair)])
        ]
        made.append(Against(*names, [words for words in said if words], rows if len(ours) > 1 else []))
    return made


def _cost(pairs: Sequence[Pair]) -> str:
    """How many gradients each of the two took, as medians of the rows."""
    parts = []
    for name, values in (
        (pairs[0].first, [pair.gradients_first for pair in pairs]),
        (pairs[0].second, [pair.gradients_second for pair in pairs]),
    ):
        if not all(map(isfinite, values)):
            return ""
        least, most = (f"{value:.0f}" for value in (min(values), max(values)))
        parts.append(f"{least if least == most else f'{least} to {most}'} for {name}")
    return f" Gradients a photo: {', '.join(parts)}."


def gain(pairs: Sequence[Pair]) -> str:
    """That MinNorm's changes are smaller, and what that costs, in a sentence; nothing where that is not so or not known.

    README has it in the same words.
    """
    ours = [pair for pair in pairs if pair.second == "MinNorm" and isfinite(pair.gradients_first)]
    smaller = [pair for pair in ours if pair.ratio > 1]
    if not smaller:
        return ""
    sure = sum(pair.p_norm < SURE and pair.shorter_second > pair.shorter_first for pair in smaller)
    cost, own = ([getattr(pair, key) for pair in ours] for key in ("gradients_second", "gradients_first"))
    return (
        f"MinNorm’s changes are on average smaller than those of the paper’s attacks in {len(smaller)} of {len(ours)} rows "
        f"(sure in {sure} of them, by paired tests), but take {min(cost):.0f} to {max(cost):.0f} gradients a photo where theirs "
        f"take {min(own):.0f} to {max(own):.0f} (medians). {AT_EQUAL}"
    )


def _differs(counts: Sequence[Count]) -> bool:
    return any(count.first or count.second for count in counts)


def _ahead(names: tuple[str, str], words: str, lead: int) -> str:
    """That the one is ahead of the other."""
    return words.format(*(names if lead >= 0 else names[::-1]))


def _in_row(names: tuple[str, str], words: str, count: Count) -> str:
    """Such as "MinNorm’s change was smaller than kFool’s on 12 of 12 photos (p = .006)"."""
    told = f"{_ahead(names, words, count.lead)} on {max(count.first, count.second)} of {count.photos} photos ({_p(count.p)})"
    told += "" if count.lead else ", the other way round on as many"
    return told if count.p < SURE else f"{told}: {TOO_FEW}"


def _over_rows(names: tuple[str, str], words: str, all_rows: Sequence[Count]) -> str:
    """The same over all rows of the table; empty where no photo differs in what is measured alone on some photos."""
    counts = [count for count in all_rows if count.photos]
    if not _differs(counts):
        return "Both reached the goal on the same photos." if words == GOAL.words else ""
    if len(all_rows) == 1:
        return f"{_in_row(names, words, counts[0])}."
    first, second, runs = (sum(column) for column in list(zip(*counts, strict=True))[:3])
    lead = first - second
    sure = [count.lead for count in counts if count.p < SURE]
    same, other = (sum(one * (lead or 1) * way > 0 for one in sure) for way in (1, -1))
    told = f"{_ahead(names, words, lead)} in {max(first, second)} of {runs} runs on the same photo"
    if same == len(counts):
        return f"{told}; sure in {'every row' if counts == all_rows else f'all of the {same} rows that noted it'}."
    parts = [f"sure in {same} of {len(counts)} rows"] if same else []
    parts += [f"sure the other way round in {other}"] if other else []
    parts += [f"{TOO_FEW} in {'the others' if parts else 'any row'}"] if same + other < len(counts) else []
    return f"{told}; {', '.join(parts)}."


def _where(pair: Pair) -> str:
    """The row of the table."""
    cell = pair.cell
    targets = "" if cell.case in ("untargeted", "universal") else f", {cell.case} targets"
    targets += "" if cell.xi is None else f", {size_words(cell.xi)}"
    return f"{cell.annotator}{targets}, k = {cell.k}"


def size_words(xi: float) -> str:
    """How large a change for every photo may be."""
    return f"size up to {xi:g}"


def _p(p: float) -> str:
    """A p value as journals print it."""
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1) if p < 0.995 else "p = 1"
