"""The goals in a visitor's words."""

from collections.abc import Sequence
from dataclasses import dataclass

from demo.catalog.english import are
from demo.catalog.labels import listed_labels

Labels = Sequence[str]


@dataclass(frozen=True)
class GoalChoice:
    """One kind of goal. `holds`: what holds once it is reached, with places for `k`, `named` and `others`.

    alone: the same where k = 1.
    """

    title: str
    holds: str
    alone: str

    def reached(self, k: int, named: Labels, others: Labels, most: int = 5) -> str:
        """What holds once it is reached, for the labels that are named; `others` are the true ones that are not.

        most: how many of them are written out.
        """
        stay = f", and {listed_labels(others, most)} {are(others)} {'it' if k == 1 else 'in it'}" if others else ""
        if len(others) > k:  # more than fit in
            stay = f", which shows nothing but {k} of {listed_labels(others, most)}"
        return (self.alone if k == 1 else self.holds).format(
            k=k, named=f"{listed_labels(named, most)} {are(named)}", others=stay
        )


# Of the goal "hide", where every true label is to leave.
NOTHING_TO_KEEP = "With no other true label to keep, this is the same as pushing all true labels out."

# By the core's names, `tk.GOALS`.
GOALS = {
    "cleared": GoalChoice(
        "no true label left in the top-k", "no true label is left in the top {k}", "the top label is not a true one"
    ),
    "inconsistent": GoalChoice(
        "the top-k contradicts the truth: a wrong label in it, a true one out",
        "the top {k} contradicts the truth",
        "the top label contradicts the truth",
    ),
    "targeted": GoalChoice(
        "the top-k is exactly the targets", "the top {k} is exactly the targets", "the top label is exactly the target"
    ),
    "ordered": GoalChoice(
        "the top-k is the targets in their order",
        "the top {k} is the targets in the order asked for",
        "the top label is exactly the target",
    ),
    "hide": GoalChoice(
        "some true labels leave, the others stay",
        "{named} out of the top {k}{others}",
        "{named} no longer the top label{others}",
    ),
}
