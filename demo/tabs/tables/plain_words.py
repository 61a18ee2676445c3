"""Who is ahead of whom, in plain words, from the pairs that `tkml_core.measured.summary` tests on the same photos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demo.catalog.english import listed
from tkml_core.measured.summary import Pair
from tkml_core.measured.tables_report import SURE


@dataclass(frozen=True)
class Against:
    """Two methods beside each other: what it comes to, and in how many cases each is ahead in what."""

    short: str
    first: str
    second: str
    cases: int
    counts: Sequence[str]


# What is compared, the p value of its test, and by how many photos the first method leads
_RESPECTS: tuple[tuple[str, Callable[[Pair], float], Callable[[Pair], int]], ...] = (
    ("reaches the goal on more photos", lambda p: p.p_goal, lambda p: p.only_first - p.only_second),
    ("needs the smaller change", lambda p: p.p_norm, lambda p: p.shorter_first - p.shorter_second),
    ("is there in fewer steps", lambda p: p.p_steps, lambda p: p.sooner_first - p.sooner_second),
)


def against(pairs: Sequence[Pair]) -> list[Against]:
    """One for each two methods."""
    made = []
    for first, second in dict.fromkeys((pair.first, pair.second) for pair in pairs):
        ours = [pair for pair in pairs if (pair.first, pair.second) == (first, second)]
        ahead: list[str | None] = []
        counts = []
        universal = ours[0].cell.case == "universal"  # of one norm for all, and no steps
        for words, p_of, lead in _RESPECTS:
            if (universal and ahead) or not any(map(lead, ours)):  # not measured, or no photo differs
                ahead.append(None)
                continue
            sure = [lead(pair) for pair in ours if p_of(pair) < SURE]
            more, less = sum(lead > 0 for lead in sure), sum(lead < 0 for lead in sure)
            ahead.append(first if more > less else second if less > more else None)
            counts.append(f"{words}: {first} in {more}, {second} in {less}, undecided in {len(ours) - more - less}")
        made.append(Against(_short(*ahead), first, second, len(ours), counts))
    return made


def _short(often: str | None, small: str | None, soon: str | None) -> str:
    """Who is ahead in most cases that are sure, in one sentence."""
    words: dict[str, list[str]] = {}
    for name, does in (
        (often, "succeeds more often"),
        (soon, "gets there sooner"),
        (small, "ends with the smaller change"),
    ):
        if name:
            words.setdefault(name, []).append(does)
    told = [f"{name} {listed(said)}" for name, said in words.items()]
    return f"{', but '.join(told)}." if told else "Neither is ahead for sure."
