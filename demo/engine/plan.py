"""From what a visitor or a program asked for to a checked plan that the core can run; all refusals are made here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

import tkml_core as tk
from demo.catalog import attacks as menu
from demo.catalog.english import are, listed
from demo.engine.roles import Roles
from tkml_core.attacks.registry import goal_name
from tkml_core.attacks.universal.precomputed import Precomputed

MAX_STEPS = 2000
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Photo:
    """A prepared picture and what the annotator thinks of it."""

    x: Tensor  # (1,3,H,W) on k/255 levels
    logits: Tensor  # (1,m)
    name: str = "photo"  # its file's, in letters and digits that every system can have in the name of a file


@dataclass(frozen=True)
class Ask:
    """A wish as it arrives, unchecked. Empty `true_labels` means the guess; empty `goal` the attack's own."""

    annotator: str
    k: Any
    attack: str
    true_labels: Any = ()
    target_case: str = ""
    target_labels: Any = ()
    max_steps: Any = 200
    seed: Any = 0
    goal: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    guessed: bool = False  # whether the true labels that are named are only the annotator's guess


@dataclass(frozen=True)
class Plan:
    """A wish that can be run: every value checked, every name turned into what the core takes."""

    ask: Ask
    annotator: tk.Annotator
    photo: Photo
    k: int
    attack: Any  # one of the classes of tk.ATTACKS, with its settings, or a Precomputed
    settings: Mapping[str, Any]  # the attack's, but for max_steps; JSON values only
    goal_name: str
    goal: tk.Goal
    true: Tensor  # (1,m) bool
    roles: Roles
    guessed: bool
    max_steps: int
    seed: int


def whole(name: str, value: Any, low: int, high: int, why: str = "") -> int:
    """`value` as an int in [low, high]; ValueError that names the value and the range otherwise."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if number is None or not low <= number <= high or int(number) != number:  # NaN is in no range
        raise ValueError(f"{name} must be a whole number from {low} to {high}{why}; got {value!r}.")
    return int(number)


def one_of(name: str, value: Any, allowed: Any) -> str:
    """`value` if it is one of the `allowed` names; ValueError listing them otherwise."""
    if value not in tuple(allowed):
        raise ValueError(f"{name} must be one of {', '.join(repr(item) for item in allowed)}; got {value!r}.")
    return str(value)


def label_names(name: str, value: Any, annotator: tk.Annotator) -> tuple[str, ...]:
    """A list of label names in the annotator's own spelling, each once, in the order given."""
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ValueError(f'{name} must be a list of label names, such as ["{annotator.labels[0]}"]; got {value!r}.')
    return tuple(dict.fromkeys(annotator.labels[annotator.index(item)] for item in value))


def guess(photo: Photo, annotator: tk.Annotator) -> tuple[str, ...]:
    """Labels to take for true when nobody said, best first."""
    sure = annotator.guess(photo.logits)[0]
    return tuple(annotator.labels[j] for j in tk.topk(photo.logits, len(annotator.labels))[0].tolist() if sure[j])


def largest_k(annotator: tk.Annotator, true_count: int) -> int:
    """k can go up to m − |Y|: beyond it there are not enough other labels to fill the top-k."""
    return len(annotator.labels) - true_count


def make_plan(ask: Ask, annotator: tk.Annotator, photo: Photo) -> Plan:
    """Check everything and build the goal and the attack. ValueError says what was wrong and what is allowed."""
    one_of("attack", ask.attack, menu.attacks())
    true_names = label_names("true_labels", ask.true_labels, annotator)
    guessed = ask.guessed or not true_names
    true_names = true_names or guess(photo, annotator)
    m, most = len(annotator.labels), largest_k(annotator, len(true_names))
    if most < 1:
        raise ValueError(f"All {m} labels are marked as true; at least one must be left that is not.")
    k = whole("k", ask.k, 1, most, f" ({m} labels, {len(true_names)} of them true)")
    seed = whole("seed", ask.seed, 0, MAX_SEED)
    max_steps = whole("max_steps", ask.max_steps, 1, MAX_STEPS)
    goal_kind = tk.GOALS[goal_name(ask.attack, ask.goal, targets=bool(ask.target_case))]
    true = annotator.mask(true_names)
    named: tuple[str, ...] = ()
    if goal_kind.asks_for == "targets":
        named = _targets(ask, annotator, photo, true, k, seed)
    if goal_kind.asks_for == "hidden":
        named = _hidden(ask, annotator, true_names, k)
    attack = _attack(ask, k, max_steps, seed)
    hides = goal_kind.asks_for == "hidden"
    return Plan(
        ask=replace(ask, true_labels=true_names),
        annotator=annotator,
        photo=photo,
        k=k,
        attack=attack,
        settings={name: getattr(attack, name) for name in menu.setting_names(ask.attack) if name != "max_steps"},
        goal_name=goal_kind.name,
        goal=goal_kind.of(true, k, annotator.places(named)),
        true=true,
        roles=Roles(true_names, () if hides else named, named if hides else (), goal_kind is tk.Ordered),
        guessed=guessed,
        max_steps=max_steps,
        seed=seed,
    )


def _attack(ask: Ask, k: int, max_steps: int, seed: int) -> Any:
    """The attack with its settings; those that it does not have are left out."""
    if menu.ready_made(ask.attack):
        return Precomputed(tk.universal(ask.attack, ask.annotator, k))
    known = menu.setting_names(ask.attack)
    settings: dict[str, Any] = {"max_steps": max_steps, "seed": seed}
    for name, value in ask.settings.items():
        counts = isinstance(menu.setting_default(ask.attack, name), int) and isinstance(value, float)
        settings[name] = int(value) if counts and value.is_integer() else value
    chosen = {name: value for name, value in settings.items() if value is not None and name in known}
    try:
        return tk.ATTACKS[ask.attack](**chosen)
    except ValueError as error:  # the core's sentences begin with its own name of the setting
        name, _, said = str(error).partition(" = ")
        raise ValueError(f"{menu.SETTINGS[name].label} = {said}" if name in menu.SETTINGS else str(error)) from None


def _targets(ask: Ask, annotator: tk.Annotator, photo: Photo, true: Tensor, k: int, seed: int) -> tuple[str, ...]:
    """The k targets' names, best-scored first or in the order chosen."""
    case = one_of("target_case", ask.target_case, menu.TARGET_CASES)
    if case == "chosen":
        names = label_names("target_labels", ask.target_labels, annotator)
        if len(names) != k:
            raise ValueError(
                f"Choose exactly {k} target label{'s' * (k > 1)} (as many as k); {len(names)} {are(names)} chosen."
            )
        both = [name for name in names if true[0, annotator.index(name)]]
        if both:
            raise ValueError(f"A target must be a label that is not true; {', '.join(both)} cannot be both.")
        return names
    return tuple(annotator.labels[j] for j in tk.target_order(case, photo.logits, true, k, seed)[0].tolist())


def _hidden(ask: Ask, annotator: tk.Annotator, true: tuple[str, ...], k: int) -> tuple[str, ...]:
    """Names of the true labels that are to leave the top-k."""
    names = label_names("target_labels", ask.target_labels, annotator)
    if not names:
        raise ValueError(f"Choose at least one label to hide, of those that are true: {listed(true, 20)}.")
    strangers = [name for name in names if name not in true]
    if strangers:
        raise ValueError(
            f"Only labels that are true can be hidden, and {listed(strangers)} {are(strangers)} not. "
            f"True {are(true)} {listed(true, 20)}."
        )
    kept = [name for name in true if name not in names]
    if len(kept) > k:
        raise ValueError(
            f"The {len(kept)} true labels that are not hidden ({listed(kept)}) are to stay in the top {k}, which has no "
            f"room for them. Choose k = {len(kept)} or more, or hide more labels."
        )
    return names
