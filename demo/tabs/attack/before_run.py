"""The stage while no run has ended on it: what shows truth and k, what is still empty, and what Attack will do."""

from typing import Any

import gradio as gr

import tkml_core as tk
from demo.catalog import attacks as catalog
from demo.catalog.english import counted
from demo.components.events import Update
from demo.components.replay import replay_value
from demo.engine.annotators import Photo, load_annotator, read_photo
from demo.engine.label_roles import Roles
from demo.engine.value_checks import whole
from demo.render import photo_card
from demo.render.foretold import foretold
from demo.render.run_plots import starting_line
from demo.render.status import line_html
from demo.render.verdict import waiting_html
from demo.tabs.attack.first_ticks import first_of_all, nothing_ticked
from demo.tabs.attack.label_picker import MANY, Naming
from demo.tabs.attack.robustness import panel
from demo.tabs.attack.widgets import Widgets

PRESS = "Press Attack."


def foretell(w: Widgets, true: tuple[str, ...], k: int, naming: Naming, before: str = "") -> Update:
    """What Attack will do, where the verdict of a run will stand; `before`: what else there is to say.

    While no label is marked as true the ways out stand there already, and stay.
    """
    return {w.verdict: waiting_html(f"{before}{PRESS} {foretold_words(true, k, naming)}")} if true else {}


def foretold_words(true: tuple[str, ...], k: int, naming: Naming) -> str:
    """Labels that the visitor names are told of without their names: they may change in the browser alone."""
    attack = naming.attack or next(iter(catalog.attacks()))
    return foretold(attack, naming.aim(), k, Roles(true), naming.case)


def k_words(k: int, follows: bool | None, true: int) -> str:
    """Why k is another now, for whoever does not know yet what k is."""
    why = "as many as are marked as true" if follows and k == true else "the most it can"
    return f"The list will show {counted(k, 'label')}, {why} (k = {k}). "


def ready(w: Widgets, annotator: tk.Annotator, photo: Photo, true: tuple[str, ...], k: int) -> Update:
    """The parts of the stage that show truth and k before an attack has run."""
    return {
        w.before: photo_card.before_html(annotator, photo, Roles(true), k),
        w.race: starting_line(annotator, photo, true, k),
    }


def not_attacked(w: Widgets, words: str, first: str = PRESS) -> Update:
    """The parts of the stage that only a run fills; `words` stand for its verdict. first: what is to be done for a run."""
    return {
        w.change: photo_card.empty_html("Change", "What the attack adds shows here."),
        w.after: photo_card.empty_html("Attacked", first),
        w.verdict: waiting_html(words),
        w.status: line_html("ready"),
        w.table: "",
        w.smaller_button: smaller_shown(False),
    }


def nothing_true(w: Widgets, path: str, name: str, k: Any) -> Update:
    """No label is marked as true: the result of a run goes, as nothing like it can be had with these choices."""
    annotator, photo = load_annotator(name), read_photo(path, name)
    return {
        **ready(w, annotator, photo, (), whole("k", k, 1, MANY)),
        **not_attacked(w, nothing_ticked(name, annotator, photo), first_of_all(name)),
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
