"""Settings as a link: the query part of an address that brings them back, and what such a query may say."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlencode

import gradio as gr

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.components.events import Update
from demo.engine.annotators import load_annotator
from demo.engine.plan import AttackRequest, Plan
from demo.photos.samples import sample
from demo.photos.selection import known_truth
from demo.render.verdict import waiting_html
from demo.tabs.attack import updates
from demo.tabs.attack.form import number
from demo.tabs.attack.label_picker import Naming
from demo.tabs.attack.widgets import Widgets

LONGEST = 2000  # characters of one value; the labels of the largest set are fewer
# What else a link may say: settings under "Advanced", by the core's own names
KEYS = ("sample", "annotator", "k", "attack", "goal", "case", "labels", "true", "max_steps", "seed", "score_space")


@dataclass(frozen=True)
class Linked:
    """A link's request, unchecked, and the sample it is about; `stands_in` says that the link itself names none."""

    sample: str
    request: AttackRequest
    stands_in: bool = False


def query(plan: Plan, sample_name: str | None) -> str:
    """The query of a link to `plan`. Without a sample its labels are left out, too: they belong to the photo."""
    request, names = plan.request, tk.GOALS[plan.goal_name].asks_for
    named = plan.roles.targets or plan.roles.hidden
    case = request.target_case if names == "targets" else ""
    by_hand = names == "hidden" or case == "chosen"
    known = catalog.setting_names(request.attack)
    pairs = {
        "sample": sample_name,
        "annotator": request.annotator,
        "k": plan.k,
        "attack": request.attack,
        "goal": plan.goal_name,
        "case": case if sample_name or not by_hand else "",
        "labels": ",".join(named) if by_hand and sample_name else "",
        "true": ",".join(request.true_labels) if sample_name else "",
        "max_steps": plan.max_steps,
        "seed": plan.seed if catalog.uses_seed(request.attack) else None,
        **{name: value for name, value in request.settings.items() if name in known and value != "logits"},
        "confidence": plan.settings.get("confidence"),  # always: a page that finds none in a link takes its own
    }
    return urlencode({name: value for name, value in pairs.items() if value not in (None, "")})


def read(params: Mapping[str, str], start: str, annotator: str) -> Linked | None:
    """What a page's address asks for; None where it asks for nothing. `start` and `annotator` are the page's own.

    ValueError, in words for a visitor, for what is no number where one must be, or too long.
    """
    given = {name: value for name, value in params.items() if name in KEYS or name in catalog.SETTINGS}
    if not given:
        return None
    for name, value in given.items():
        if len(value) > LONGEST:
            raise ValueError(f"{name} is too long ({len(value)} characters).")
    name = given.get("annotator", annotator)
    attack = given.get("attack", next(iter(catalog.attacks())))
    if attack not in catalog.attacks():
        raise ValueError(f"attack must be one of {', '.join(catalog.attacks())}; got {attack!r:.200}.")
    item = sample(given.get("sample", start))
    true = _listed(given, "true") or known_truth(item, load_annotator(name))
    settings: dict[str, Any] = {
        name: number(setting.label, given[name]) for name, setting in catalog.SETTINGS.items() if name in given
    }
    if "confidence" in catalog.setting_names(attack):
        settings.setdefault("confidence", catalog.page_confidence(attack))
    if "score_space" in given:
        settings["score_space"] = given["score_space"]
    goal = given.get("goal", catalog.goals_of(attack)[0])
    names = tk.GOALS[goal].asks_for if goal in tk.GOALS else ""
    labels = _listed(given, "labels") or (true[:1] if names == "hidden" else ())
    case = given.get("case") or ("best" if names == "targets" else "")
    steps = _whole(given, "max_steps", catalog.choice_of(attack).steps)
    request = AttackRequest(
        name, _whole(given, "k", 3), attack, true, case, labels, steps, _whole(given, "seed", 0), goal, settings
    )
    return Linked(item.name, request, stands_in="sample" not in given)


def _listed(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.get(name, "").split(",") if part.strip())


def _whole(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise ValueError(f"{name} must be a whole number, 0 or more; got {text[:40]!r}.")
    return int(text)


def refusal(error: ValueError) -> str:
    """What a visitor reads about a link that asks for what cannot be had; it may quote the link, so it is escaped."""
    text = str(error)
    return "The link's settings were left out. " + escape(text if len(text) <= 300 else f"{text[:300]}…", quote=False)


def restore(w: Widgets, path: str, linked: Linked, plan: Plan) -> Update:
    """New contents of the widgets, so that they say what `plan` does, with the sample on the stage and no run yet."""
    item, request, named = linked.sample, plan.request, plan.roles.targets or plan.roles.hidden
    case = request.target_case or "best"
    by_hand = named if case == "chosen" or plan.roles.hidden else ()
    true = plan.roles.true
    known = set(known_truth(sample(item), plan.annotator))
    origin = "sample" if set(true) == known else "yours"
    update = updates.change_attack(w, request.attack, request.annotator, plan.k, {"truth": list(true)}, case, ())
    naming = Naming(plan.goal_name, case, by_hand)
    update |= updates.choose(w, path, request.annotator, plan.k, true, origin, naming)
    values: Update = {
        w.attack: request.attack,
        w.goal: plan.goal_name,
        w.case: case,
        w.max_steps: plan.max_steps,
        w.seed: plan.seed,
        w.score_space: request.settings.get("score_space", "logits"),
        **{field: _text(request.settings.get(setting)) for setting, field in w.settings.items()},
    }
    for widget, value in values.items():
        update[widget] = {**update.get(widget, gr.update()), "value": value}
    update[w.annotator] = request.annotator
    update[w.samples] = gr.update(chosen=item)
    missing = (
        " It names no photo (one of the sender's own is never in it), so a sample stands in. Labels marked or named on another "
        "photo are not in it either."
    )
    came = f"These settings came with the link.{missing if linked.stands_in else ''} Press Attack."
    update[w.verdict] = waiting_html(came)
    return update


def _text(value: Any) -> str:
    return "" if value is None else f"{value:g}"
