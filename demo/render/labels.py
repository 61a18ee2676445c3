"""Labels as HTML: the list to say what is true in, and the top-k lists under the pictures."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup
from torch import Tensor

import tkml_core as tk
from demo.catalog.english import in_percent
from demo.catalog.labels import written
from demo.engine.label_roles import Roles
from demo.render.icons import icon

SURE = 0.5  # probability from which the annotator is said to see a label


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
    return in_percent(probability)


def mark(name: str, roles: Roles) -> Markup:
    """The sign beside a label: the place where it is wanted, or a sign that the style sheet draws."""
    if roles.ordered and name in roles.targets:
        return Markup(f'<span class="place" aria-hidden="true">{roles.targets.index(name) + 1}</span>')
    return Markup('<span class="mark" aria-hidden="true"></span>')


def meter(probability: float) -> Markup:
    return Markup(f'<span class="meter" aria-hidden="true"><span style="width:{probability * 100:.1f}%"></span></span>')


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


def top_list(labels: Sequence[Scored], roles: Roles, title: str, was: Mapping[str, int] | None = None) -> Markup:
    """A top-k as in the paper's figures: true labels framed green, targets red, labels to hide amber, each with a sign.

    `was`: every label's rank before, where each is to say how far it has moved.
    """
    rows = []
    for label in labels:
        word = roles.word(label.name)
        note = f'<span class="sr"> ({word})</span>' if word else ""
        moved = _moved(label, was[label.name], len(labels)) if was else ""
        rows.append(
            f'<li class="label {roles.kind(label.name)}">{mark(label.name, roles)}{icon(label.name)}'
            f'<span class="name">{escape(written(label.name))}{note}</span><span class="pct">{percent(label.probability)}</span>'
            f"{moved}{meter(label.probability)}</li>"
        )
    if len(labels) > 6:  # it scrolls, so the keyboard must be able to get into it
        listed = f'<ol class="long" tabindex="0" aria-label="{escape(title, quote=True)}">{"".join(rows)}</ol>'
    else:
        listed = f"<ol>{''.join(rows)}</ol>"
    return Markup(f'<div class="toplist"><h3>{escape(title)}</h3>{listed}</div>')


def beyond(ranked: Sequence[Scored], k: int, wanted: Container[str] | None = None) -> Markup:
    """One line below a top-k, which presenter mode alone shows: the best label outside it, of those `wanted` where told."""
    label = next((one for one in ranked[k:] if wanted is None or one.name in wanted), None)
    if label is None:
        return Markup()
    return Markup('<p class="beyond">rank {}: {} {}</p>').format(
        label.rank, written(label.name), percent(label.probability)
    )


def tag(name: str, roles: Roles) -> Markup:
    """One label where there is little room: icon and name, marked as in a top-k list."""
    word = roles.word(name)
    note = f'<span class="sr"> ({word})</span>' if word else ""
    named = f'<span class="name">{escape(written(name))}{note}</span>'
    return Markup(f'<span class="tag {roles.kind(name)}">{mark(name, roles)}{icon(name)}{named}</span>')


def tags(names: Sequence[str], roles: Roles, most: int = 10) -> Markup:
    """Labels in a row, best first; a long row is cut and says by how much."""
    more = f'<span class="rest">and {len(names) - most} more</span>' if len(names) > most else ""
    return Markup(f'<span class="tags">{" ".join(tag(name, roles) for name in names[:most])}{more}</span>')


def scored(annotator: tk.Annotator, logits: Tensor) -> list[Scored]:
    """All labels of `logits` (1,m), best first."""
    order = tk.topk(logits, len(annotator.labels))[0].tolist()
    return ranking(annotator.labels, logits[0].sigmoid().tolist(), order)
