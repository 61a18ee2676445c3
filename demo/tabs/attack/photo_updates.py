"""What the page answers when a photo, or another annotator, is chosen: the whole stage anew."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from demo.catalog import attacks as catalog
from demo.components.events import Update
from demo.components.label_toggles import toggles_value
from demo.engine.annotators import largest_k, load_annotator, read_photo
from demo.engine.guessed_truth import guessed_truth
from demo.engine.value_checks import whole
from demo.photos.attack_note import attack_before
from demo.photos.public_names import photo_id
from demo.photos.samples import sample
from demo.photos.selection import known_truth
from demo.tabs.attack.before_run import PRESS, foretold_words, k_words, not_attacked, nothing_to_take, ready
from demo.tabs.attack.first_ticks import HERE, carried, first_of_all, nothing_ticked
from demo.tabs.attack.label_picker import MANY, Naming, follows_ticks, k_stays, limits
from demo.tabs.attack.widgets import Widgets

ATTACKED = "This photo was attacked before ({}), so what the annotator sees in it may not be there."
GUESSED = Markup(
    "The annotator's guess is ticked as true already. "
    '<span class="unpresented">Check it below, under {}, then press Attack.</span>'
    '<span class="when-presented">To check it, leave Present (Esc).</span>'
).format(HERE)
GUESSED_ATTACKED = Markup(
    "This photo was attacked before ({}). Ticked is what the annotator sees now, which the attack may have put there: correct "
    f"it below, under {HERE}, then press Attack."
)


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
        true, origin = guessed_truth(photo, annotator), "guess"
    most = largest_k(annotator, len(true))
    asked = max(len(true), 1) if k is None else whole("k", k, 1, len(annotator.labels))
    was, follows = (was, True) if k is None else (asked, False if stays else None)
    k = min(asked, max(most, 1))
    before = attack_before(path)
    if not true:
        words = f"This photo was attacked before ({before}). " if before else ""
        words += nothing_ticked(name, annotator, photo)
    else:
        words = "" if k == was else k_words(k, follows, len(true))
        said = origin == "guess" and bool(words or before)  # a phone's box is full then
        if before and origin == "guess":
            words += GUESSED_ATTACKED.format(before)
        else:
            words = f"{ATTACKED.format(before)} {words}" if before else words
            words += GUESSED if origin == "guess" else PRESS
        if not said:
            words += f" {foretold_words(true, k, naming)}"
    named = limits(w, name, true, k, naming, follows)
    kept = named[w.toggles]["marking"]["chosen"]  # what the visitor named before, as far as it can be named here
    named[w.toggles]["value"] = {
        **toggles_value(path, name, photo, true, k, origin),
        "chosen": kept,
        "follows": follows,
    }
    return {
        **ready(w, annotator, photo, true, k),
        **not_attacked(w, words, PRESS if true else first_of_all(name)),
        **nothing_to_take(w),
        w.downloads.link: gr.update(visible=False),
        **named,
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
