"""Label race and curves of one run."""

import numpy as np

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.engine.annotators import Photo
from demo.engine.frames import History
from demo.engine.label_roles import Roles
from demo.engine.outcome import Outcome, saved_apart
from demo.engine.plan import Plan
from demo.render.curves import curves_html
from demo.render.label_race import THOUGHT, Race, race_html


def race_of(plan: Plan, history: History, outcome: Outcome | None = None) -> str:
    """Label race and curves of a run so far. They end at the saved picture, once there is one.

    That picture need not be the last step: attacks that go on after a success keep the best one.
    """
    scores = np.stack([logits.double().numpy() for logits in history.logits])
    threshold = np.asarray(history.threshold, dtype=float)
    apart = outcome is not None and saved_apart(outcome)
    if outcome is not None and apart:
        saved = outcome.logits[0].double().cpu().numpy()
        scores, threshold = np.vstack([scores, saved]), np.append(threshold, threshold[-1])
    if getattr(plan.attack, "score_space", "logits") == "probability":
        inside = threshold.clip(1e-6, 1 - 1e-6)  # the race is drawn on logits, whatever the attack works on
        threshold = np.log(inside / (1 - inside))
    # λ is a number of TkML-AP's losses, which follows the ranking and need not be where the top-k ends, the edge of the band.
    # Other attacks give the score of place k.
    attack = plan.request.attack
    word = f"score of place {plan.k}, the last in the list"
    if "lambda_0" in catalog.setting_names(attack):
        word = f"{THOUGHT} ({catalog.choice_of(attack).threshold})"
    race = Race(plan.annotator.labels, scores, threshold, plan.roles, plan.k, word, apart)
    return race_html(race) + curves_html(history.loss, sizes(history, outcome), ends_saved=outcome is not None)


def sizes(history: History, outcome: Outcome | None) -> list[float]:
    """‖z‖₂ over the steps; at the end that of the saved picture, before rounding to 8 bit and after, as the table has them."""
    if outcome is None:
        return history.norm
    steps = history.norm if saved_apart(outcome) else history.norm[:-1]
    return [*steps, outcome.report["l2_before_rounding"], outcome.report["l2"]]


def starting_line(annotator: tk.Annotator, photo: Photo, true: tuple[str, ...], k: int) -> str:
    """The race before it starts: every label where the photo puts it. It takes the room that the run will need."""
    race = Race(annotator.labels, photo.logits.double().cpu().numpy(), np.full(1, np.nan), Roles(true), k)
    return race_html(race) + curves_html([], [0.0])
