"""What the page answers when a visitor changes truth, k, goal, targets or attack: contents for the widgets that it concerns."""

from typing import Any

import gradio as gr

from demo.catalog import attacks as catalog
from demo.components.events import Update
from demo.components.label_toggles import marked_true, toggles_value
from demo.engine.annotators import largest_k, load_annotator, read_photo
from demo.engine.value_checks import whole
from demo.photos.public_names import photo_id
from demo.render import photo_card
from demo.render.labels import scored
from demo.tabs.attack.before_run import PRESS, foretell, k_words, ready
from demo.tabs.attack.easiest import easiest
from demo.tabs.attack.label_picker import MANY, Naming, follows_ticks, k_shown, labels_to_name, limits
from demo.tabs.attack.widgets import Widgets


def change_truth(w: Widgets, path: str, name: str, k: Any, toggles: Any, attacked: bool, *naming: Any) -> Update:
    """A label toggle was pressed; the browser has painted it already. A finished run stays on the stage.

    What the stage shows where none is marked any more is `nothing_true`.
    """
    annotator = load_annotator(name)
    true, was, follows = marked_true(toggles, annotator), whole("k", k, 1, MANY), follows_ticks(toggles)
    update = limits(w, name, true, was, Naming(*naming), follows)
    k = update[w.k]["value"]
    if k == was or follows:
        del update[w.k]["value"]  # another one may have been typed since, as the browser knows
    update[w.counted] = k
    if not attacked and true:
        update |= ready(w, annotator, read_photo(path, name), true, k)
        update[w.after] = photo_card.empty_html("Attacked", PRESS)
        moved = k_words(k, follows, len(true)) if k != was else ""
        update |= foretell(w, true, k, Naming(*naming), moved)
    return update


def change_k(w: Widgets, path: str, name: str, k: Any, toggles: Any, attacked: bool, *naming: Any) -> Update:
    """k was moved: the line under the top-k moves, and so does the number of targets to choose.

    Labels may be pressed meanwhile: `marks` goes back as it came, by which the browser tells whether these are the last ones.
    """
    annotator, k = load_annotator(name), whole("k", k, 1, MANY)
    update = labels_to_name(w, name, marked_true(toggles, annotator), k, Naming(*naming))
    if not attacked:
        update |= foretell(w, marked_true(toggles, annotator), k, Naming(*naming))
    if isinstance(toggles, dict) and (toggles.get("photo"), toggles.get("annotator")) == (photo_id(path), name):
        photo, true = read_photo(path, name), marked_true(toggles, annotator)
        origin = toggles.get("origin") if toggles.get("origin") in ("sample", "yours") else "guess"
        follows, marks = follows_ticks(toggles), toggles.get("marks")
        if follows:  # until k is another; Gradio says so of a field that the keyboard only passes through, too
            follows = k == k_shown(annotator, len(true), k, True)["value"]
        if follows is not None:
            update[w.k] = gr.update(info=k_shown(annotator, len(true), k, follows)["info"])
        update[w.toggles]["value"] = {
            **toggles_value(path, name, photo, true, k, str(origin)),
            "follows": follows,
            "marks": marks if isinstance(marks, int) else 0,
        }
        if not attacked:
            update |= ready(w, annotator, photo, true, k)
    return update


def set_k(w: Widgets, path: str, name: str, k: int, toggles: Any, naming: Naming) -> Update:
    """k is set from here on, whatever is marked and whichever photo comes. A finished run stays on the stage."""
    annotator = load_annotator(name)
    k = min(k, max(largest_k(annotator, len(marked_true(toggles, annotator))), 1))
    set_to = {**(toggles if isinstance(toggles, dict) else {}), "follows": False}
    update = change_k(w, path, name, k, set_to, True, naming.goal, naming.case, naming.chosen, naming.attack)
    return {**update, w.k: gr.update(**k_shown(annotator, len(marked_true(toggles, annotator)), k, False))}


def change_goal(w: Widgets, name: str, k: Any, toggles: Any, attacked: bool, *naming: Any) -> Update:
    """Another goal, or another way to find targets: show the choices that it needs."""
    true, k, named = marked_true(toggles, load_annotator(name)), whole("k", k, 1, MANY), Naming(*naming)
    update = labels_to_name(w, name, true, k, named)
    return update if attacked else update | foretell(w, true, k, named)


def choose_easiest(
    w: Widgets, path: str, name: str, k: Any, toggles: Any, attacked: bool, goal: str, attack: str
) -> Update:
    """The targets that were measured to be easiest, named as if by hand, so that they can be seen and changed."""
    annotator, k = load_annotator(name), whole("k", k, 1, MANY)
    true, ranking = marked_true(toggles, annotator), scored(annotator, read_photo(path, name).logits)
    found = easiest(name, [label.name for label in ranking], true, k)
    naming = Naming(goal, "chosen", found.names, attack)
    update = labels_to_name(w, name, true, k, naming)
    update[w.case]["value"], update[w.chosen]["info"] = "chosen", found.words
    return update if attacked else update | foretell(w, true, k, naming)


def change_attack(
    w: Widgets, attack: str, name: str, k: Any, toggles: Any, attacked: bool, case: str, chosen: Any, goal: str = ""
) -> Update:
    """Another attack: show the choices it has, and say what its settings are when left empty. `goal` "" is its own."""
    goals = catalog.goals_shown(attack)
    goals["value"] = goal or goals["value"]
    return {
        w.attack: gr.update(value=attack, info=catalog.sentence(attack, name)),
        w.goal: gr.update(**goals),
        **change_goal(w, name, k, toggles, attacked, goals["value"], case, chosen, attack),
        w.advanced: gr.update(visible=not catalog.precomputed(attack)),
        w.seed: gr.update(visible=catalog.uses_seed(attack)),
        w.max_steps: gr.update(**catalog.steps_shown(attack)),
        **{field: gr.update(**catalog.setting_shown(attack, setting)) for setting, field in w.settings.items()},
        w.score_space: gr.update(visible="score_space" in catalog.setting_names(attack)),
    }
