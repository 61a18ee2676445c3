"""What the page answers when a visitor chooses something: new contents for the widgets that it concerns."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr

import tkml_core as tk
from demo.catalog import attacks
from demo.components.replay import replay_value
from demo.engine import loop
from demo.engine.plan import Photo, guess, largest_k, whole
from demo.engine.roles import Roles
from demo.photos.samples import Sample, sample
from demo.photos.uploads import GONE, plain_error
from demo.render import photo_card
from demo.render.labels import truth_panel
from demo.render.verdict import waiting_html
from demo.tabs.attack.form import chips_truth
from demo.tabs.attack.label_picker import Naming, Update, labels_to_name, limits
from demo.tabs.attack.robustness import panel
from demo.tabs.attack.session import Own
from demo.tabs.attack.widgets import Widgets

MANY = 10_000  # more labels than any annotator has: the limit of k while the annotator changes under it


def plainly(handler: Callable[..., Any]) -> Callable[..., Any]:
    """`handler`, with what the core or the runner refuses turned into a sentence for the visitor."""

    if isgeneratorfunction(handler):

        @wraps(handler)
        def generator(*args: Any, **kwargs: Any) -> Any:
            try:
                yield from handler(*args, **kwargs)
            except ValueError as error:
                raise plain_error(str(error)) from None

        return generator

    @wraps(handler)  # Gradio reads the signature
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except ValueError as error:
            raise plain_error(str(error)) from None

    return wrapped


def known_truth(item: Sample, annotator: tk.Annotator) -> tuple[str, ...]:
    """A sample's true labels as far as the annotator has them, in its spelling."""
    return known(item.truth, annotator)


def known(names: Iterable[Any], annotator: tk.Annotator) -> tuple[str, ...]:
    """Those of the names that the annotator has, in its spelling."""
    found = []
    for name in names:
        try:
            found.append(annotator.labels[annotator.index(str(name))])
        except ValueError:
            continue
    return tuple(found)


def marked(own: Own | None, chips: Any) -> Own | None:
    """The visitor's photo with what is marked on it, where it is the one that the toggles are about."""
    if not own or not isinstance(chips, dict) or (chips.get("photo"), chips.get("origin")) != (own.photo, "yours"):
        return own
    return replace(own, true=tuple(chips.get("truth") or ()))


def still_kept(own: Own | None) -> Own:
    """The visitor's photo. ValueError where the server has forgotten it, as it does after an hour."""
    if not own:
        raise ValueError(GONE)
    return own


def chips_value(path: str, name: str, photo: Photo, true: tuple[str, ...], k: int, origin: str) -> dict[str, Any]:
    """Contents of the label toggles. `truth` comes back with every event; `photo` says which picture it is about."""
    html = truth_panel(photo_card.scored(loop.annotator(name), photo.logits), true, k, origin)
    return {"html": html, "truth": list(true), "origin": origin, "photo": path, "annotator": name}


def choose(
    w: Widgets, path: str, name: str, k: Any, true: tuple[str, ...] | None, origin: str, naming: Naming
) -> Update:
    """A picture (or another annotator) was chosen: annotate it, mark what is true and set the stage."""
    annotator = loop.annotator(name)
    photo = loop.read_photo(path, name)
    if not true:
        true, origin = guess(photo, annotator), "guess"
    most = largest_k(annotator, len(true))
    k = min(whole("k", k, 1, len(annotator.labels)), max(most, 1))
    named = limits(w, annotator, true, k, naming)
    kept = named[w.chips]["marking"]["chosen"]  # what the visitor named before, as far as it can be named here
    named[w.chips]["value"] = {**chips_value(path, name, photo, true, k, origin), "chosen": kept}
    return {
        **ready(w, annotator, photo, true, k),
        **not_attacked(w, "Check which labels are marked as true, then press Attack."),
        w.png: gr.update(value=None, interactive=False),
        w.report: gr.update(value=None, interactive=False),
        w.away.kept: None,
        w.away.link: gr.update(visible=False),
        w.replay: replay_value(None),
        **panel.fresh(w.real_button, w.real, ready=False),
        **named,
    }


def not_attacked(w: Widgets, words: str) -> Update:
    """The parts of the stage that only a run fills; `words` stand for its verdict."""
    return {
        w.change: photo_card.empty_html("Change", "What the attack adds shows here."),
        w.after: photo_card.empty_html("Attacked", "Press Attack."),
        w.verdict: waiting_html(words),
        w.status: photo_card.line_html("ready"),
        w.table: "",
    }


def ready(w: Widgets, annotator: tk.Annotator, photo: Photo, true: tuple[str, ...], k: int) -> Update:
    """The parts of the stage that show truth and k before an attack has run."""
    return {
        w.before: photo_card.before_html(annotator, photo, Roles(true), k),
        w.race: photo_card.starting_line(annotator, photo, true, k),
    }


def choose_annotator(
    w: Widgets, path: str, name: str, k: Any, chips: Any, sample_name: str | None, naming: Naming
) -> Update:
    """Another annotator: a sample's truth is looked up again, the visitor's own is kept as far as it has those labels."""
    annotator = loop.annotator(name)
    marks = chips if isinstance(chips, dict) and chips.get("photo") == path else {}
    origin = marks.get("origin") or ("sample" if sample_name else "guess")
    true: tuple[str, ...] | None = None
    if origin == "yours":
        true = known(marks.get("truth") or [], annotator)
    elif origin == "sample" and sample_name:
        true = known_truth(sample(sample_name), annotator)
    k = min(whole("k", k, 1, MANY), len(annotator.labels) - 1)
    update = choose(w, path, name, k, true, str(origin), naming)
    return {**update, w.attack: gr.update(info=attacks.sentence(naming.attack, name))}


def change_truth(w: Widgets, path: str, name: str, k: Any, chips: Any, attacked: bool, *naming: Any) -> Update:
    """A label toggle was pressed; the browser has painted it already. A finished run stays on the stage."""
    annotator = loop.annotator(name)
    true, k = chips_truth(chips, annotator), whole("k", k, 1, MANY)
    update = limits(w, annotator, true, k, Naming(*naming))
    if not attacked:
        k = min(k, max(largest_k(annotator, len(true)), 1))
        update |= ready(w, annotator, loop.read_photo(path, name), true, k)
    return update


def change_k(w: Widgets, path: str, name: str, k: Any, chips: Any, attacked: bool, *naming: Any) -> Update:
    """k was moved: the line under the top-k moves, and so does the number of targets to choose."""
    annotator, k = loop.annotator(name), whole("k", k, 1, MANY)
    update = labels_to_name(w, annotator, chips_truth(chips, annotator), k, Naming(*naming))
    if isinstance(chips, dict) and (chips.get("photo"), chips.get("annotator")) == (path, name):
        photo, true = loop.read_photo(path, name), chips_truth(chips, annotator)
        origin = chips.get("origin") if chips.get("origin") in ("sample", "yours") else "guess"
        update[w.chips]["value"] = chips_value(path, name, photo, true, k, str(origin))
        if not attacked:
            update |= ready(w, annotator, photo, true, k)
    return update


def change_goal(w: Widgets, name: str, k: Any, chips: Any, *naming: Any) -> Update:
    """Another goal, or another way to find targets: show the choices that it needs."""
    annotator = loop.annotator(name)
    return labels_to_name(w, annotator, chips_truth(chips, annotator), whole("k", k, 1, MANY), Naming(*naming))


def change_attack(
    w: Widgets, attack: str, name: str, k: Any, chips: Any, case: str, chosen: Any, goal: str = ""
) -> Update:
    """Another attack: show the choices it has, and say what its settings are when left empty. `goal` "" is its own."""
    goals = attacks.goals_shown(attack)
    goals["value"] = goal or goals["value"]
    return {
        w.attack: gr.update(value=attack, info=attacks.sentence(attack, name)),
        w.goal: gr.update(**goals),
        **change_goal(w, name, k, chips, goals["value"], case, chosen),
        w.advanced: gr.update(visible=not attacks.ready_made(attack)),
        w.seed: gr.update(visible=attacks.uses_seed(attack)),
        w.max_steps: gr.update(**attacks.steps_shown(attack)),
        **{field: gr.update(**attacks.setting_shown(attack, setting)) for setting, field in w.settings.items()},
        w.score_space: gr.update(visible="score_space" in attacks.setting_names(attack)),
    }
