"""What a comparison takes over from the tab "Attack" when its own tab opens, and what it will run, in a sentence."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from demo.catalog import attacks as catalog
from demo.catalog.english import counted, listed
from demo.catalog.goals import GOALS
from demo.engine.label_roles import Roles
from demo.render.goal_words import aim
from demo.tabs.compare.limits import FIRST
from demo.tabs.compare.methods import AIMS, BY_HAND, Entry, offered, to_name
from demo.tabs.compare.widgets import Choices

FOUND = {"best": "the best-scored", "random": "random", "worst": "the worst-scored"}


class Wish(NamedTuple):
    """What is chosen on "Attack" for which there are choices here, too."""

    attack: str
    goal: str
    case: str
    max_steps: Any
    seed: Any

    @property
    def aim(self) -> str:
        """The one of AIMS that asks for the same; empty where none does."""
        goal = catalog.settled_goal(self.attack, self.goal)
        return next((name for name, one in AIMS.items() if one.goal == goal and one.case in ("", self.case)), "")


def taken(choices: Choices, wish: Wish, entry: Entry) -> Choices:
    """The choices with what is wished for on "Attack": goal, the attack as a method, its steps where somebody set them, seed."""
    if not wish.aim:  # no comparison has that goal
        return choices._replace(seed=wish.seed)
    able = offered(wish.aim, entry.annotator, entry.k, choices.kind)
    ticked = [name for name in dict.fromkeys((*AIMS[wish.aim].first, wish.attack)) if name in able]
    choice = catalog.choice_of(wish.attack)
    own = choice.counted == "Steps" and wish.max_steps != choice.steps
    steps = wish.max_steps if own else FIRST["steps"]
    return choices._replace(goal=wish.aim, methods=ticked, seed=wish.seed, steps=steps)


def words(
    choices: Choices, wish: Wish, entry: Entry, photos: int, added: bool = False, nothing_found: Sequence[str] = ()
) -> str:
    """What a press of Compare will run.

    added: whether these are all photos that were added here; nothing_found: which are left out.
    """
    if not entry.true and not added:
        return "Nothing can run yet: mark at least one label as true on the tab Attack, or add photos below."
    if choices.goal in BY_HAND and (missing := to_name(entry, choices.goal)):
        return f"Nothing can run yet: {missing}"
    if not choices.ticked:
        return "Nothing can run yet: tick at least one method."
    goal = AIMS[choices.goal]
    named = entry.named if choices.goal in BY_HAND else ()
    found = f": {FOUND[goal.case]} labels that are not true" if goal.case in FOUND else ""
    asked = aim(goal.goal, entry.k, Roles(entry.true, named)) + found
    where = "on this photo" if photos == 1 and not added else f"on {counted(photos, 'photo')}"
    where += ", without the one on the tab Attack" if added else ""
    where += f", without {listed(nothing_found)}, where the annotator finds nothing" if nothing_found else ""
    turn = ", one after the other," if len(choices.ticked) > 1 else ""
    return (
        f"k = {entry.k}, as set on the tab Attack. Compare runs {listed(choices.ticked, len(choices.ticked))}{turn} {where}, "
        f"up to {choices.limit.checked()} each. "
        f"The goal, {_whose(choices, wish)}: {asked}."
    )


def _whose(choices: Choices, wish: Wish) -> str:
    """Where the goal was chosen; also which one is chosen on "Attack", where none here is like it."""
    if choices.goal == wish.aim:
        return "as on the tab Attack"
    if wish.aim:
        return "chosen here"
    there = GOALS[catalog.settled_goal(wish.attack, wish.goal)].title
    return f"chosen here, as that on the tab Attack ({there}) cannot be compared"
