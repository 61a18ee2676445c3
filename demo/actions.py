"""What the page answers when a visitor chooses something: new contents for the widgets that it concerns."""

from collections.abc import Callable
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr

import tkml_core as tk
from demo import menu, runner, stage
from demo.chips import truth_panel
from demo.plan import Ask, Photo, Plan, guess, label_names, largest_k, make_plan, whole
from demo.samples import Sample, sample
from demo.uploads import plain_error
from demo.verdict import waiting_html
from demo.widgets import Widgets, default_words

MANY = 10_000  # more labels than any annotator has: the limit of k while the annotator changes under it
Update = dict[Any, Any]  # widget -> its new value; widgets that are not named stay as they are


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
    return tuple(_known(item.truth, annotator))


def _known(names: tuple[str, ...] | list[str], annotator: tk.Annotator) -> list[str]:
    known = []
    for name in names:
        try:
            known.append(annotator.labels[annotator.index(name)])
        except ValueError:
            continue
    return known


def chips_value(path: str, name: str, photo: Photo, true: tuple[str, ...], k: int, origin: str) -> dict[str, Any]:
    """Contents of the label toggles. `truth` comes back with every event; `photo` says which picture it is about."""
    html = truth_panel(stage.scored(runner.annotator(name), photo.logits), true, k, origin)
    return {"html": html, "truth": list(true), "origin": origin, "photo": path, "annotator": name}


def chips_truth(chips: Any, annotator: tk.Annotator) -> tuple[str, ...]:
    """The labels that the browser says are true, checked: a page can be made to send anything."""
    marked = chips.get("truth") if isinstance(chips, dict) else None
    return label_names("The marked labels", marked, annotator)


def choose(w: Widgets, path: str, name: str, k: Any, true: tuple[str, ...] | None, origin: str) -> Update:
    """A picture (or another annotator) was chosen: annotate it, mark what is true and set the stage."""
    annotator = runner.annotator(name)
    photo = runner.read_photo(path, name)
    if not true:
        true, origin = guess(photo, annotator), "guess"
    most = largest_k(annotator, len(true))
    k = min(whole("k", k, 1, len(annotator.labels)), max(most, 1))
    return {
        w.chips: chips_value(path, name, photo, true, k, origin),
        **ready(w, annotator, photo, true, k),
        w.change: stage.empty_html("Change", "What the attack adds shows here."),
        w.after: stage.empty_html("Attacked", "Press Attack."),
        w.verdict: waiting_html("Check which labels are marked as true, then press Attack."),
        w.status: stage.line_html("ready"),
        w.table: "",
        w.png: gr.update(value=None, interactive=False),
        w.report: gr.update(value=None, interactive=False),
        **limits(w, annotator, true, k, ()),
    }


def ready(w: Widgets, annotator: tk.Annotator, photo: Photo, true: tuple[str, ...], k: int) -> Update:
    """The parts of the stage that show truth and k before an attack has run."""
    return {
        w.before: stage.before_html(annotator, photo, true, (), k),
        w.race: stage.starting_line(annotator, photo, true, k),
    }


def choose_annotator(w: Widgets, path: str, name: str, k: Any, chips: Any, sample_name: str | None) -> Update:
    """Another annotator: a sample's truth is looked up again, the visitor's own is kept as far as it has those labels."""
    annotator = runner.annotator(name)
    marks = chips if isinstance(chips, dict) and chips.get("photo") == path else {}
    origin = marks.get("origin") or ("sample" if sample_name else "guess")
    true: tuple[str, ...] | None = None
    if origin == "yours":
        true = tuple(_known([str(label) for label in marks.get("truth") or []], annotator))
    elif origin == "sample" and sample_name:
        true = known_truth(sample(sample_name), annotator)
    k = min(whole("k", k, 1, MANY), len(annotator.labels) - 1)
    return choose(w, path, name, k, true, str(origin))


def limits(w: Widgets, annotator: tk.Annotator, true: tuple[str, ...], k: int, chosen: tuple[str, ...]) -> Update:
    """How far k may go and which targets may be chosen, given what is true."""
    most = max(largest_k(annotator, len(true)), 1)
    others = [label for label in annotator.labels if label not in true]
    k = min(k, most)
    return {
        w.k: gr.update(maximum=most, value=k),
        w.chosen: gr.update(
            choices=others, value=[name for name in chosen if name in others][:k], **_number_of_targets(k)
        ),
    }


def _number_of_targets(k: int) -> dict[str, Any]:
    return {"max_choices": k, "info": f"Choose exactly {k}, as many as k"}


def change_truth(w: Widgets, path: str, name: str, k: Any, chips: Any, chosen: Any, attacked: bool) -> Update:
    """A label toggle was pressed; the browser has painted it already. A finished run stays on the stage."""
    annotator = runner.annotator(name)
    true, k = chips_truth(chips, annotator), whole("k", k, 1, MANY)
    update = limits(w, annotator, true, k, tuple(chosen or ()))
    if not attacked:
        k = min(k, max(largest_k(annotator, len(true)), 1))
        update |= ready(w, annotator, runner.read_photo(path, name), true, k)
    return update


def change_k(w: Widgets, path: str, name: str, k: Any, chips: Any, chosen: Any, attacked: bool) -> Update:
    """k was moved: the line under the top-k moves, and so does the number of targets to choose."""
    annotator, k = runner.annotator(name), whole("k", k, 1, MANY)
    update: Update = {w.chosen: gr.update(value=list(chosen or ())[:k], **_number_of_targets(k))}
    if isinstance(chips, dict) and (chips.get("photo"), chips.get("annotator")) == (path, name):
        photo, true = runner.read_photo(path, name), chips_truth(chips, annotator)
        origin = chips.get("origin") if chips.get("origin") in ("sample", "yours") else "guess"
        update[w.chips] = chips_value(path, name, photo, true, k, str(origin))
        if not attacked:
            update |= ready(w, annotator, photo, true, k)
    return update


def change_attack(w: Widgets, attack: str, case: str) -> Update:
    """Another attack: show the choices it has, and say what its settings are when left empty."""
    choice, names = menu.CHOICES[attack], menu.setting_names(attack)
    goals = [(menu.GOALS[goal].title, goal) for goal in choice.goals]
    return {
        w.attack: gr.update(info=choice.sentence),
        w.goal: gr.update(choices=goals, value=choice.goals[0], visible=len(goals) > 1),
        w.case: gr.update(visible=choice.takes_targets),
        w.chosen: gr.update(visible=choice.takes_targets and case == "chosen"),
        **{
            getattr(w, name): gr.update(placeholder=default_words(attack, name), interactive=name in names)
            for name in ("step", "beta", "lambda_0")
        },
        w.score_space: gr.update(interactive="score_space" in names),
    }


def _number(label: str, text: Any) -> float | None:
    """A number from a text field; None, the attack's default, where it is empty."""
    if text is None or not str(text).strip():
        return None
    try:
        return float(str(text).strip().replace(",", "."))
    except ValueError:
        raise ValueError(f"{label} must be a number such as 0.1, or empty; got {text!r}.") from None


def page_plan(
    path: str, name: str, chips: Any, k: Any, attack: str, case: str, chosen: Any, goal: str, max_steps: Any,
    seed: Any, step: Any, beta: Any, lambda_0: Any, score_space: str,
) -> Plan:  # fmt: skip
    """What the widgets say, as a checked plan."""
    annotator = runner.annotator(name)
    photo = runner.read_photo(path, name)
    true = chips_truth(chips, annotator)
    if not true:
        raise ValueError("Mark at least one label as true: without a truth there is nothing to contradict.")
    if (chips.get("annotator"), chips.get("photo")) != (name, path):
        raise ValueError("The labels of the new photo are still on their way. Please press Attack again in a moment.")
    numbers = {"step": ("Step size", step), "beta": ("β", beta), "lambda_0": ("λ₀", lambda_0)}
    settings = {key: _number(label, text) for key, (label, text) in numbers.items()} | {"score_space": score_space}
    ask = Ask(name, k, attack, true, case, chosen, max_steps, 0 if seed is None else seed, goal, settings)
    return make_plan(ask, annotator, photo)
