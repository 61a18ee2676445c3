"""Every word of the news is true, whatever the goal and whatever became of the top-k: all small cases, read again."""

import re
from itertools import permutations, product

import pytest
from test_verdict import report

from demo.render.verdict import SENTENCES, headline, sentences

LABELS = ("cat", "dog", "cow", "bus", "car")
NAMES = r"((?:[a-z]+, )*[a-z]+(?: and [a-z]+)?)"
CLAIM = re.compile(rf"{NAMES} (?:(?:is|are) )?(gone|in(?! )|missing|still in|not in|out of|fell out|came in)")
ON_TOP = re.compile(rf"{NAMES} (?:is|are) (?:still )?(on top|in|in the top 2)\b")


def achieved(goal: str, now: list[str], true: list[str], targets: list[str], hidden: list[str]) -> bool:
    """By the goals' definitions."""
    if goal == "cleared":
        return not set(now) & set(true)
    if goal == "inconsistent":
        return bool(set(now) - set(true) and set(true) - set(now))
    if goal == "hide":
        stay = [label for label in true if label not in hidden]
        return not set(now) & set(hidden) and len(set(now) & set(stay)) == min(len(stay), len(now))
    return now == targets if goal == "ordered" else set(now) == set(targets)


GOALS = ["cleared", "inconsistent", "targeted", "ordered", "hide"]


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("true", [["cat"], ["cat", "dog"]])
def test_nothing_is_told_twice(goal: str, true: list[str], k: int) -> None:
    targets = ["cow", "bus"][:k] if goal in ("targeted", "ordered") else []
    for hidden in [true[:1], true] if goal == "hide" else [[]]:
        for was, now in product(map(list, permutations(LABELS, k)), repeat=2):
            met = achieved(goal, now, true, targets, hidden)
            before = achieved(goal, was, true, targets, hidden)
            told = report(
                " ".join(was), " ".join(now), goal=goal, k=k, true_labels=true, targets=targets, hidden=hidden, achieved=met,
                margin_of_win=1.0 if met else -1.0, margin_before=-1.0 if before else 1.0,
            )  # fmt: skip
            words = sentences(told)
            there = [name for labels, _ in ON_TOP.findall(words[0].lower()) for name in re.split(", | and ", labels)]
            assert len(set(there)) == len(there), (was, now, words)
            assert len(set(words)) == len(words), (was, now, words)


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("true", [["cat"], ["cat", "dog"]])
def test_what_is_told_is_so(goal: str, true: list[str]) -> None:
    targets = ["cow", "bus"] if goal in ("targeted", "ordered") else []
    hidden = true[:1] if goal == "hide" else []
    kinds = set()
    for was in (["cat", "dog"], ["dog", "car"], ["car", "cow"]):
        before = achieved(goal, was, true, targets, hidden)
        for now in map(list, permutations(LABELS, 2)):
            met = achieved(goal, now, true, targets, hidden)
            margin, margin_before = 1.0 if met else -1.0, -1.0 if before else 1.0
            told = report(
                " ".join(was), " ".join(now), goal=goal, true_labels=true, targets=targets, hidden=hidden, achieved=met,
                margin_of_win=margin, margin_before=margin_before,
            )  # fmt: skip
            words = sentences(told)
            assert len(words) <= SENTENCES and all(len(one) <= 130 for one in words)
            kinds.add(headline(told)[0])
            assert read(words[0], was, now), (was, now, words)
            told |= {"true_after": [[label, 0.9] for label in true]}
            assert len(sentences(told)) <= SENTENCES and all(len(one) <= 130 for one in sentences(told))
            though = re.findall(r", though (\w+)", sentences(told)[0])
            assert all(name in ("it", "they") or (name in true and name not in now) for name in though)
            kinds |= {"though"} & {words for words in ["though"] if though}
    assert {"won", "lost", "though"} <= kinds or (goal == "inconsistent" and {"won", "lost"} <= kinds)


def read(news: str, was: list[str], now: list[str]) -> bool:
    """Whether the top-k's are as the news says."""
    holds = {
        "in": lambda label: label in now,
        "still in": lambda label: label in was and label in now,
        "came in": lambda label: label not in was and label in now,
        **dict.fromkeys(("gone", "fell out"), lambda label: label in was and label not in now),
        **dict.fromkeys(("missing", "not in", "out of"), lambda label: label not in now),
    }
    claims = CLAIM.findall(news[0].lower() + news[1:])
    return all(holds[what](label) for labels, what in claims for label in re.split(", | and ", labels))
