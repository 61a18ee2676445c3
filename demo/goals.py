"""The goals in a visitor's words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demo.words import are, listed

Labels = Sequence[str]


@dataclass(frozen=True)
class GoalChoice:
    """One kind of goal.

    reached(k, named, others): what holds once it is reached, `others` being the true labels that are not named.
    """

    title: str
    reached: Callable[[int, Labels, Labels], str]


def _hidden(k: int, named: Labels, others: Labels) -> str:
    stay = f", and {listed(others)} {are(others)} in it" if others else ""
    return f"{listed(named)} {are(named)} out of the top {k}{stay}"


# By the core's names, `tk.GOALS`.
GOALS = {
    "cleared": GoalChoice(
        "no true label left in the top-k",
        lambda k, named, others: f"no true label is left in the top {k}",
    ),
    "inconsistent": GoalChoice(
        "top-k contradicts the truth (E = 0)",
        lambda k, named, others: f"the top {k} contradicts the truth",
    ),
    "targeted": GoalChoice(
        "the top-k is exactly the targets",
        lambda k, named, others: f"the top {k} is exactly the targets",
    ),
    "ordered": GoalChoice(
        "the top-k is the targets in their order",
        lambda k, named, others: f"the top {k} is the targets in the order asked for",
    ),
    "hide": GoalChoice("some true labels leave, the others stay", _hidden),
}
