"""The stage: what each of its boxes shows for a photo, a frame of a run, or a finished run."""

import numpy as np
from torch import Tensor

import tkml_core as tk
from demo.catalog import attacks
from demo.engine.frames import Frame, History
from demo.engine.outcome import Outcome, device_name
from demo.engine.plan import Photo, Plan
from demo.engine.roles import Roles
from demo.render.curves import curves_html
from demo.render.labels import Scored, ranking, top_list
from demo.render.pictures import AMPLIFY, amplified, figure, to_image
from demo.render.race import Race, race_html
from demo.render.verdict import steps_words

SAME = 1e-2  # logits: a last step this close to the saved picture needs no point of its own


def scored(annotator: tk.Annotator, logits: Tensor) -> list[Scored]:
    """All labels of `logits` (1,m), best first."""
    order = tk.topk(logits, len(annotator.labels))[0].tolist()
    return ranking(annotator.labels, logits[0].sigmoid().tolist(), order)


def before_html(annotator: tk.Annotator, photo: Photo, roles: Roles, k: int) -> str:
    """The original picture with its top-k."""
    below = top_list(scored(annotator, photo.logits)[:k], roles, f"Top {k} before")
    return figure("Original", "The original photo", to_image(photo.x), below)


def change_html(x: Tensor, x_adv: Tensor, lossless: bool, factor: int = AMPLIFY) -> str:
    """The perturbation, amplified, with its size in numbers."""
    z = x_adv - x
    below = (
        f'<dl class="readout"><div><dt>‖z‖₂</dt><dd>{float(tk.l2_norm(z)[0]):.1f}</dd></div>'
        f"<div><dt>largest</dt><dd>{float(tk.linf_norm(z)[0]):.1f}<small>/255</small></dd></div></dl>"
        f'<p class="hint">Grey is unchanged. Shown {factor} times as strong as it is.</p>'
    )
    picture = amplified(x, x_adv, factor)
    return figure("Change", f"The change, amplified {factor} times", picture, below, lossless, badge=f"× {factor}")


def after_html(plan: Plan, x_adv: Tensor, logits: Tensor, lossless: bool, now: str) -> str:
    """The attacked picture with its top-k, and how far each label of it has moved."""
    was = {label.name: label.rank for label in scored(plan.annotator, plan.photo.logits)}
    below = top_list(scored(plan.annotator, logits)[: plan.k], plan.roles, f"Top {plan.k} {now}", was)
    return figure("Attacked", "The attacked photo", to_image(x_adv), below, lossless)


def empty_html(title: str, words: str) -> str:
    """A box of the stage that has nothing to show yet."""
    return figure(title, "", None, "", empty=words)


def saved_apart(outcome: Outcome) -> bool:
    """Whether the saved picture is another one than the last step's, so that race and replay give it a place of its own."""
    return bool((outcome.history.logits[-1] - outcome.logits[0].float().cpu()).abs().max() > SAME)


def race_of(plan: Plan, history: History, outcome: Outcome | None = None) -> str:
    """Label race and curves of a run so far. They end at the saved picture, once there is one.

    That picture need not be the last step: attacks that go on after a success keep the best one.
    """
    scores = np.stack([logits.double().numpy() for logits in history.logits])
    threshold, norm = np.asarray(history.threshold, dtype=float), history.norm
    apart = outcome is not None and saved_apart(outcome)
    if outcome is not None and apart:
        saved = outcome.logits[0].double().cpu().numpy()
        scores, threshold = np.vstack([scores, saved]), np.append(threshold, threshold[-1])
        norm = [*norm, outcome.report["l2"]]
    if getattr(plan.attack, "score_space", "logits") == "probability":
        inside = threshold.clip(1e-6, 1 - 1e-6)  # the race is drawn on logits, whatever the attack works on
        threshold = np.log(inside / (1 - inside))
    # λ is a number of TkML-AP's losses; other attacks give the score that a label must have to be in the top-k.
    word = "threshold λ" if "lambda_0" in attacks.setting_names(plan.ask.attack) else f"score of place {plan.k}"
    race = Race(plan.annotator.labels, scores, threshold, plan.roles, plan.k, word, apart)
    return race_html(race) + curves_html(history.loss, norm)


def starting_line(annotator: tk.Annotator, photo: Photo, true: tuple[str, ...], k: int) -> str:
    """The race before it starts: every label where the photo puts it. It takes the room that the run will need."""
    race = Race(annotator.labels, photo.logits.double().cpu().numpy(), np.full(1, np.nan), Roles(true), k)
    return race_html(race) + curves_html([], [0.0])


def speed_words(steps_per_second: float) -> str:
    """Such as "12 steps/s"."""
    speed = round(steps_per_second)
    return f"{speed} step{'' if speed == 1 else 's'}/s"


def status_html(plan: Plan, frame: Frame) -> str:
    """One line that goes with the pictures: how far, how fast, where."""
    reached = "goal reached" if frame.achieved else "goal not reached yet"
    return line_html(
        f"step {frame.index}", speed_words(frame.steps_per_second), device_name(plan.photo.x.device), reached
    )


def done_html(outcome: Outcome) -> str:
    """The same line for a finished run."""
    report = outcome.report
    speed = max(len(outcome.history.loss) - 1, 0) / max(report["seconds"], 1e-6)
    pace = (speed_words(speed),) if report["steps"] else ()  # a z made beforehand is only added, at no speed
    return line_html(steps_words(report), *pace, report["device"], f"{report['seconds']:.1f} s")


def line_html(*parts: str) -> str:
    """Facts in a row."""
    return '<p class="status">' + "".join(f"<span>{part}</span>" for part in parts) + "</p>"
