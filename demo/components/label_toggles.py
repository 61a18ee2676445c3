"""The labels as toggles: which are true, and which the goal names."""

from collections.abc import Collection, Sequence
from html import escape
from typing import Any

import tkml_core as tk
from demo.engine.checks import label_names
from demo.render.icons import icon
from demo.render.labels import Scored, _bar, percent

# What a click on a label marks, where a goal names labels by hand; label_toggles.js shows it there and fills it in.
SWITCH = """
<fieldset class="marks" hidden><legend>Clicks mark</legend>
<label><input type="radio" name="marks" value="true" checked><span>true</span></label>
<label class="naming"><input type="radio" name="marks" value="named"><span class="word">target</span></label>
<output></output></fieldset>
"""


NOTHING_NAMED: dict[str, Any] = {"kind": "", "most": 0, "ordered": False, "chosen": []}


def _toggle(label: Scored, true: Collection[str], small: bool = False) -> str:
    """A label as a button; label_toggles.js says in colour, sign and words what part it has."""
    name = escape(label.name)
    says = escape(f"{label.name}, rank {label.rank}, probability {percent(label.probability)}", quote=True)
    body = f'<span class="tick" aria-hidden="true"></span>{icon(label.name)}<span class="name">{name}</span>'
    if not small:
        body += f'{_bar(label.probability)}<span class="pct">{percent(label.probability)}</span>'
    look = f"chip{' small' if small else ''}{' true' if label.name in true else ''}"
    return (
        f'<button type="button" class="{look}" data-label="{escape(label.name, quote=True)}" data-says="{says}" '
        f'aria-pressed="{"true" if label.name in true else "false"}" aria-label="{says}">{body}</button>'
    )


def truth_panel(labels: Sequence[Scored], true: Collection[str], k: int, origin: str) -> str:
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
    rows = [_toggle(label, true) for label in labels[:shown]]
    if k < shown:
        rows.insert(k, f'<div class="edge" role="presentation"><span>top {k} ends here</span></div>')
    rest = "".join(_toggle(label, true, small=True) for label in labels[shown:])
    more = (
        f'<details class="more"><summary>{len(labels) - shown} more labels</summary><div class="cloud">{rest}</div></details>'
        if rest
        else ""
    )
    return (
        f'<p class="origin" data-yours="{escape(words["yours"])}" '
        f'data-known="{escape(words[origin])}">{escape(words[origin])}</p>'
        f'<div class="chips" role="group" aria-label="Labels that are true">{"".join(rows)}</div>{more}'
    )


def toggles(labels: Sequence[Scored], true: Collection[str]) -> str:
    """Labels as the same buttons as in the truth panel, and nothing else."""
    return "".join(_toggle(label, true) for label in labels)


def marked_true(toggles: Any, annotator: tk.Annotator) -> tuple[str, ...]:
    """The labels that the browser says are true, checked: a page can be made to send anything."""
    marked = toggles.get("truth") if isinstance(toggles, dict) else None
    return label_names("The marked labels", marked, annotator)
