"""The labels as toggles: which are true, and which the goal names."""

from collections.abc import Collection, Sequence
from typing import Any

from markupsafe import Markup

import tkml_core as tk
from demo.catalog.labels import written
from demo.engine.annotators import Photo, load_annotator
from demo.engine.guessed_truth import rule_here
from demo.engine.value_checks import label_names
from demo.photos.attack_note import attack_before
from demo.photos.public_names import photo_id
from demo.render.icons import icon
from demo.render.labels import SURE, Scored, meter, percent, scored
from demo.render.templates import fill

# While no label is marked. In the verdict's place the ways out can be pressed (first_ticks.py); label_toggles.js hands these
# words on until the server has answered.
NONE_MARKED = "No label is marked as true"
NO_ATTACK_YET = ", so there is nothing to attack yet. "
MARK_FIRST = "Mark what is true"
OR_ANOTHER = ", or choose another photo or a sample."
NOTHING_TO_ATTACK = NONE_MARKED + NO_ATTACK_YET + MARK_FIRST + OR_ANOTHER
# What a click on a label marks, where a goal names labels by hand; label_toggles.js shows it there and fills it in.
SWITCH = """
<fieldset class="marks" data-nothing="NOTHING" hidden><legend>A press marks</legend>
<label><input type="radio" name="marks" value="true" checked><span>true</span></label>
<label class="naming"><input type="radio" name="marks" value="named"><span class="word">target</span></label>
<output></output></fieldset>
""".replace("NOTHING", NOTHING_TO_ATTACK)

# label_toggles.js goes on with the labels: after the second one with those that the annotator is sure of.
YOURS = "Ticked by you: "
UNTICKED = "Unticked, so it counts as not in the photo: "
# In place of the labels, above them, once the visitor has none ticked: why that is too few, also for a goal without true labels.
NONE_TICKED = (
    f"{YOURS}none of these labels. A run needs one that is true, even where it only adds others: it also measures whether the "
    "top-k still agrees with the truth."
)
NOTHING_NAMED: dict[str, Any] = {"kind": "", "most": 0, "ordered": False, "chosen": [], "missing": ("", "")}


def truth_panel(labels: Sequence[Scored], true: Collection[str], k: int, origin: str, attacked: bool = False) -> Markup:
    """Toggles for all labels, best first: press what the photo really shows. `origin` says whose truth it is so far.

    attacked: whether the photo is known to come from an attack, which the guess is then about.
    """
    shown = min(max(k + 2, 5), 14)
    words = {
        "sample": "Ticked = in the photo. These labels are known for this sample.",
        "guess": "Ticked = in the photo. This is a guess of the annotator"
        + (", whose labels the attack on this photo may have put there: " if attacked else ": ")
        + f"{rule_here(labels[0].probability)}. Untick what is wrong, tick what is missing."
        if true
        else "Ticked = in the photo. The annotator finds none of these labels, so nothing is ticked: tick what is there.",
        "yours": YOURS,
    }
    return _fill(labels[:shown], true, k, labels[shown:], words[origin])


def toggles_value(path: str, name: str, photo: Photo, true: Sequence[str], k: int, origin: str) -> dict[str, Any]:
    """Contents of the toggles. `truth` comes back with every event; `photo` says which picture it is about."""
    html = truth_panel(scored(load_annotator(name), photo.logits), true, k, origin, bool(attack_before(path)))
    return {"html": html, "truth": list(true), "origin": origin, "photo": photo_id(path), "annotator": name}


def toggles(labels: Sequence[Scored], true: Collection[str]) -> Markup:
    """Labels as the same buttons as in the truth panel, and nothing else."""
    return _fill(labels, true)


def _fill(
    labels: Sequence[Scored],
    true: Collection[str],
    k: int = 0,
    rest: Sequence[Scored] = (),
    origin: str = "",
) -> Markup:
    """The toggles of `labels` with an edge after the first `k`, and small ones of the `rest` to be unfolded."""
    return fill(
        "components/label_toggles.html", labels=labels, marked=true, k=k, rest=rest, origin=origin, yours=YOURS,
        unticked=UNTICKED, sure=SURE, nothing=NONE_TICKED,
        icon=icon, meter=meter, percent=percent, written=written,
    )  # fmt: skip


def marked_true(toggles: Any, annotator: tk.Annotator) -> tuple[str, ...]:
    """The labels that the browser says are true, checked: a page can be made to send anything."""
    marked = toggles.get("truth") if isinstance(toggles, dict) else None
    return label_names("The marked labels", marked, annotator)
