"""Settings as a link: what the query part of an address may say. link.js makes it, here it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.components.attack_choices import number
from demo.components.events import Update
from demo.engine.annotators import load_annotator
from demo.engine.plan import AttackRequest, Plan
from demo.photos.samples import sample
from demo.photos.selection import known_truth
from demo.render.foretold import foretold
from demo.render.verdict import waiting_html
from demo.tabs.attack.before_run import PRESS
from demo.tabs.attack.label_picker import Naming
from demo.tabs.attack.photo_updates import choose
from demo.tabs.attack.updates import change_attack
from demo.tabs.attack.widgets import Widgets

MOST_REASONS = 2
LONGEST = 2000  # characters of one value; the labels of the largest set are fewer
# What a link may say: names that are kept or left out together, each after those that it depends on.
TOGETHER = (
    ("sample",), ("annotator",), ("true",), ("k",), ("attack",), ("goal",), ("case", "labels"), ("max_steps",), ("seed",),
    ("score_space",), *((name,) for name in catalog.SETTINGS),
)  # fmt: skip
KEYS = tuple(name for names in TOGETHER for name in names)


@dataclass(frozen=True)
class Linked:
    """A link's request, unchecked, and the sample it is about; `stands_in` says that the link itself names none."""

    sample: str
    request: AttackRequest
    stands_in: bool = False


def rules() -> dict[str, Any]:
    """What link.js has to know of attacks and goals to say only what counts."""
    attacks = {
        name: {
            "goals": catalog.goals_of(name),
            "seed": catalog.uses_seed(name),
            "settings": sorted(catalog.setting_names(name)),
            "steps": choice.steps,
        }
        for name, choice in catalog.attacks().items()
    }
    asks = {name: goal.asks_for for name, goal in tk.GOALS.items()}
    return {"attacks": attacks, "asks": asks, "settings": list(catalog.SETTINGS)}


def read(params: Mapping[str, str], start: str, annotator: str) -> Linked | None:
    """What a page's address asks for; None where it asks for nothing. `start` and `annotator` are the page's own.

    ValueError, in words for a visitor, for what is no number where one must be, or too long.
    """
    given = {name: value for name, value in params.items() if name in KEYS}
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


@dataclass(frozen=True)
class Followed:
    """What of a link can be had, and why the rest cannot: the name of each setting that was left out -> a sentence."""

    linked: Linked
    plan: Plan
    dropped: Mapping[str, str]


def follow(params: Mapping[str, str], start: str, annotator: str, plan_of: Callable[[Linked], Plan]) -> Followed | None:
    """Keep what can be had of an address, as far as `read` and `plan_of` find nothing wrong with it; None as `read`.

    ValueError, in words for a visitor, where nothing is left.
    """

    def tried(params: Mapping[str, str]) -> tuple[Linked, Plan] | None:
        linked = read(params, start, annotator)
        return (linked, plan_of(linked)) if linked else None

    try:
        found = tried(params)
        return found and Followed(*found, {})
    except ValueError:
        pass  # the checks know no names of settings, so each is added by itself
    found, kept, dropped = None, dict[str, str](), dict[str, str]()
    for names in TOGETHER:
        more = {name: params[name] for name in names if name in params}
        if "sample" in dropped and ("true" in more or "labels" in more):
            dropped |= dict.fromkeys(more, "Labels belong to a photo.")
            continue
        try:
            found = tried(kept | more) if more else found
            kept |= more
        except ValueError as error:
            dropped |= dict.fromkeys(more, str(error))
    if not found:
        raise ValueError(refusal(dropped))
    linked, plan = found
    return Followed(replace(linked, stands_in=linked.stands_in and "sample" not in dropped), plan, dropped)


def refusal(dropped: Mapping[str, str]) -> str:
    """What a visitor reads about settings of a link that cannot be had. It quotes the link: escape it as HTML."""
    reasons = list(dict.fromkeys(reason if len(reason) <= 200 else f"{reason[:200]}…" for reason in dropped.values()))
    more = f" And {len(reasons) - MOST_REASONS} more." if len(reasons) > MOST_REASONS else ""
    return f"Left out of the link: {', '.join(dropped)}. {' '.join(reasons[:MOST_REASONS])}{more}"


def _listed(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.get(name, "").split(",") if part.strip())


def _whole(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise ValueError(f"{name} must be a whole number, 0 or more; got {text[:40]!r}.")
    return int(text)


def restore(w: Widgets, path: str, linked: Linked, plan: Plan) -> Update:
    """New contents of the widgets, so that they say what `plan` does, with the sample on the stage and no run yet."""
    item, request, named = linked.sample, plan.request, plan.roles.targets or plan.roles.hidden
    case = request.target_case or "best"
    by_hand = named if case == "chosen" or plan.roles.hidden else ()
    true = plan.roles.true
    known = set(known_truth(sample(item), plan.annotator))
    origin = "sample" if set(true) == known else "yours"
    update = change_attack(w, request.attack, request.annotator, plan.k, {"truth": list(true)}, True, case, ())
    naming = Naming(plan.goal_name, case, by_hand)
    update |= choose(w, path, request.annotator, plan.k, true, origin, naming)
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
    kappa = _text(request.settings.get("confidence"))
    update[w.attack]["info"] = catalog.sentence(request.attack, request.annotator, kappa)
    update[w.annotator] = request.annotator
    update[w.samples] = gr.update(chosen=item)
    missing = " It brings no photo of the sender’s own: here is a sample instead."
    came = f"These settings came with the link.{missing if linked.stands_in else ''} {PRESS}"
    expect = foretold(request.attack, plan.goal_name, plan.k, plan.roles)
    update[w.verdict] = waiting_html(f"{came} {expect}")
    return update


def _text(value: Any) -> str:
    return "" if value is None else f"{value:g}"
