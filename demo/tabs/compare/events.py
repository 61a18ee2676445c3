"""What is chosen on the tab, or on "Attack", and what that does to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from demo.catalog import attacks as catalog
from demo.components.attack_choices import EntryWidgets, typed_settings
from demo.components.events import CHOICE, Update, plainly
from demo.components.label_toggles import marked_true
from demo.engine.annotators import load_annotator
from demo.engine.value_checks import one_of
from demo.photos.public_names import photo_id
from demo.photos.samples import samples
from demo.photos.selection import known
from demo.tabs.compare import follow, render, rounds
from demo.tabs.compare import methods as comparison
from demo.tabs.compare.follow import Wish
from demo.tabs.compare.methods import AIMS, ComparisonRequest, Entry
from demo.tabs.compare.widgets import CHOICES, Choices, CompareWidgets

DEFAULT_SCORES = "logits"
# Why the photo on the tab "Attack" is left out
OWN_ALONE = "as your own take its place"
UNMARKED = "as no label is marked as true on it"


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


def why_left_out(choices: Choices, entry: Entry, files: Mapping[str, str]) -> str:
    """Why the photos that were added here are all, without the one on the tab "Attack"; empty where it is among them."""
    chosen = entry, choices.samples, choices.uploads, files
    return OWN_ALONE if rounds.without_attacks(*chosen) else UNMARKED if rounds.unmarked(*chosen) else ""


def asked(choices: Choices, entry: Entry, files: Mapping[str, str]) -> ComparisonRequest:
    """What a press of Compare would be about."""
    chosen = rounds.others(entry, choices.samples, choices.uploads, files)
    if why_left_out(choices, entry, files):
        entry = replace(entry, photo="", true=(), title="", guessed=False)
    photos = [*chosen.samples, *((path, choices.marked.get(photo_id(path))) for path in chosen.uploads)]
    return ComparisonRequest.of(entry, choices.goal, choices.ticked, choices.limit, choices.seed, photos)


def plan(
    choices: Choices, wish: Wish, entry: Entry, files: Mapping[str, str], nothing_found: Sequence[str] = ()
) -> str:
    """What a comparison runs. nothing_found: titles of the photos of this one that are left out, as its run found."""
    now, added = asked(choices, entry, files), bool(why_left_out(choices, entry, files))
    count = len(now.others) + (not added) - len(nothing_found)
    return render.plan_html(follow.words(choices, wish, entry, count, added, nothing_found))


def found_out(compared: ComparisonRequest | None, now: ComparisonRequest) -> tuple[str, ...]:
    """What is known to be left out: where the same was compared."""
    return compared.nothing_found if compared and compared == now else ()


def strip(choices: Choices, entry: Entry, files: Mapping[str, str], nothing_found: Sequence[str] = ()) -> str:
    """What every method gets. nothing_found: as for `plan`."""
    why = why_left_out(choices, entry, files)
    others = len(asked(choices, entry, files).others) - len(nothing_found)
    return render.strip_html(
        entry, choices.goal, others if why else 0, why, 0 if why else others, nothing_found if why else ()
    )


def wire_choices(tab: gr.Tab, w: CompareWidgets, source: EntryWidgets, files: Mapping[str, str]) -> None:
    """What is chosen here or on the tab "Attack" decides what will run, and whether the results are stale."""
    wishes = len(Wish._fields)

    def read(values: Sequence[Any]) -> tuple[Wish, Choices, Entry]:
        rest = values[wishes:]
        choices = Choices(*rest[:CHOICES])
        one_of("The goal", choices.goal, AIMS)
        return Wish(*values[:wishes]), choices, entry_of(*rest[CHOICES:])

    def shown(compared: ComparisonRequest | None, wish: Wish, choices: Choices, entry: Entry) -> Update:
        now = asked(choices, entry, files)
        left = found_out(compared, now)
        return {w.plan: plan(choices, wish, entry, files, left), w.stale: render.stale_html(compared, now)}

    def look(compared: ComparisonRequest | None, wish: Wish, choices: Choices, entry: Entry) -> Update:
        offered = comparison.offered(choices.goal, entry.annotator, entry.k, choices.kind)
        choices = choices._replace(methods=[name for name in choices.ticked if name in offered])
        return {
            **shown(compared, wish, choices, entry),
            w.strip: strip(choices, entry, files, found_out(compared, asked(choices, entry, files))),
            w.methods: gr.update(choices=comparison.titled(offered), value=choices.methods),
        }

    @plainly
    def on_open(followed: Wish | None, compared: ComparisonRequest | None, *values: Any) -> Update:
        wish, choices, entry = read(values)
        if wish == followed:  # what was chosen here since stays
            return look(compared, wish, choices, entry)
        new = follow.taken(choices, wish, entry)
        boxes = {w.goal: "goal", w.seed: "seed", w.amounts["steps"]: "steps"}
        # What is so already is left alone: another choice may be on its way, which the answer would take back.
        own: Update = {
            box: getattr(new, name) for box, name in boxes.items() if getattr(new, name) != getattr(choices, name)
        }
        return {**look(compared, wish, new, entry), **own, w.followed: wish}

    @plainly
    def on_look(compared: ComparisonRequest | None, *values: Any) -> Update:
        return look(compared, *read(values))

    @plainly
    def on_aim(compared: ComparisonRequest | None, *values: Any) -> Update:
        wish, choices, entry = read(values)
        return look(compared, wish, choices._replace(methods=AIMS[choices.goal].first), entry)

    @plainly
    def on_photos(compared: ComparisonRequest | None, *values: Any) -> Update:
        wish, choices, entry = read(values)
        left = found_out(compared, asked(choices, entry, files))
        return {**shown(compared, wish, choices, entry), w.strip: strip(choices, entry, files, left)}

    @plainly
    def on_choice(compared: ComparisonRequest | None, *values: Any) -> Update:
        return shown(compared, *read(values))

    now = [w.about, *source.wish, *w.choices, *source.all]
    seen = [w.plan, w.strip, w.stale, w.methods]
    tab.select(on_open, [w.followed, *now], [*seen, w.goal, w.seed, w.amounts["steps"], w.followed], **CHOICE)
    w.goal.input(on_aim, now, seen, **CHOICE)
    w.limit.input(on_look, now, seen, **CHOICE)
    inputs: list[Any] = [w.methods, w.seed, *w.amounts.values()]
    for choice in inputs:
        choice.input(on_choice, now, [w.plan, w.stale], **CHOICE)
    for photos in (*w.photos.all, w.marked):
        photos.change(on_photos, now, [w.plan, w.stale, w.strip], **CHOICE)
