"""Which labels a visitor may name for the goal that is chosen, and how many: targets, or true labels to hide."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

import gradio as gr

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.catalog.goals import NOTHING_TO_KEEP
from demo.catalog.labels import written
from demo.components.events import Update
from demo.components.label_toggles import NOTHING_NAMED
from demo.engine.annotators import largest_k, load_annotator
from demo.photos.selection import MOST_NAMED, known
from demo.tabs.attack.easiest import NOT_MEASURED, is_measured
from demo.tabs.attack.widgets import Widgets

MANY = 10_000  # more labels than any annotator has: the limit of k while the annotator changes under it
COUNTED = "as many as the labels marked as true"  # what k is on an upload until the visitor moves it


@dataclass(frozen=True)
class Naming:
    """What the choices say that decide which labels a visitor may name, and the labels named so far."""

    goal: str
    case: str
    chosen: Any = ()
    attack: str = ""

    def names(self) -> tuple[str, ...]:
        """The labels named so far, as far as they are names: a browser may send anything."""
        chosen = self.chosen if isinstance(self.chosen, (list, tuple)) else ()
        return tuple(name for name in islice(chosen, MOST_NAMED) if isinstance(name, str))

    def aim(self) -> str:
        """The goal that counts; `attack` is named where the goal may still be that of the attack chosen before."""
        return catalog.settled_goal(self.attack, self.goal) if self.attack else self.goal


def limits(w: Widgets, name: str, true: tuple[str, ...], k: int, naming: Naming, follows: bool | None = None) -> Update:
    """How far k may go and which labels may be named, given what is true. follows: as k_shown has it."""
    shown = k_shown(load_annotator(name), len(true), k, follows)
    return {w.k: gr.update(**shown), **labels_to_name(w, name, true, shown["value"], naming)}


def follows_ticks(toggles: Any) -> bool | None:
    """Whether k goes with the ticks; False where it did until the visitor moved it, or was set; None where it never did."""
    follows = toggles.get("follows") if isinstance(toggles, dict) else None
    return follows if isinstance(follows, bool) else None


def k_stays(toggles: Any) -> bool:
    """Whether k was set to stay, whatever is marked and whichever photo comes."""
    return follows_ticks(toggles) is False


def k_shown(annotator: tk.Annotator, true: int, k: int, follows: bool | None = None) -> dict[str, Any]:
    """The slider of k, with room up to the number of labels that are not true. Where that is 1 it stands still, and says why.

    follows: whether k is to be the number of those that are true, and False where it was set to stay, whatever is true.
    """
    m, most = len(annotator.labels), largest_k(annotator, true)
    k = max(true, 1) if follows else k
    if most > 1:
        leave = "the true one" if true == 1 else f"the {true} true ones"
        lead = "How many labels the list has:"
        if follows is False:
            lead = "Stays as it was set, whatever is marked:"
        elif follows and 1 <= true <= most:
            lead = f"{k}, {COUNTED}, until you move it;"
        why = f"{lead} {most} at most" + (f", so that {leave} of the {m} can leave the list" if true else "")
    else:
        why = "1, as only one label is left that is not true" if most else "One label must be left that is not true"
    # Gradio refuses a slider with one value alone, so one that is to have k = 1 begins at 0.
    fixed = most <= 1
    return {
        "minimum": 0 if fixed else 1, "maximum": max(most, 1), "value": min(k, max(most, 1)), "info": why,
        "interactive": not fixed,
    }  # fmt: skip


def labels_to_name(w: Widgets, name: str, true: tuple[str, ...], k: int, naming: Naming) -> Update:
    """The choices of targets, or of labels to hide, as far as the goal needs them: in their menu and on the toggles."""
    goal, annotator = naming.aim(), load_annotator(name)
    wanted = tk.GOALS[goal].asks_for
    if wanted == "hidden":
        able, most, label = list(true), max(len(true), 1), "Labels to hide"
        info = "They leave the top-k; the other true labels stay in it, as many as fit"
        if len(true) == 1:
            info = f"It leaves the top-k. {NOTHING_TO_KEEP}"
    else:
        able, most, label = [name for name in annotator.labels if name not in true], k, "Target labels"
        info = f"Choose exactly {k}, as many as k" + (", the first one on top" if goal == "ordered" else "")
        info += ": here, or by pressing labels above"
    choices = [(written(name), name) for name in able]
    chosen = [name for name in dict.fromkeys(known(naming.names(), annotator)) if name in able][:most]
    if wanted == "hidden" and not chosen:
        chosen = able[:1]
    by_hand = wanted == "hidden" or (wanted == "targets" and naming.case == "chosen")
    measured = is_measured(name, true)
    marking = {
        "kind": wanted, "most": most, "ordered": goal == "ordered", "chosen": chosen, "missing": missing_words(wanted, most),
    }  # fmt: skip
    return {
        w.case: gr.update(visible=wanted == "targets", info="" if measured else NOT_MEASURED),
        w.easiest: gr.update(visible=wanted == "targets" and measured),
        w.chosen: gr.update(choices=choices, value=chosen, max_choices=most, label=label, info=info, visible=by_hand),
        w.toggles: gr.update(marking=marking if by_hand else NOTHING_NAMED, edge=k),
    }


def missing_words(wanted: str, most: int) -> tuple[str, str]:
    """What stands at the verdict while labels that are to be named are missing: while there are none, and too few of them.

    The browser knows how many there are, and puts it where the second has "{}".
    """
    if wanted == "hidden":
        return (
            "No label to hide is chosen yet: press a true one under “Mark what is true”, or use “Labels to hide”.",
            "",
        )
    where = "press labels that are not true under “Mark what is true”, or use “Target labels”."
    wish = f"to choose {'one' if most == 1 else f'the {most}'}, {where}"
    return f"No target is chosen yet: {wish}", f"{{}} of {most} targets chosen so far: {wish}"
