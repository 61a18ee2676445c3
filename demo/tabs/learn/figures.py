"""The pictures of steps 1 to 5 as HTML; the scripts beside this file move them."""

import json

import tkml_core as tk
from demo.components.label_toggles import toggles
from demo.engine.label_roles import Roles
from demo.engine.outcome import Outcome
from demo.render.icons import icon
from demo.render.labels import scored
from demo.tabs.learn.controls import SAYS, button, choice, drawing, slider

LEAST_SHOWN = 8
MADE_UP = '<p class="hint">These scores are made up, so that you can move them. No annotator gave them.</p>'
FIXED = '<p class="hint">These scores are made up and stay as they are; what moves is λ. No annotator gave them.</p>'

# The board of steps 4 and 5. Its scores are the reader's to move; k of step 5 is the number of targets.
BOARD = {"cat": 0.71, "person": 0.43, "dog": 0.36, "chair": 0.3, "sofa": 0.22, "bird": 0.16}
TRUE, TARGETS = ("cat", "person"), ("chair", "bird")
BARS = (0.9, 0.72, 0.55, 0.4, 0.25, 0.1)


def _ranked(outcome: Outcome, which: str, shown: int) -> str:
    """The best labels of the photo "before" or "after" the attack as toggles, with their scores for the script."""
    logits = outcome.plan.photo.logits if which == "before" else outcome.logits
    labels = scored(outcome.plan.annotator, logits)[:shown]
    scores = json.dumps([float(logits[0, outcome.plan.annotator.index(label.name)]) for label in labels])
    return (
        f'<div class="chips" role="group" data-list="{which}" data-scores="{scores}" '
        f'aria-label="Labels of the photo, best first; press those that are true"{" hidden" if which == "after" else ""}>'
        f"{toggles(labels, outcome.plan.roles.true)}</div>"
    )


def annotation(outcome: Outcome) -> str:
    """Step 1: the annotator's own list for the photo on arrival, before and after the attack, and a line at k."""
    plan = outcome.plan
    places = [tk.ranks(logits)[plan.true.expand_as(logits)] for logits in (plan.photo.logits, outcome.logits)]
    lowest = max(int(place.max()) for place in places)  # every true label must be in sight
    shown = min(max(LEAST_SHOWN, lowest), len(plan.annotator.labels) - 1)
    photos = choice("photo", "The list for", [("before", "the photo"), ("after", "the attacked photo")], "before")
    return (
        f'<div class="dials">{slider("k", "k, labels shown", 1, shown, 1, plan.k)}{photos}</div>{SAYS}'
        f"{_ranked(outcome, 'before', shown)}{_ranked(outcome, 'after', shown)}"
        f'<p class="hint">Scores of the annotator {plan.request.annotator} for the photo in step 6: its {shown} best labels of '
        f"{len(plan.annotator.labels)}. Press a label to say whether it is true.</p>"
    )


def crossing(outcome: Outcome) -> str:
    """Step 2: three labels that cross."""
    scores = "".join(
        slider(name, f"score of {name}", 0, 1, 0.01, value)
        for name, value in zip("ABC", (0.2, 0.45, 0.75), strict=True)
    )
    k = choice("k", "k", [("1", "1"), ("2", "2")], "2")
    keys = (
        '<p class="legend"><span><span class="key thr"></span>score at place k</span>'
        '<span><span class="key solid"></span>average of the top k</span></p>'
    )
    return f'<div class="dials">{scores}{k}</div>{SAYS}{drawing("crossing")}{keys}{MADE_UP}'


def lemma(outcome: Outcome) -> str:
    """Step 3: six bars, a threshold, and the value of Eq. 3 at every threshold."""
    dials = slider("lam", "threshold λ", 0, 1, 0.01, 0.2) + slider("k", "k", 1, len(BARS) - 1, 1, 3)
    return (
        f'<div class="dials" data-scores="{json.dumps(BARS)}">{dials}{button("least", "Go to the smallest value")}</div>'
        f'{SAYS}<div class="pair">{drawing("bars")}{drawing("bound")}</div>{FIXED}'
    )


def _board(roles: Roles, dials: str, lines: str, legend: str) -> str:
    """One slider a label, the lines that the loss draws through them, and where each label is pushed."""
    rows = "".join(
        f'<div class="lane {roles.kind(name)}" data-role="{roles.kind(name)}" data-label="{name}">'
        f'<span class="who {roles.kind(name)}">{roles.mark(name)}{icon(name)}<span class="name">{name}</span></span>'
        f'<span class="track">{lines}<input type="range" min="0" max="1" step="0.01" value="{score:g}" '
        f'aria-label="score of {name}{f" ({roles.word(name)})" if roles.word(name) else ""}"></span>'
        f'<span class="shown" aria-hidden="true"></span><span class="push"></span></div>'
        for name, score in BOARD.items()
    )
    presses = button("step", "Move every label along its arrow") + button("reset", "Start again")
    return (
        f'<div class="dials">{dials}{button("least", "Best λ")}</div>{SAYS}<dl class="readout"></dl>'
        f'<div class="board">{rows}</div><p class="legend"><span><span class="key framed"></span>in the top k</span>{legend}</p>'
        f'<div class="presses">{presses}</div>{MADE_UP}'
    )


def untargeted(outcome: Outcome) -> str:
    """Step 4: Eq. 8 on six labels, two of them true."""
    dials = slider("lam", "threshold λ", 0, 1, 0.01, 0.5) + slider("k", "k", 1, len(BOARD) - len(TRUE), 1, 2)
    legend = (
        '<span><span class="key upright best"></span>best true score</span>'
        '<span><span class="key upright"></span>λ below it: who is left of this line is lifted</span>'
    )
    return _board(Roles(TRUE), dials, '<i class="rule best"></i><i class="rule cut"></i>', legend)


def targeted(outcome: Outcome) -> str:
    """Step 5: Eq. 12 on the same labels, two of them targets."""
    legend = '<span><span class="key upright"></span>λ: targets belong to the right of this line, all others to the left</span>'
    dials = slider("lam", "threshold λ", 0, 1, 0.01, 0.6)
    return _board(Roles(TRUE, TARGETS), dials, '<i class="rule cut"></i>', legend)
