"""Which choice of a visitor makes which action happen."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from demo.catalog import attacks as catalog
from demo.catalog.presets import PRESETS
from demo.components.events import CHOICE, QUIET, Update, event_word, plainly
from demo.components.label_toggles import marked_true
from demo.components.sample_gallery import sample_html
from demo.engine.annotators import load_annotator
from demo.photos.samples import photo_of, sample
from demo.photos.selection import known_truth
from demo.photos.uploads import open_photo
from demo.tabs.attack import photo_updates, updates
from demo.tabs.attack.before_run import nothing_true
from demo.tabs.attack.label_picker import Naming, k_stays
from demo.tabs.attack.own_marks import marked, marks_of, own_photo
from demo.tabs.attack.page_scripts import CHANGED, PRESS_ATTACK, TO_VERDICT, TO_WAYS_OUT, field_changed
from demo.tabs.attack.presets import mark_script, marked_by, preset_boxes, set_preset
from demo.tabs.attack.session import Own, OwnPhoto, RunFlags, SessionState, with_upload
from demo.tabs.attack.typed_k import K_MOVED, asked_with, keep_typed
from demo.tabs.attack.widgets import Widgets

# Another tab leads here.
TO_ATTACK = "() => { scrollTo(0, 0); return { __type__: 'update', selected: 'attack' }; }"


def own_button(own: OwnPhoto) -> str:
    """The button among the samples that brings a photo of the visitor's back."""
    return sample_html(own.name, f"Your photo ({Path(own.photo).stem[:40]})", open_photo(own.photo))


def staged(w: Widgets) -> list[Any]:
    """What another photo or annotator on the stage changes: the widgets that `photo_updates.choose` sets."""
    return [
        w.toggles, w.before, w.change, w.after, w.verdict, w.status, w.race, w.table, w.png, w.report, w.replay,
        w.robustness_button, w.robustness, w.smaller_button, w.k, w.case, w.easiest, w.chosen, w.downloads.kept, w.downloads.link,
    ]  # fmt: skip


def wire_choices(w: Widgets, files: dict[str, str], state: SessionState, flags: RunFlags) -> None:
    fresh: Update = {state.attacked: False, state.replay: None}

    @plainly
    def on_photo(
        request: gr.Request, path: str | None, name: str, k: Any, toggles: Any, moved: Any, own: Own, *naming: Any
    ) -> Any:  # fmt: skip
        if not path:
            return gr.skip()
        flags.leave(request.session_hash or "")
        # The box empties itself again: the photo stands on the stage, and here the next one can be dropped.
        stays = k_stays(toggles)
        update = photo_updates.choose(w, path, name, k if stays else None, None, "guess", Naming(*naming), k, stays)
        asked_with(moved, w, update)
        upload = OwnPhoto(path)
        return {
            **update,
            w.photo: None,
            state.photo: path,
            state.sample: None,
            state.own: with_upload(marked(own, toggles), upload),
            w.samples: gr.update(chosen=upload.name, own=own_button(upload)),
            **fresh,
        }

    @plainly
    def on_sample(
        request: gr.Request, event: gr.EventData, name: str, k: float, toggles: Any, moved: Any, own: Own, *naming: Any
    ) -> Update:  # fmt: skip
        chosen, annotator = event_word(event, "sample"), load_annotator(name)
        true: tuple[str, ...] | None
        own = marked(own, toggles)
        if kept := own_photo(own, chosen):
            path, item, origin, true = kept.photo, None, "yours", marks_of(kept, annotator)
        else:
            item, origin = sample(chosen), "sample"
            path, true = photo_of(files, item), known_truth(item, annotator)
        flags.leave(request.session_hash or "")
        update = photo_updates.choose(w, path, name, k, true, origin, Naming(*naming), stays=k_stays(toggles))
        asked_with(moved, w, update)
        stands = {state.photo: path, state.sample: item and item.name, state.own: own}
        return {**update, **stands, w.samples: gr.update(chosen=chosen), **fresh}

    @plainly
    def on_annotator(
        request: gr.Request, path: str, name: str, k: float, toggles: Any, moved: Any, item: str | None, *naming: Any
    ) -> Update:  # fmt: skip
        flags.leave(request.session_hash or "")
        update = photo_updates.choose_annotator(w, path, name, k, toggles, item, Naming(*naming))
        return {**asked_with(moved, w, update), **fresh}

    @plainly
    def on_truth(
        request: gr.Request, path: str, name: str, k: Any, toggles: Any, attacked: bool, *naming: Any
    ) -> Update:  # fmt: skip
        update = updates.change_truth(w, path, name, k, toggles, attacked, *naming)
        # A run that goes on is about the labels that it began with, and so is what it will come to.
        if flags.running(request.session_hash or "") or marked_true(toggles, load_annotator(name)):
            return update
        return {**update, **nothing_true(w, path, name, update[w.counted]), **fresh}

    def action(change: Callable[..., Update]) -> Callable[..., Update]:
        return plainly(lambda *values: change(w, *values))

    # What happens in the browser alone comes first: of an event's listeners Gradio begins each when the one before is answered.
    w.k.input(None, [w.toggles, w.moved, w.k], [w.toggles, w.moved], js=K_MOVED, trigger_mode="multiple", **QUIET)
    w.attack.input(None, None, None, js=field_changed("#attack input"), **QUIET)
    choices: list[Any] = [w.toggles, w.goal, w.case, w.chosen, w.max_steps, w.seed, w.score_space]
    for choice in (*choices, *w.settings.values()):
        choice.input(None, None, None, js=CHANGED, **QUIET)
    w.toggles.select(None, None, None, js=CHANGED, **QUIET)

    outputs = [*staged(w), *fresh]
    goal = [w.goal, w.case, w.chosen, w.attack]
    photo = w.photo.input(
        on_photo,
        [w.photo, w.annotator, w.k, w.toggles, w.moved, state.own, *goal],
        [*outputs, w.photo, w.samples, state.photo, state.sample, state.own],
        **CHOICE,
    )
    photo.success(None, None, None, js=TO_VERDICT, **QUIET)
    keep_typed(w, photo)
    photo.failure(lambda: None, None, w.photo, **QUIET)
    chosen = w.samples.select(
        on_sample,
        [w.annotator, w.k, w.toggles, w.moved, state.own, *goal],
        [*outputs, w.samples, state.photo, state.sample, state.own],
        **CHOICE,
    )
    keep_typed(w, chosen)
    chosen.success(None, w.toggles, None, js=TO_WAYS_OUT, **QUIET)
    for changed in (w.annotator.input, w.toggles.submit):
        answered = changed(
            on_annotator,
            [state.photo, w.annotator, w.k, w.toggles, w.moved, state.sample, *goal],
            [*outputs, w.attack],
            **CHOICE,
        )
        keep_typed(w, answered)
        answered.success(None, w.toggles, None, js=TO_WAYS_OUT, **QUIET)
    w.toggles.clear(None, None, None, js=TO_VERDICT, **QUIET)
    naming = [w.case, w.easiest, w.chosen, w.toggles]
    attack_boxes = [w.attack, w.goal, w.advanced, w.max_steps, *w.settings.values(), w.seed, w.score_space]
    inputs = [state.photo, w.annotator, w.k, w.toggles, state.attacked, w.goal, w.case, w.chosen, w.attack]
    ticked = w.toggles.input(on_truth, inputs, [w.counted, *outputs], **CHOICE)
    ticked.success(
        None, [w.toggles, w.k, w.counted], w.k, js="(chips, k, counted) => chips.follows ? counted : k", **QUIET
    )
    for moved in (w.k.input, w.moved.submit):
        moved(action(updates.change_k), inputs, [w.k, *naming, w.before, w.race, w.verdict], **CHOICE)
    w.attack.input(
        action(updates.change_attack),
        [w.attack, w.annotator, w.k, w.toggles, state.attacked, w.case, w.chosen],
        [*naming, *attack_boxes, w.verdict],
        **CHOICE,
    )
    w.settings["confidence"].input(  # where it is set, what the attack says of an empty field is not so
        lambda *values: gr.update(info=catalog.sentence(*values)),
        [w.attack, w.annotator, w.settings["confidence"]],
        w.attack,
        **CHOICE,
    )
    for choice in (w.goal, w.case):
        choice.input(
            action(updates.change_goal),
            [w.annotator, w.k, w.toggles, state.attacked, w.goal, w.case, w.chosen, w.attack],
            [*naming, w.verdict],
            **CHOICE,
        )
    w.easiest.click(
        action(updates.choose_easiest),
        [state.photo, w.annotator, w.k, w.toggles, state.attacked, w.goal, w.attack],
        [*naming, w.verdict],
        **CHOICE,
    )
    w.easiest.click(None, None, None, js=CHANGED, **QUIET)
    # In the browser alone: the toggles and the menu show the same labels, in the order in which they were clicked.
    w.toggles.select(None, w.toggles, w.chosen, js="(chips) => [chips.chosen]", **QUIET)
    w.chosen.input(None, [w.toggles, w.chosen], w.toggles, js="(chips, chosen) => [{...chips, chosen}]", **QUIET)
    _wire_presets(w, state)


def _wire_presets(w: Widgets, state: SessionState) -> None:
    for name, button in w.presets.items():
        chosen = button.click(
            plainly(partial(set_preset, w, PRESETS[name])),
            [state.photo, w.annotator, w.k, w.toggles],
            preset_boxes(w),
            **CHOICE,
        )
        # It starts at once: who clicks "Hide one object" wants to see it hidden; Stop is one click away, and what was
        # set stays in sight to be varied.
        chosen.success(None, None, None, js=PRESS_ATTACK, **QUIET)
    boxes = marked_by(w)
    gr.on([box.change for box in boxes], None, boxes, None, js=mark_script(), **QUIET)
