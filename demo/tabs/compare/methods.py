"""Which methods can be compared for which goal, and their runs one after the other, without any Gradio."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from demo.catalog import attacks as catalog
from demo.catalog.english import counted
from demo.engine import loop
from demo.engine.frames import Frame
from demo.engine.outcome import Outcome
from demo.engine.plan import AttackRequest, Plan, plan_for
from demo.engine.run import run_plan
from demo.engine.run_queue import Waiting, no_waiting
from demo.engine.stream import pause
from demo.engine.value_checks import one_of
from demo.tabs.compare.limits import Limit
from tkml_core.step_generators import WithResult
from tkml_core.zoo.universal_perturbations import bundled


@dataclass(frozen=True)
class Aim:
    """What all methods are to reach; `case` says how targets are found, `first` which methods are ticked at first."""

    title: str
    goal: str
    case: str
    first: tuple[str, ...]


_ADDERS = ("TkML-AP-T", "ML-AP", "MinNorm")

AIMS = {
    "cleared": Aim("push the true labels out", "cleared", "", ("TkML-AP-U", "kFool", "MinNorm")),
    **{
        case: Aim(f"add labels: {catalog.TARGET_CASES[case]}", "targeted", case, _ADDERS)
        for case in ("best", "random", "worst")
    },
    "chosen": Aim("add labels: those named on Attack", "targeted", "chosen", _ADDERS),
    "ordered": Aim("add them in the order named on Attack", "ordered", "chosen", ("CW^k", "QuadAttacK")),
}
BY_HAND = tuple(name for name, aim in AIMS.items() if aim.case == "chosen")  # where targets are named on "Attack"


@dataclass(frozen=True)
class Entry:
    """A photo with what is true on it, k and annotator: the same for every method. `named`: targets named by hand on "Attack".

    guessed: whether what is true is only the annotator's guess. confidence: κ, the same for every method too. settings: what
    else was set by hand, for the method called `attack` alone.
    """

    photo: str
    annotator: str
    k: Any
    true: tuple[str, ...]
    named: tuple[str, ...] = ()
    title: str = ""
    guessed: bool = False
    confidence: float = 0.0
    attack: str = ""
    settings: tuple[tuple[str, Any], ...] = ()

    def settings_of(self, method: str) -> dict[str, Any]:
        """What a method is run with."""
        own = dict(self.settings) if method == self.attack else {}
        return {**own, "confidence": self.confidence}


@dataclass(frozen=True)
class ComparisonRequest:
    """All that the outcome of a comparison hangs on; two that are equal ask for the same."""

    entry: Entry
    aim: str
    methods: frozenset[str]
    limit: Limit
    seed: Any
    others: tuple[Any, ...] = ()  # the other photos: samples by name, uploads by path with what is marked on them
    nothing_found: tuple[str, ...] = field(
        default=(), compare=False
    )  # titles of those left out, which only the run knows

    @classmethod
    def of(
        cls, entry: Entry, aim: str, methods: Sequence[str], limit: Limit, seed: Any, others: Sequence[Any] = ()
    ) -> "ComparisonRequest":
        """What the widgets say; labels that are named count only where the goal is about them, and settings with their method."""
        about = entry if aim in BY_HAND else replace(entry, named=())
        about = about if entry.attack in methods else replace(about, attack="", settings=())
        return cls(about, aim, frozenset(methods), limit, seed or 0, tuple(others))


@dataclass(frozen=True)
class ColumnUpdate:
    """News of one column: how long it waits for its run, a frame while it runs, the outcome at its end."""

    column: int
    waiting: Waiting | None = None
    frame: Frame | None = None
    outcome: Outcome | None = None


def able(aim: str, limit: str = "steps") -> tuple[str, ...]:
    """The methods that can have this goal; where gradients are counted, without those that take none to count."""
    names = tuple(name for name in catalog.attacks() if AIMS[aim].goal in catalog.goals_of(name))
    return tuple(name for name in names if limit != "gradients" or catalog.choice_of(name).counted != "Queries")


def offered(aim: str, annotator: str, k: Any, limit: str = "steps") -> tuple[str, ...]:
    """The same, without the ready-made ones that nobody has made for this annotator and k."""
    made = {name for name, whose, for_k in bundled() if (whose, for_k) == (annotator, k)}
    return tuple(name for name in able(aim, limit) if name in made or not catalog.precomputed(name))


def titled(names: Sequence[str]) -> list[tuple[str, str]]:
    """Methods as choices: what each does, with its name."""
    return [(catalog.label_of(name), name) for name in names]


def most_columns() -> int:
    """How many methods one comparison can have at most."""
    return max(len(able(aim)) for aim in AIMS)


def to_name(entry: Entry, aim: str = "chosen") -> str:
    """Where to name targets for this goal and how many, in words; empty where exactly k are named."""
    count = len(entry.named)
    if count == entry.k:
        return ""
    attack = catalog.choice_of(AIMS[aim].first[0]).title
    return (
        f"{count} of {entry.k} targets named. On the tab Attack choose “{attack}”, then below “{catalog.TARGETS}” "
        f"“{catalog.TARGET_CASES['chosen']}”, and choose {counted(entry.k, 'label')}."
    )


def checked(entry: Entry, aim: Any, methods: Any, limit: Limit) -> list[str]:
    """The methods that were chosen; ValueError says what cannot be done with any photo, and what can."""
    goal = AIMS[one_of("The goal", aim, AIMS)]
    chosen = list(methods) if isinstance(methods, (list, tuple)) else []
    for name in chosen:
        one_of("A method for this goal", name, able(aim, limit.kind))
    if not chosen:
        raise ValueError("Tick at least one method to compare.")
    if goal.case == "chosen" and (missing := to_name(entry, aim)):
        raise ValueError(missing)
    return chosen


def plans(entry: Entry, aim: Any, methods: Any, limit: Limit, seed: Any) -> list[Plan]:
    """A checked plan for each method, in the menu's order. ValueError says what cannot be done and what can."""
    chosen, goal = checked(entry, aim, methods, limit), AIMS[aim]
    in_order = (name for name in able(aim) if name in chosen)
    return [
        plan_for(
            entry.photo,
            AttackRequest(
                entry.annotator, entry.k, name, entry.true, goal.case, entry.named, limit.max_steps, seed, goal.goal,
                entry.settings_of(name), guessed=entry.guessed, gradients=limit.gradients,
            ),
        )
        for name in in_order
    ]  # fmt: skip


def reference(contestants: Sequence[Plan]) -> Plan:
    """A plan on the whole photo, where there is one: what was made for many photos has their size, the centre square."""
    return next((plan for plan in contestants if not catalog.precomputed(plan.request.attack)), contestants[0])


def column_updates(
    contestants: Sequence[Plan],
    stop_asked: Callable[[], bool],
    budget: loop.Clock = loop.BUDGET_SECONDS,
    next_turn: Callable[[], Iterator[Waiting]] = no_waiting,
    seconds: float | None = None,
) -> Iterator[ColumnUpdate]:
    """Every plan's run, one after the other, each with a turn of its own and for at most `budget` seconds; frames with a `pause`.

    Once `stop_asked` is true the present run concludes with what it has, and those after it do not begin. Where all methods
    were given so many `seconds`, one that has used them up was not cut short.
    """
    for column, plan in enumerate(contestants):
        for waiting in next_turn():
            yield ColumnUpdate(column, waiting=waiting)
        if stop_asked():
            return
        clock = budget if seconds is None else lambda: min(seconds, loop.seconds_of(budget))
        frames = WithResult(run_plan(plan, stop_asked, clock))
        for frame in frames.paced(pause):
            yield ColumnUpdate(column, frame=frame)
        outcome = frames.result
        if seconds is not None and outcome.report["stopped"] == "time":
            outcome = replace(outcome, report={**outcome.report, "stopped": None})
        yield ColumnUpdate(column, outcome=outcome)
