"""The labels as toggles: which are true, and which the goal names."""

from collections.abc import Collection, Sequence
from typing import Any

from markupsafe import Markup

import tkml_core as tk
from demo.engine.checks import label_names
from demo.render.icons import icon
from demo.render.labels import Scored, meter, percent
from demo.render.templates import fill

# What a click on a label marks, where a goal names labels by hand; label_toggles.js shows it there and fills it in.
SWITCH = """
<fieldset class="marks" hidden><legend>Clicks mark</legend>
<label><input type="radio" name="marks" value="true" checked><span>true</span></label>
<label class="naming"><input type="radio" name="marks" value="named"><span class="word">target</span></label>
<output></output></fieldset>
"""


NOTHING_NAMED: dict[str, Any] = {"kind": "", "most": 0, "ordered": False, "chosen": []}


def truth_panel(labels: Sequence[Scored], true: Collection[str], k: int, origin: str) -> Markup:
    """Toggles for all labels, best first: press what the photo really shows. `origin` says whose truth it is so far."""
    shown = min(max(k + 2, 5), 14)
    sure = labels[0].probability >= 0.5
    words = {
        "sample": "These labels are known for this sample.",
        "guess": "This is a guess: "
        + (
            "every label with a probability of 50% or more."
            if sure
            else "no label reaches 50%, so it is the best one alone."
        )
        + " Please correct it.",
        "yours": "You chose these.",
    }
    return _fill(labels[:shown], true, k, labels[shown:], words[origin], words["yours"])


def toggles(labels: Sequence[Scored], true: Collection[str]) -> Markup:
    """Labels as the same buttons as in the truth panel, and nothing else."""
    return _fill(labels, true)


def _fill(
    labels: Sequence[Scored],
    true: Collection[str],
    k: int = 0,
    rest: Sequence[Scored] = (),
    origin: str = "",
    yours: str = "",
) -> Markup:
    """The toggles of `labels` with an edge after the first `k`, and small ones of the `rest` to be unfolded."""
    return fill(
        "components/label_toggles.html", labels=labels, marked=true, k=k, rest=rest, origin=origin, yours=yours,
        icon=lambda name: Markup(icon(name)), meter=lambda share: Markup(meter(share)), percent=percent,
    )  # fmt: skip


def marked_true(toggles: Any, annotator: tk.Annotator) -> tuple[str, ...]:
    """The labels that the browser says are true, checked: a page can be made to send anything."""
    marked = toggles.get("truth") if isinstance(toggles, dict) else None
    return label_names("The marked labels", marked, annotator)
