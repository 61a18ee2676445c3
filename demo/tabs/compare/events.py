"""What is chosen on the tab, or on "Attack", and what that does to it."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from demo.catalog import attacks as catalog
from demo.components.attack_choices import EntryWidgets, typed_settings
from demo.components.events import CHOICE, plainly
from demo.components.label_toggles import marked_true
from demo.engine.annotators import load_annotator
from demo.photos.public_names import photo_id
from demo.photos.samples import samples
from demo.photos.selection import known
from demo.tabs.compare import methods as comparison
from demo.tabs.compare import render, rounds
from demo.tabs.compare.methods import AIMS, ComparisonRequest, Entry
from demo.tabs.compare.widgets import CHOICES, Choices, CompareWidgets

DEFAULT_SCORES = "logits"


def entry_of(
    photo: str, annotator: str, k: Any, toggles: Any, named: Any, attack: str, score_space: str, *fields: Any
) -> Entry:  # fmt: skip
    """What stands on the tab "Attack"; ValueError while its parts do not belong together."""
    name = photo_id(photo)
    if not isinstance(toggles, dict) or (toggles.get("annotator"), toggles.get("photo")) != (annotator, name):
        raise ValueError("The labels of the new photo are still on their way. Please try again in a moment.")
    network = load_annotator(annotator)
    true = marked_true(toggles, network)
    # Labels to hide are named in the same place, and those are true.
    targets = [name for name in known(named if isinstance(named, list) else (), network) if name not in true]
    titles = {f"sample:{item.name}": item.title for item in samples()}
    guessed = toggles.get("origin") == "guess"
    settings = typed_settings(attack, score_space, fields)
    confidence = settings.pop("confidence", catalog.FIRM)  # what was made beforehand has none
    by_hand = tuple((name, value) for name, value in settings.items() if value not in (None, DEFAULT_SCORES))
    return Entry(
        photo, annotator, k, true, tuple(dict.fromkeys(targets)), titles.get(name, "your photo"), guessed, confidence,
        attack if by_hand else "", by_hand,
    )  # fmt: skip


def asked(choices: Choices, entry: Entry, files: Mapping[str, str]) -> ComparisonRequest:
    """What a press of Compare would be about."""
    chosen = rounds.others(entry, choices.samples, choices.uploads, files)
    photos = [*chosen.samples, *((path, choices.marked.get(photo_id(path))) for path in chosen.uploads)]
    return ComparisonRequest.of(entry, choices.goal, choices.ticked, choices.limit, choices.seed, photos)


def wire_choices(tab: gr.Tab, w: CompareWidgets, source: EntryWidgets, files: Mapping[str, str]) -> None:
    """What is chosen here or on the tab "Attack" decides which methods are offered, and whether the results are stale."""

    @plainly
    def on_look(compared: ComparisonRequest | None, *values: Any) -> Any:
        choices, entry = Choices(*values[:CHOICES]), entry_of(*values[CHOICES:])
        offered = comparison.offered(choices.goal, entry.annotator, entry.k, choices.kind)
        choices = choices._replace(methods=[name for name in choices.ticked if name in offered])
        old = render.stale_html(compared, asked(choices, entry, files))
        strip = render.strip_html(entry, choices.goal)
        return strip, old, gr.update(choices=list(offered), value=choices.methods)

    def on_aim(compared: ComparisonRequest | None, goal: str, _: Any, *rest: Any) -> Any:
        return on_look(compared, goal, AIMS[goal].first, *rest)

    @plainly
    def on_choice(compared: ComparisonRequest | None, *values: Any) -> str:
        choices, entry = Choices(*values[:CHOICES]), entry_of(*values[CHOICES:])
        return render.stale_html(compared, asked(choices, entry, files))

    now = [w.about, *w.choices, *source.all]
    tab.select(on_look, now, [w.strip, w.stale, w.methods], **CHOICE)
    w.goal.input(on_aim, now, [w.strip, w.stale, w.methods], **CHOICE)
    w.limit.input(on_look, now, [w.strip, w.stale, w.methods], **CHOICE)
    inputs: list[Any] = [w.methods, w.seed, *w.amounts.values()]
    for choice in inputs:
        choice.input(on_choice, now, w.stale, **CHOICE)
    for photos in (*w.photos.all, w.marked):
        photos.change(on_choice, now, w.stale, **CHOICE)
