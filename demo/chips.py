"""Labels as HTML: the list to say what is true in, and the top-k lists under the pictures."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape

from demo.icons import icon
from demo.roles import Roles


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


def _toggle(label: Scored, true: Collection[str], small: bool = False) -> str:
    pressed = "true" if label.name in true else "false"
    name = escape(label.name)
    described = f"{name}, rank {label.rank}, probability {percent(label.probability)}"
    body = f'<span class="tick" aria-hidden="true"></span>{icon(label.name)}<span class="name">{name}</span>'
    if not small:
        body += f'{_bar(label.probability)}<span class="pct">{percent(label.probability)}</span>'
    return (
        f'<button type="button" class="chip{" small" if small else ""}" data-label="{escape(label.name, quote=True)}" '
        f'aria-pressed="{pressed}" aria-label="{escape(described, quote=True)}">{body}</button>'
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
        f'<p class="origin" data-yours="{escape(words["yours"])}">{escape(words[origin])}</p>'
        f'<div class="chips" role="group" aria-label="Labels that are true">{"".join(rows)}</div>{more}'
    )


def top_list(labels: Sequence[Scored], roles: Roles, title: str) -> str:
    """A top-k as in the paper's figures: true labels framed green, targets red, labels to hide amber, each with a sign."""
    rows = []
    for label in labels:
        word = roles.word(label.name)
        note = f'<span class="sr"> ({word})</span>' if word else ""
        rows.append(
            f'<li class="label {roles.kind(label.name)}">{roles.mark(label.name)}{icon(label.name)}'
            f'<span class="name">{escape(label.name)}{note}</span><span class="pct">{percent(label.probability)}</span>'
            f"{_bar(label.probability)}</li>"
        )
    if len(labels) > 6:  # it scrolls, so the keyboard must be able to get into it
        listed = f'<ol class="long" tabindex="0" aria-label="{escape(title, quote=True)}">{"".join(rows)}</ol>'
    else:
        listed = f"<ol>{''.join(rows)}</ol>"
    return f'<div class="toplist"><h3>{escape(title)}</h3>{listed}</div>'


def toggles(labels: Sequence[Scored], true: Collection[str]) -> str:
    """Labels as the same buttons as in the truth panel, and nothing else."""
    return "".join(_toggle(label, true) for label in labels)
