"""The stage: the change that "Which change" names, whose it is, how often it fools, and its files."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import gradio as gr

import tkml_core as tk
from demo.catalog.attacks import universal_title
from demo.components.events import Update
from demo.render.pictures import figure
from demo.render.templates import fill
from demo.render.verdict import waiting_html
from demo.tabs.universal import change_files, ready_made, render
from demo.tabs.universal.changes import OWN
from demo.tabs.universal.craft import Made
from demo.tabs.universal.widgets import UniversalWidgets

KEPT = " Yours is kept: choose “made here” below “Which change” to see it again."
NOTHING_MADE = "Nothing has been made here yet. Press Craft to make a change, and watch"


@dataclass(frozen=True, eq=False)
class Own:
    """What the visitor made, as the page keeps it."""

    made: Made
    limit: float  # seconds that the run was given
    files: tuple[str, str]


def widgets(w: UniversalWidgets) -> list[gr.components.Component]:
    """What stands on the stage."""
    return [w.verdict, w.z, w.rates, w.facts, w.npz, w.png, w.stale]


def shown(w: UniversalWidgets, which: str, own: Own | None, annotator: str, k: int, tried: Hashable = None) -> Update:
    """The change that is chosen, or what to press where there is none; and whether photos were `tried` with another."""
    there = (which == OWN and own is not None) or (which, annotator, k) in ready_made.bundled()
    stale = stale_html(tried, about(which, own, annotator, k), there)
    return {**_change(w, which, own, annotator, k), w.stale: stale}


def _change(w: UniversalWidgets, which: str, own: Own | None, annotator: str, k: int) -> Update:
    """The visitor's own, the ready-made one for the annotator and k, or what to press where there is none."""
    if which == OWN and own:
        return _own(w, own)
    kept = KEPT if own else ""
    if (which, annotator, k) in ready_made.bundled():
        return _ready(w, which, annotator, k, kept)
    empty = "Nothing made yet." if which == OWN else f"None ready-made for {annotator}, k = {k}."
    return {
        w.verdict: waiting_html(none_words(which, annotator, k) + kept),
        w.z: figure("The change", "", None, "", empty=empty),
        w.rates: render.rates_html([], render.FIRST_EPOCHS, 0),
        w.facts: "",
        w.npz: gr.update(value=None, interactive=False),
        w.png: gr.update(value=None, interactive=False),
    }


def none_words(which: str, annotator: str, k: int) -> str:
    """That there is nothing to show or to try, and what to press."""
    if which != OWN:
        return ready_made.missing(which, annotator, k)
    others = ", or choose a ready-made one below “Which change”" if ready_made.has_ready(annotator, k) else ""
    return f"{NOTHING_MADE}{others}."


def about(which: str, own: Own | None, annotator: str, k: int) -> Hashable:
    """By what the change that is tried is told from others; each of the visitor's own has files of its own."""
    return own.files if which == OWN and own else (which, annotator, k)


def stale_html(tried: Hashable, now: Hashable, there: bool) -> str:
    """That the photos were tried with another change than the one on the stage; empty where they were not.

    there: whether there is one to try.
    """
    if tried in (None, now):
        return ""
    return fill("tabs/universal/stale.html", there=there)


def _own(w: UniversalWidgets, own: Own) -> Update:
    made, request = own.made, own.made.request
    factor = render.factor_for(made.norm, made.z.numel())
    there = all(Path(path).is_file() for path in own.files)
    return {
        w.verdict: render.made_html(made, own.limit),
        w.z: render.change_html(made.z, factor, own_title(request.annotator, request.k), lossless=True),
        w.rates: render.rates_html(made.points, request.epochs, made.pictures),
        w.facts: render.facts_html(made),
        **_files(w, own.files if there else change_files.of_made(made)),
    }


def own_title(annotator: str, k: int) -> str:
    """What stands above the picture of the visitor's own, made or in the making."""
    return f"Your change, for {annotator}, k = {k}"


def _ready(w: UniversalWidgets, method: str, annotator: str, k: int, kept: str) -> Update:
    z, rates = _drawn(method, annotator, k)
    words = (
        f"Shown is the ready-made change for {annotator} at k = {k}: {universal_title(method)}. "
        f"Press Try it to add it to photos, or Craft to make one of your own, and watch.{kept}"
    )
    files = _files(w, change_files.of_ready(method, annotator, k))
    return {w.verdict: waiting_html(words), w.z: z, w.rates: rates, w.facts: "", **files}


@cache  # as many as come with the page, and a visitor goes through them fast
def _drawn(method: str, annotator: str, k: int) -> tuple[str, str]:
    """Picture and shares of one that comes with the page."""
    z = tk.universal(method, annotator, k)
    factor = render.factor_for(tk.size_of(z).l2, z.numel())
    whose, beside = (method, annotator, k), ready_made.elsewhere(annotator, k)
    shares = render.shares_html(k, *ready_made.measured(*whose), ready_made.looser(*whose), beside)
    return render.change_html(z, factor, f"Ready-made change, for {annotator}, k = {k}", lossless=True), shares


def _files(w: UniversalWidgets, paths: tuple[str, str]) -> Update:
    npz, png = paths
    return {w.npz: gr.update(value=npz, interactive=True), w.png: gr.update(value=png, interactive=True)}
