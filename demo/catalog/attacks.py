"""What can be chosen: the attacks in a visitor's words. Their goals and settings are read from the core's classes.

An attack that the core registers needs no words to be on the page; those in `attack_words.py` give it a title and a sentence.
"""

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any

import tkml_core as tk
from demo.catalog.attack_words import CHOICES, UNIVERSAL_TITLES, AttackChoice
from tkml_core.attacks.universal.base import Universal
from tkml_core.zoo.registry import BUNDLED, entry_of
from tkml_core.zoo.universal_perturbations import bundled

# What every choice of annotator says below its name
ANNOTATORS = f"{BUNDLED}. Each label has a probability of its own, so that several may be near 100%"


def annotator_choices(names: Sequence[str]) -> list[tuple[str, str]]:
    """What each annotator is called in a menu, with its name. None is loaded for this."""
    return [(f"{annotator_words(name)} ({name})", name) for name in names]


def annotator_words(name: str) -> str:
    """What an annotator is, without its name: "20 labels, another network"."""
    entry = entry_of(name)
    return ", ".join(filter(None, (f"{len(entry.labels)} labels", entry.kind)))


# What several tabs ask for, in the same words
K = "Labels shown (k)"
TARGETS = "Targets: the labels to add"
SEED = "What chance starts from. With all else the same, too, the result is the same, unless the clock ends the run"

TARGET_CASES = {
    "best": "best-scored (easy)",
    "random": "random",
    "worst": "worst-scored (hard)",
    "chosen": "chosen by hand",
}


# A win by less looks like none: "person 67%, cat 67%". One logit is 61% against 36%, or 95% against 88%.
FIRM = 1.0


@dataclass(frozen=True)
class Setting:
    """A number under "Advanced", in the visitor's words."""

    label: str
    told: str


# Which of them an attack has is read from its dataclass.
SETTINGS = {
    "confidence": Setting(
        "Margin of the win (κ)", "how far ahead the goal must be, in the annotator's raw scores (logits); 0: just met"
    ),
    "step": Setting("Step size", "share of the way to the goal that one step goes"),
    "beta": Setting(
        "Weight of size (β)", "how much the size of the change counts in what the attack lowers (the loss)"
    ),
    "lambda_0": Setting(
        "First threshold (λ₀)",
        "where the attack first takes the list to end (dotted in the label race): a score, or for TkML-AP-U how far below the "
        "best true one; left empty, it is found from the scores, by TkML-AP-T anew at every step",
    ),
    "overshoot": Setting("Overshoot", "share by which a step goes too far"),
    "constant": Setting(
        "First weight of the goal (c)", "how much the goal counts beside the size of the change, at first"
    ),
    "rate": Setting("Speed (Adam's rate)", "how far a pixel goes in one step, of 1"),
    "kappa": Setting(
        "Margin of each pair (κ)", "how far apart two labels must be to be in order, in raw scores (logits)"
    ),
    "epsilon": Setting("Most at one pixel (ε)", "levels, of 255, by which a pixel changes at most"),
}


def attacks() -> dict[str, AttackChoice]:
    """Every attack that the core registers, in its order, with its words."""
    return {name: choice_of(name) for name in tk.ATTACKS}


def kind_of(attack: object) -> Any:
    """The class of an attack by its name. ValueError listing the names for anything else that a browser may send."""
    if not isinstance(attack, str) or attack not in tk.ATTACKS:
        raise ValueError(f"The attack must be one of {', '.join(tk.ATTACKS)}; got {attack!r:.200}.")
    return tk.ATTACKS[attack]


def choice_of(attack: str) -> AttackChoice:
    """An attack's words; one without words of its own is told of by its class's docstring, and takes its own `max_steps`."""
    kind = kind_of(attack)
    if attack in CHOICES:
        return CHOICES[attack]
    told = (kind.__doc__ or "").strip().split("\n\n")[0]
    steps = setting_default(attack, "max_steps")
    return AttackChoice(attack, "", " ".join(told.split()), steps if isinstance(steps, int) else 200)


def universal_title(name: str) -> str:
    """What a way to make one change for every photo is called in a menu, by its name in the core's `UNIVERSAL`."""
    return f"{UNIVERSAL_TITLES[name]} ({name})" if name in UNIVERSAL_TITLES else name


def unit_of(attack: str) -> tuple[str, str]:
    """What an attack's steps are called, one and several: "step", "steps"."""
    many = choice_of(attack).counted.lower()
    return {"steps": "step", "queries": "query"}[many], many


def label_of(attack: str) -> str:
    """What stands in a menu: the title with the attack's name, or the name alone where that is the title."""
    title = choice_of(attack).title
    return title if title == attack else f"{title} ({attack})"


def goals_of(attack: str) -> tuple[str, ...]:
    """Names of the goals that an attack can have, its own first."""
    return tuple(kind.name for kind in kind_of(attack).goals)


def settled_goal(attack: str, goal: str) -> str:
    """`goal`, or the attack's own where it cannot have that one: a goal that was chosen for the attack before it."""
    able = goals_of(attack)
    return goal if goal in able else able[0]


def precomputed(attack: str) -> bool:
    """Whether an attack is not run on the photo, but was run before on many, and what it found is added."""
    return issubclass(kind_of(attack), Universal)


def sentence(attack: str, annotator: str, typed: str | None = "") -> str:
    """Whose an attack is and what it does; for a precomputed one, also for which k there is one.

    And where it asks for less than the others do, as its changes are smaller for that alone. typed: what stands in κ’s field.
    """
    there = [str(k) for name, whose, k in bundled() if (name, whose) == (attack, annotator)]
    ready = f" for k = {', '.join(there)}" if there else f", though not for {annotator}"
    choice = choice_of(attack)
    kappa = page_confidence(attack)
    barely = "confidence" in setting_names(attack) and kappa < FIRM and str(typed or "").strip() in ("", f"{kappa:g}")
    less = f" {BARELY.format(kappa, FIRM)}" if barely else ""
    return f"{choice.whose} {choice.sentence.replace('{ready}', ready)}{less}".strip()


def uses_seed(attack: str) -> bool:
    """Whether anything is drawn at random: by the attack itself, or targets."""
    return "seed" in setting_names(attack) or any(kind.asks_for == "targets" for kind in kind_of(attack).goals)


def setting_names(attack: str) -> frozenset[str]:
    """Names of the settings of an attack, such as `beta`, read from its dataclass; a precomputed one has none left."""
    return frozenset() if precomputed(attack) else frozenset(field.name for field in fields(kind_of(attack)))


def setting_default(attack: str, name: str) -> object:
    """The core's default of one setting, or None where the attack does not have it."""
    for field in fields(kind_of(attack)):
        if field.name == name and field.default is not MISSING:
            return field.default
    return None


BARELY = (
    "Unless you set it below Advanced, its margin of the win (κ) is {:g}, that of others {:g}: so its size does not compare with "
    "theirs. Compare has one κ for all."
)


def page_confidence(attack: str) -> float:
    """κ where the visitor leaves its field empty. The core's own is 0, and so is that of who looks for the smallest change."""
    return 0.0 if attack == "MinNorm" or "confidence" not in setting_names(attack) else FIRM


def goals_shown(attack: str) -> dict[str, Any]:
    """The goals that an attack can have, its own marked; a single one is no choice.

    The widget has all of them at any time and attack.css hides the others: were choices taken away, a click that overtakes
    the news would be refused by Gradio, in words for programmers.
    """
    names = goals_of(attack)
    return {"value": names[0], "visible": len(names) > 1, "elem_classes": [f"has-{name}" for name in names]}


def steps_shown(attack: str) -> dict[str, Any]:
    """How many steps an attack may take, and what it counts."""
    choice = choice_of(attack)
    return {"value": choice.steps, "label": f"{choice.counted} at most"}


def setting_shown(attack: str, name: str) -> dict[str, Any]:
    """A setting's field, where the attack has it, and what it stands for while it is empty: the attack's default."""
    if name not in setting_names(attack):
        return {"visible": False}
    default = page_confidence(attack) if name == "confidence" else setting_default(attack, name)
    return {"visible": True, "placeholder": "automatic" if default is None else f"{default:g}"}
