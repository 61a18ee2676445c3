"""What can be chosen: each attack's goals and settings, each goal's words. The page and the endpoint both ask here."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields

from torch import Tensor

import tkml_core as tk


@dataclass(frozen=True)
class GoalChoice:
    """One kind of goal. `build(true, targets, k)` makes the core's object from (1,m) masks."""

    title: str
    reached: str  # ends the sentence "The change worked: …", {k} filled in
    build: Callable[[Tensor, Tensor | None, int], tk.Goal]


@dataclass(frozen=True)
class AttackChoice:
    """One attack in the visitor's words. `goals` are the goals it can have, its own first."""

    title: str
    sentence: str
    goals: tuple[str, ...]
    takes_targets: bool


def _targeted(true: Tensor, targets: Tensor | None) -> tk.Goal:
    assert targets is not None  # the attacks that can have this goal take targets
    return tk.Targeted(targets=targets, true=true)


GOALS = {
    "cleared": GoalChoice(
        "no true label left in the top-k",
        "no true label is left in the top {k}",
        lambda true, targets, k: tk.Cleared(true=true, k=k),
    ),
    "inconsistent": GoalChoice(
        "top-k contradicts the truth (E = 0)",
        "the top {k} contradicts the truth",
        lambda true, targets, k: tk.Inconsistent(true=true, k=k),
    ),
    "targeted": GoalChoice(
        "the top-k is exactly the targets",
        "the top {k} is exactly the targets",
        lambda true, targets, k: _targeted(true, targets),
    ),
}

CHOICES = {
    "TkML-AP-U": AttackChoice(
        "Push the true labels out",
        "Untargeted: any other labels may take their place.",
        ("cleared", "inconsistent"),
        False,
    ),
    "TkML-AP-T": AttackChoice(
        "Plant labels that are not there", "Targeted: the top-k becomes the labels you name.", ("targeted",), True
    ),
}

TARGET_CASES = {
    "best": "best-scored (easy)",
    "random": "random",
    "worst": "worst-scored (hard)",
    "chosen": "chosen by hand",
}


def attacks() -> dict[str, AttackChoice]:
    """The attacks that the core registers and that have words here, in the core's order."""
    return {name: CHOICES[name] for name in tk.ATTACKS if name in CHOICES}


def setting_names(attack: str) -> frozenset[str]:
    """Names of the settings of an attack, such as `beta`, read from its dataclass."""
    return frozenset(field.name for field in fields(tk.ATTACKS[attack]))


def setting_default(attack: str, name: str) -> object:
    """The core's default of one setting, or None where the attack does not have it."""
    for field in fields(tk.ATTACKS[attack]):
        if field.name == name and field.default is not MISSING:
            return field.default
    return None
