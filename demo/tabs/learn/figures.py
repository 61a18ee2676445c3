"""The pictures of steps 1 to 5 as HTML; the scripts beside this file move them."""

from typing import Any

from markupsafe import Markup

import tkml_core as tk
from demo.components.label_toggles import toggles
from demo.engine.label_roles import Roles
from demo.engine.outcome import Outcome
from demo.render.icons import icon
from demo.render.labels import mark, scored
from demo.render.templates import fill, piece

LEAST_SHOWN = 8
MADE_UP = "tabs/learn/made_up.html"

# The board of steps 4 and 5. Its scores are the reader's to move; k of step 5 is the number of targets.
BOARD = {"cat": 0.71, "person": 0.43, "dog": 0.36, "chair": 0.3, "sofa": 0.22, "bird": 0.16}
TRUE, TARGETS = ("cat", "person"), ("chair", "bird")
BARS = (0.9, 0.72, 0.55, 0.4, 0.25, 0.1)


def _ranked(outcome: Outcome, which: str, shown: int) -> dict[str, Any]:
    """The best labels of the photo "before" or "after" the attack as toggles, with their scores for the script."""
    logits = outcome.plan.photo.logits if which == "before" else outcome.logits
    labels = scored(outcome.plan.annotator, logits)[:shown]
    scores = [float(logits[0, outcome.plan.annotator.index(label.name)]) for label in labels]
    return {"which": which, "scores": scores, "toggles": toggles(labels, outcome.plan.roles.true)}


def annotation(outcome: Outcome) -> Markup:
    """Step 1: the annotator's own list for the photo on arrival, before and after the attack, and a line at k."""
    plan = outcome.plan
    places = [tk.ranks(logits)[plan.true.expand_as(logits)] for logits in (plan.photo.logits, outcome.logits)]
    lowest = max(int(place.max()) for place in places)  # every true label must be in sight
    shown = min(max(LEAST_SHOWN, lowest), len(plan.annotator.labels) - 1)
    return fill(
        "tabs/learn/annotation.html", shown=shown, k=plan.k, annotator=plan.request.annotator, all=len(plan.annotator.labels),
        lists=[_ranked(outcome, which, shown) for which in ("before", "after")],
    )  # fmt: skip


def crossing(outcome: Outcome) -> Markup:
    """Step 2: three labels that cross."""
    return piece(MADE_UP, "crossing", scores={"A": 0.2, "B": 0.45, "C": 0.75})


def lemma(outcome: Outcome) -> Markup:
    """Step 3: six bars, a threshold, and the value of Eq. 3 at every threshold."""
    return piece(MADE_UP, "lemma", bars=BARS)


def _lanes(roles: Roles) -> list[dict[str, Any]]:
    """The labels of the board, as they are marked everywhere."""
    return [
        {"name": name, "score": score, "kind": roles.kind(name), "word": roles.word(name), "mark": mark(name, roles),
         "icon": icon(name)}
        for name, score in BOARD.items()
    ]  # fmt: skip


def untargeted(outcome: Outcome) -> Markup:
    """Step 4: Eq. 8 on six labels, two of them true."""
    return piece(MADE_UP, "untargeted", lanes=_lanes(Roles(TRUE)), most=len(BOARD) - len(TRUE))


def targeted(outcome: Outcome) -> Markup:
    """Step 5: Eq. 12 on the same labels, two of them targets."""
    return piece(MADE_UP, "targeted", lanes=_lanes(Roles(TRUE, TARGETS)))
