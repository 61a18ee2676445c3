"""Labels as HTML: the list to say what is true in, and the top-k lists under the pictures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from demo.engine.roles import Roles
from demo.render.icons import icon


@dataclass(frozen=True)
class Scored:
    """A label of one ranking; rank 1 is the best."""

    name: str
    probability: float
    rank: int


def ranking(labels: Sequence[str], probabilities: Sequence[float], order: Sequence[int]) -> list[Scored]:
    """All labels, best first. `order` lists label positions by falling score."""
    return [Scored(labels[j], probabilities[j], rank) for rank, j in enumerate(order, start=1)]


def percent(probability: float) -> str:
    """A probability in few characters, never rounded to a certainty it is not."""
    if probability < 0.01:
        return "<1%"
    if probability > 0.995:
        return ">99%"
    return f"{probability * 100:.0f}%"


def _bar(probability: float) -> str:
    return f'<span class="meter" aria-hidden="true"><span style="width:{probability * 100:.1f}%"></span></span>'


# What a click on a label marks, where a goal names labels by hand; chips.js shows it there and fills it in.
SWITCH = """
<fieldset class="marks" hidden><legend>Clicks mark</legend>
<label><input type="radio" name="marks" value="true" checked><span>true</span></label>
<label class="naming"><input type="radio" name="marks" value="named"><span class="word">target</span></label>
<output></output></fieldset>
"""
NOTHING_NAMED: dict[str, Any] = {"kind": "", "most": 0, "ordered": False, "chosen": []}


def _toggle(label: Scored, true: Collection[str], small: bool = False) -> str:
    """A label as a button; chips.js says in colour, sign and words what part it has."""
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


def _moved(label: Scored, was: int, k: int) -> str:
    """How a label's rank changed, drawn and in words."""
    up = was - label.rank
    if up:
        sign, words = ("▲", "up") if up > 0 else ("▼", "down")
        drawn, spoken = f"{sign}{abs(up)} · was {was}", f"{words} {abs(up)}, was rank {was}"
    else:
        drawn = spoken = "same place"
    new = was > k
    pill = '<span class="new" aria-hidden="true">new</span>' if new else ""
    said = f", new in the top {k}" if new else ""
    return (
        f'<span class="moved"><span aria-hidden="true">{drawn}</span>{pill}'
        f'<span class="sr">, {spoken}{said}</span></span>'
    )


def top_list(labels: Sequence[Scored], roles: Roles, title: str, was: Mapping[str, int] | None = None) -> str:
    """A top-k as in the paper's figures: true labels framed green, targets red, labels to hide amber, each with a sign.

    `was`: every label's rank before, where each is to say how far it has moved.
    """
    rows = []
    for label in labels:
        word = roles.word(label.name)
        note = f'<span class="sr"> ({word})</span>' if word else ""
        moved = _moved(label, was[label.name], len(labels)) if was else ""
        rows.append(
            f'<li class="label {roles.kind(label.name)}">{roles.mark(label.name)}{icon(label.name)}'
            f'<span class="name">{escape(label.name)}{note}</span><span class="pct">{percent(label.probability)}</span>'
            f"{moved}{_bar(label.probability)}</li>"
        )
    if len(labels) > 6:  # it scrolls, so the keyboard must be able to get into it
        listed = f'<ol class="long" tabindex="0" aria-label="{escape(title, quote=True)}">{"".join(rows)}</ol>'
    else:
        listed = f"<ol>{''.join(rows)}</ol>"
    return f'<div class="toplist"><h3>{escape(title)}</h3>{listed}</div>'


def tag(name: str, roles: Roles) -> str:
    """One label where there is little room: icon and name, marked as in a top-k list."""
    word = roles.word(name)
    note = f'<span class="sr"> ({word})</span>' if word else ""
    named = f'<span class="name">{escape(name)}{note}</span>'
    return f'<span class="tag {roles.kind(name)}">{roles.mark(name)}{icon(name)}{named}</span>'


def tags(names: Sequence[str], roles: Roles, most: int = 10) -> str:
    """Labels in a row, best first; a long row is cut and says by how much."""
    more = f'<span class="rest">and {len(names) - most} more</span>' if len(names) > most else ""
    return f'<span class="tags">{" ".join(tag(name, roles) for name in names[:most])}{more}</span>'


def toggles(labels: Sequence[Scored], true: Collection[str]) -> str:
    """Labels as the same buttons as in the truth panel, and nothing else."""
    return "".join(_toggle(label, true) for label in labels)
