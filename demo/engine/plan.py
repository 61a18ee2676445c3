"""From what a visitor or a program asked for to a checked plan that the core can run; all refusals are made here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import Tensor

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.catalog.english import are, counted, listed
from demo.engine.annotators import Photo, guess, largest_k, load_annotator, read_photo
from demo.engine.label_roles import Roles
from demo.engine.value_checks import label_names, one_of, whole
from tkml_core.attacks.common.budget import Budget
from tkml_core.attacks.registry import goal_name
from tkml_core.attacks.universal.precomputed import Precomputed
from tkml_core.step import Steps

MAX_STEPS = 2000
MAX_SEED = 2**31 - 1


class UnfitSetting(ValueError):
    """A value that an attack refused for one of its settings, told of by the setting's label on the page.

    name: the setting's in the attack's dataclass. said: the core's sentence, from the value on.
    """

    def __init__(self, name: str, said: str) -> None:
        super().__init__(f"{catalog.SETTINGS[name].label} = {said}")
        self.name, self.said = name, said


@dataclass(frozen=True)
class AttackRequest:
    """A request as it arrives, unchecked. Empty `true_labels` means the guess; empty `goal` the attack's own."""

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
    gradients: Any = None  # backward passes after which the attack concludes; None: as many as its steps take


@dataclass(frozen=True)
class Start:
    """What a run goes on from: the picture that another one ended with, and what its report said of itself."""

    x_adv: Tensor  # (1,3,H,W)
    logits: Tensor  # (1,m)
    report: Mapping[str, Any]  # JSON values only: attack, l2, l2_before_rounding, linf, steps


@dataclass(frozen=True)
class Plan:
    """A request that can be run: every value checked, every name turned into what the core takes."""

    request: AttackRequest
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
    start: Start | None = None  # None: the photo

    def met(self, logits: Tensor) -> bool:
        """Whether `logits` (1,m) meet the goal, by whatever margin."""
        return bool(self.goal.margin(logits)[0] < 0)

    def steps(self) -> Steps:
        """The attack's steps."""
        if self.start is None:
            return self.attack.steps(self.annotator, self.photo.x, self.goal)  # type: ignore[no-any-return]
        return self.attack.steps(self.annotator, self.photo.x, self.goal, start=self.start.x_adv)  # type: ignore[no-any-return]


def make_plan(request: AttackRequest, annotator: tk.Annotator, photo: Photo) -> Plan:
    """Check everything and build the goal and the attack. ValueError says what was wrong and what is allowed."""
    one_of("attack", request.attack, catalog.attacks())
    true_names = label_names("true_labels", request.true_labels, annotator)
    guessed = request.guessed or not true_names
    true_names = true_names or guess(photo, annotator)
    m, most = len(annotator.labels), largest_k(annotator, len(true_names))
    if most < 1:
        raise ValueError(f"All {m} labels are marked as true; at least one must be left that is not.")
    k = whole("k", request.k, 1, most, f" ({m} labels, {len(true_names)} of them true)")
    seed = whole("seed", request.seed, 0, MAX_SEED)
    max_steps = whole("max_steps", request.max_steps, 1, MAX_STEPS)
    goal_kind = tk.GOALS[goal_name(request.attack, request.goal, targets=bool(request.target_case))]
    true = annotator.mask(true_names)
    named: tuple[str, ...] = ()
    if goal_kind.asks_for == "targets" and request.target_labels and not request.target_case:
        request = replace(request, target_case="chosen")  # who names targets has chosen them
    if goal_kind.asks_for == "targets":
        named = _targets(request, annotator, photo, true, k, seed)
    if goal_kind.asks_for == "hidden":
        named = _hidden(request, annotator, true_names)
    attack = _attack(request, k, max_steps, seed)
    hides = goal_kind.asks_for == "hidden"
    return Plan(
        request=replace(request, true_labels=true_names),
        annotator=annotator,
        photo=photo,
        k=k,
        attack=_within(attack, request.gradients),
        settings={name: getattr(attack, name) for name in catalog.setting_names(request.attack) if name != "max_steps"},
        goal_name=goal_kind.name,
        goal=goal_kind.of(true, k, annotator.places(named)),
        true=true,
        roles=Roles(true_names, () if hides else named, named if hides else (), goal_kind is tk.Ordered),
        guessed=guessed,
        max_steps=max_steps,
        seed=seed,
    )


def _attack(request: AttackRequest, k: int, max_steps: int, seed: int) -> Any:
    """The attack with its settings; those that it does not have are left out."""
    if catalog.precomputed(request.attack):
        return Precomputed(tk.universal(request.attack, request.annotator, k))
    known = catalog.setting_names(request.attack)
    settings: dict[str, Any] = {"max_steps": max_steps, "seed": seed}
    for name, value in request.settings.items():
        counts = isinstance(catalog.setting_default(request.attack, name), int) and isinstance(value, float)
        settings[name] = int(value) if counts and value.is_integer() else value
    chosen = {name: value for name, value in settings.items() if value is not None and name in known}
    try:
        return tk.ATTACKS[request.attack](**chosen)
    except ValueError as error:  # the core's sentences begin with its own name of the setting
        name, _, said = str(error).partition(" = ")
        raise UnfitSetting(name, said) if name in catalog.SETTINGS else error from None


def _within(attack: Any, gradients: Any) -> Any:
    """The attack, bound to so many gradients; one that was made beforehand takes none."""
    if gradients is None or isinstance(attack, Precomputed):
        return attack
    return Budget(attack, gradients=whole("gradients", gradients, 1, MAX_STEPS))


def _targets(
    request: AttackRequest, annotator: tk.Annotator, photo: Photo, true: Tensor, k: int, seed: int
) -> tuple[str, ...]:
    """The k targets' names, best-scored first or in the order chosen."""
    case = one_of("target_case", request.target_case, catalog.TARGET_CASES)
    if case == "chosen":
        names = label_names("target_labels", request.target_labels, annotator)
        if len(names) != k:
            raise ValueError(
                f"Choose exactly {counted(k, 'target label')} (as many as k); {len(names)} {are(names)} chosen."
            )
        both = [name for name in names if true[0, annotator.index(name)]]
        if both:
            raise ValueError(f"A target must be a label that is not true; {', '.join(both)} cannot be both.")
        return names
    return tuple(annotator.labels[j] for j in tk.target_order(case, photo.logits, true, k, seed)[0].tolist())


def _hidden(request: AttackRequest, annotator: tk.Annotator, true: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the true labels that are to leave the top-k."""
    names = label_names("target_labels", request.target_labels, annotator)
    if not names:
        raise ValueError(f"Choose at least one label to hide, of those that are true: {listed(true, 20)}.")
    not_true = [name for name in names if name not in true]
    if not_true:
        raise ValueError(
            f"Only labels that are true can be hidden, and {listed(not_true)} {are(not_true)} not. "
            f"True {are(true)} {listed(true, 20)}."
        )
    return names


DEFAULT_K = 3


def plan_for(path: str | Path | None, request: AttackRequest) -> Plan:
    """A checked plan for the picture at `path`; ValueError says what cannot be done and what can."""
    network = load_annotator(request.annotator)
    one_of("attack", request.attack, catalog.attacks())
    # What was made for many photos has one size, theirs: the square.
    return make_plan(request, network, read_photo(path, request.annotator, square=catalog.precomputed(request.attack)))
