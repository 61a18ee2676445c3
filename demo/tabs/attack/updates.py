"""What the page answers when a visitor chooses something: new contents for the widgets that it concerns."""

from dataclasses import replace
from itertools import islice
from typing import Any

import gradio as gr
from markupsafe import Markup

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.components.events import Update
from demo.components.label_toggles import NOTHING_TO_ATTACK, marked_true, toggles_value
from demo.components.replay import replay_value
from demo.engine.annotators import Photo, largest_k, load_annotator, read_photo
from demo.engine.label_roles import Roles
from demo.engine.value_checks import whole
from demo.photos.attack_note import attack_before
from demo.photos.public_names import UPLOAD, photo_id
from demo.photos.samples import sample
from demo.photos.selection import LONGEST_LABEL, MOST_NAMED, known_truth
from demo.photos.uploads import GONE
from demo.render import photo_card
from demo.render.foretold import foretold
from demo.render.labels import scored
from demo.render.run_plots import starting_line
from demo.render.status import line_html
from demo.render.verdict import waiting_html
from demo.tabs.attack.easiest import easiest
from demo.tabs.attack.first_ticks import carried, first_ticks, nothing_found
from demo.tabs.attack.label_picker import COUNTED, Naming, follows_ticks, k_shown, k_stays, labels_to_name, limits
from demo.tabs.attack.robustness import panel
from demo.tabs.attack.session import Own, OwnPhoto
from demo.tabs.attack.widgets import Widgets

ATTACKED = "This photo was attacked before ({}), so what the annotator sees in it may not be there."
PRESS = "Press Attack."
MARK = "Mark a label first."
GUESSED = Markup(
    "The annotator's guess is ticked as true already. "
    '<span class="unpresented">Correct it below, under <a href="#choose-truth">Mark what is true</a>, then press Attack.</span>'
    '<span class="when-presented">To correct it, leave Present (Esc).</span>'
)
GUESSED_ATTACKED = Markup(
    "This photo was attacked before ({}). Ticked is what the annotator sees now, which the attack may have put there: correct "
    'it below, under <a href="#choose-truth">Mark what is true</a>, then press Attack.'
)
MANY = 10_000  # more labels than any annotator has: the limit of k while the annotator changes under it


def marked(own: Own, toggles: Any) -> Own:
    """The visitor's photos, the one that the toggles are about with what is marked on it."""
    if not isinstance(toggles, dict) or toggles.get("origin") != "yours":
        return own
    marks = marks_read(toggles.get("truth"), toggles.get("annotator"))
    return tuple(replace(one, **marks) if one.name == toggles.get("photo") else one for one in own)


def marks_read(truth: Any, annotator: Any) -> dict[str, Any]:
    """What a browser says is marked, cut to a size that can be kept, as an OwnPhoto has it."""
    listed = truth if isinstance(truth, list) else []
    true = tuple(str(name)[:LONGEST_LABEL] for name in islice(listed, MOST_NAMED))
    return {"true": true, "annotator": str(annotator or "")[:LONGEST_LABEL]}


def own_photo(own: Own, name: str) -> OwnPhoto | None:
    """The visitor's photo that the browser calls so; None for a sample. ValueError where it is no longer kept."""
    found = next((one for one in own if one.name == name), None)
    if found is None and name.startswith(UPLOAD):
        raise ValueError(GONE)
    return found


def marks_of(own: OwnPhoto, annotator: tk.Annotator) -> tuple[str, ...] | None:
    """What a visitor marked on a photo of theirs, in this annotator's labels; None where its guess is to be ticked."""
    return None if own.true is None else carried(own.true, own.annotator, annotator)


def choose(
    w: Widgets, path: str, name: str, k: Any, true: tuple[str, ...] | None, origin: str, naming: Naming, was: Any = None,
    stays: bool = False,
) -> Update:  # fmt: skip
    """A picture (or another annotator) was chosen: annotate it, mark what is true and set the stage.

    true: None where nobody has said; empty only of what is "yours".
    k: None for an upload, which has as many places as labels are marked until the visitor moves k, and says so beside k;
    at the verdict, too, where k `was` another. stays: as `k_stays` has it.
    """
    annotator = load_annotator(name)
    photo = read_photo(path, name)
    if true is None or (not true and origin != "yours"):
        true, origin = first_ticks(photo, annotator), "guess"
    most = largest_k(annotator, len(true))
    asked = max(len(true), 1) if k is None else whole("k", k, 1, len(annotator.labels))
    was, follows = (was, True) if k is None else (asked, False if stays else None)
    k = min(asked, max(most, 1))
    before = attack_before(path)
    if not true:
        words = f"This photo was attacked before ({before}). " if before else ""
        words += nothing_found(name, annotator, photo) if origin == "guess" else NOTHING_TO_ATTACK
    else:
        words = "" if k == was else _k_words(k, follows, len(true))
        said = origin == "guess" and bool(words or before)  # a phone's box is full then
        if before and origin == "guess":
            words += GUESSED_ATTACKED.format(before)
        else:
            words = f"{ATTACKED.format(before)} {words}" if before else words
            words += GUESSED if origin == "guess" else PRESS
        if not said:
            words += f" {_foretold(true, k, naming)}"
    named = limits(w, name, true, k, naming, follows)
    kept = named[w.toggles]["marking"]["chosen"]  # what the visitor named before, as far as it can be named here
    named[w.toggles]["value"] = {
        **toggles_value(path, name, photo, true, k, origin),
        "chosen": kept,
        "follows": follows,
    }
    return {
        **ready(w, annotator, photo, true, k),
        **not_attacked(w, words),
        **nothing_to_take(w),
        w.downloads.link: gr.update(visible=False),
        **named,
    }


def foretell(w: Widgets, true: tuple[str, ...], k: int, naming: Naming, before: str = "") -> Update:
    """What Attack will do, where the verdict of a run will stand; `before`: what else there is to say."""
    return {w.verdict: waiting_html(f"{before}{PRESS} {_foretold(true, k, naming)}" if true else NOTHING_TO_ATTACK)}


def _foretold(true: tuple[str, ...], k: int, naming: Naming) -> str:
    """Labels that the visitor names are told of without their names: they may change in the browser alone."""
    attack = naming.attack or next(iter(catalog.attacks()))
    return foretold(attack, naming.aim(), k, Roles(true), naming.case)


def _k_words(k: int, follows: bool | None, true: int) -> str:
    return f"k is now {k}, {COUNTED if follows and k == true else 'the most it can be'}. "


def not_attacked(w: Widgets, words: str) -> Update:
    """The parts of the stage that only a run fills; `words` stand for its verdict."""
    return {
        w.change: photo_card.empty_html("Change", "What the attack adds shows here."),
        w.after: photo_card.empty_html("Attacked", PRESS),
        w.verdict: waiting_html(words),
        w.status: line_html("ready"),
        w.table: "",
        w.smaller_button: smaller_shown(False),
    }


def nothing_true(w: Widgets, path: str, name: str, k: Any) -> Update:
    """No label is marked as true any more: the result of a run goes, as nothing like it can be had with these choices."""
    return {
        **ready(w, load_annotator(name), read_photo(path, name), (), whole("k", k, 1, MANY)),
        **not_attacked(w, NOTHING_TO_ATTACK),
        w.after: photo_card.empty_html("Attacked", MARK),
        **nothing_to_take(w),
    }


def nothing_to_take(w: Widgets) -> Update:
    """Where no run has ended there is no file, no replay, and nothing to be tested."""
    return {
        w.png: gr.update(value=None, interactive=False),
        w.report: gr.update(value=None, interactive=False),
        w.downloads.kept: None,
        w.replay: replay_value(None),
        **panel.fresh(w.robustness_button, w.robustness, ready=False),
    }


def smaller_shown(able: bool) -> dict[str, Any]:
    """The button that goes on to a smaller change, where there is one to begin with; its place is kept."""
    return gr.update(elem_classes=[] if able else ["absent"])


def ready(w: Widgets, annotator: tk.Annotator, photo: Photo, true: tuple[str, ...], k: int) -> Update:
    """The parts of the stage that show truth and k before an attack has run."""
    return {
        w.before: photo_card.before_html(annotator, photo, Roles(true), k),
        w.race: starting_line(annotator, photo, true, k),
    }


def choose_annotator(
    w: Widgets, path: str, name: str, k: Any, toggles: Any, sample_name: str | None, naming: Naming, stays: bool = False
) -> Update:
    """Another annotator: a sample's truth is looked up again, the visitor's own is kept as far as it has those labels.

    stays: k, which else goes with the ticks where it did, is set from here on.
    """
    annotator = load_annotator(name)
    marks = toggles if isinstance(toggles, dict) and toggles.get("photo") == photo_id(path) else {}
    origin = marks.get("origin") or ("sample" if sample_name else "guess")
    true: tuple[str, ...] | None = None
    if origin == "yours":
        true = carried(marks.get("truth") or [], marks.get("annotator"), annotator)
    elif origin == "sample" and sample_name:
        true = known_truth(sample(sample_name), annotator)
    k = min(whole("k", k, 1, MANY), len(annotator.labels) - 1)
    stays = stays or k_stays(toggles)
    given = None if follows_ticks(marks) and not stays else k
    update = choose(w, path, name, given, true, str(origin), naming, k, stays)
    if catalog.precomputed(naming.attack):  # its sentence says for which annotators there is one
        update[w.attack] = gr.update(info=catalog.sentence(naming.attack, name))
    return update


def change_truth(w: Widgets, path: str, name: str, k: Any, toggles: Any, attacked: bool, *naming: Any) -> Update:
    """A label toggle was pressed; the browser has painted it already. A finished run stays on the stage."""
    annotator = load_annotator(name)
    true, was, follows = marked_true(toggles, annotator), whole("k", k, 1, MANY), follows_ticks(toggles)
    update = limits(w, name, true, was, Naming(*naming), follows)
    k = update[w.k]["value"]
    if k == was or follows:
        del update[w.k]["value"]  # another one may have been typed since, as the browser knows
    update[w.counted] = k
    if not attacked:
        update |= ready(w, annotator, read_photo(path, name), true, k)
        update[w.after] = photo_card.empty_html("Attacked", PRESS if true else MARK)
        moved = _k_words(k, follows, len(true)) if k != was else ""
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
