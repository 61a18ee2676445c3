"""Which methods can be compared for which goal, and their runs one after the other, without any Gradio."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from demo.catalog import attacks as menu
from demo.engine import loop
from demo.engine import run as elsewhere
from demo.engine.frames import Frame
from demo.engine.outcome import Outcome
from demo.engine.plan import Ask, Plan, one_of
from demo.tabs.attack.stage import PICTURES_EVERY
from tkml_core.generators import WithResult
from tkml_core.zoo.perturbations import bundled


@dataclass(frozen=True)
class Aim:
    """What all methods are to reach; `case` says how targets are found, `first` which methods are ticked at first."""

    title: str
    goal: str
    case: str
    first: tuple[str, ...]


_PLANTERS = ("TkML-AP-T", "ML-AP", "MinNorm")

AIMS = {
    "cleared": Aim("clear the true labels", "cleared", "", ("TkML-AP-U", "kFool", "MinNorm")),
    **{
        case: Aim(f"plant labels: {menu.TARGET_CASES[case]}", "targeted", case, _PLANTERS)
        for case in ("best", "random", "worst")
    },
    "chosen": Aim("plant labels: those named on Attack", "targeted", "chosen", _PLANTERS),
}


@dataclass(frozen=True)
class Entry:
    """What the visitor put on the tab "Attack": the same for every method. `named`: the targets named by hand there."""

    photo: str
    annotator: str
    k: Any
    true: tuple[str, ...]
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wish:
    """All that the outcome of a comparison hangs on; two that are equal ask for the same."""

    entry: Entry
    aim: str
    methods: frozenset[str]
    max_steps: Any
    seed: Any

    @classmethod
    def of(cls, entry: Entry, aim: str, methods: Sequence[str], max_steps: Any, seed: Any) -> "Wish":
        """The wish that the widgets say; labels that are named count only where the goal is about them."""
        about = entry if aim == "chosen" else replace(entry, named=())
        return cls(about, aim, frozenset(methods), max_steps, seed or 0)


@dataclass(frozen=True)
class Moment:
    """News of one column: a frame while it runs, the outcome at its end."""

    column: int
    frame: Frame | None = None
    outcome: Outcome | None = None


def able(aim: str) -> tuple[str, ...]:
    """The methods that can have this goal."""
    return tuple(name for name in menu.attacks() if AIMS[aim].goal in menu.goals_of(name))


def offered(aim: str, annotator: str, k: Any) -> tuple[str, ...]:
    """The same, without the ready-made ones that nobody has made for this annotator and k."""
    made = {name for name, whose, for_k in bundled() if (whose, for_k) == (annotator, k)}
    return tuple(name for name in able(aim) if name in made or not menu.ready_made(name))


def most_columns() -> int:
    """How many methods one comparison can have at most."""
    return max(len(able(aim)) for aim in AIMS)


def to_name(entry: Entry) -> str:
    """Where to name targets and how many, in words; empty where exactly k are named."""
    count = len(entry.named)
    if count == entry.k:
        return ""
    return (
        f"{count} of {entry.k} targets named. On the tab Attack choose “{menu.CHOICES['TkML-AP-T'].title}”, then as Targets "
        f"“{menu.TARGET_CASES['chosen']}”, and click {entry.k} label{'' if entry.k == 1 else 's'}."
    )


def plans(entry: Entry, aim: Any, methods: Any, max_steps: Any, seed: Any) -> list[Plan]:
    """A checked plan for each method, in the menu's order. ValueError says what cannot be done and what can."""
    goal = AIMS[one_of("The goal", aim, AIMS)]
    chosen = methods if isinstance(methods, (list, tuple)) else []
    for name in chosen:
        one_of("A method for this goal", name, able(aim))
    if not chosen:
        raise ValueError("Tick at least one method to compare.")
    if goal.case == "chosen" and (missing := to_name(entry)):
        raise ValueError(missing)
    asked = (name for name in able(aim) if name in chosen)
    return [
        loop.plan(
            entry.photo,
            Ask(entry.annotator, entry.k, name, entry.true, goal.case, entry.named, max_steps, seed, goal.goal),
        )
        for name in asked
    ]


def reference(contestants: Sequence[Plan]) -> Plan:
    """A plan on the whole photo, where there is one: what was made for many photos has their size, the centre square."""
    return next((plan for plan in contestants if not menu.ready_made(plan.ask.attack)), contestants[0])


def moments(
    contestants: Sequence[Plan], stop_asked: Callable[[], bool], budget: float = loop.BUDGET_SECONDS
) -> Iterator[Moment]:
    """Every plan's run, in turn, each for at most `budget` seconds; at most 8 frames a second.

    Once `stop_asked` is true the present run concludes with what it has, and those after it do not begin.
    """
    for column, plan in enumerate(contestants):
        if stop_asked():
            return
        frames = WithResult(elsewhere.run(plan, stop_asked, budget))
        for frame in frames.every(PICTURES_EVERY):
            yield Moment(column, frame)
        yield Moment(column, outcome=frames.result)
