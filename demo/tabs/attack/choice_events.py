"""Which choice of a visitor makes which action happen."""

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr

from demo.catalog import attacks
from demo.engine import loop
from demo.photos.samples import photo_of, sample
from demo.photos.uploads import open_photo
from demo.tabs.attack import updates
from demo.tabs.attack.label_picker import Naming, Update
from demo.tabs.attack.layout import sample_html
from demo.tabs.attack.presets import preset_boxes, set_preset
from demo.tabs.attack.session import Asked, Current, Own
from demo.tabs.attack.updates import plainly
from demo.tabs.attack.widgets import Widgets

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# One choice after the other: each reads what the one before it has set, however fast somebody clicks.
CHOICE: dict[str, Any] = {**QUIET, "concurrency_id": "choice", "concurrency_limit": 1, "trigger_mode": "always_last"}

OWN = "own"  # the button among the samples that brings back the visitor's photo
# What stands on the stage is no longer what the choices say; style.css says so below the verdict, until the next run.
CHANGED = '() => document.getElementById("stage").setAttribute("data-changed", "")'
# On a wide screen, too, the stage may be above what is in sight.
PRESS_ATTACK = f"""() => {{
  if (document.getElementById("verdict").getBoundingClientRect().top < 0) document.getElementById("stage").scrollIntoView();
  const attack = document.getElementById("attack-button");
  if (attack.disabled) ({CHANGED})();  // another run goes on
  else attack.click();
}}"""


def wire_choices(w: Widgets, files: dict[str, str], current: Current, asked: Asked) -> None:
    scene = [
        w.chips, w.before, w.change, w.after, w.verdict, w.status, w.race, w.table, w.png, w.report, w.replay,
        w.real_button, w.real, w.k, w.case, w.chosen, w.away.kept, w.away.link,
    ]  # fmt: skip

    fresh: Update = {current.attacked: False, current.reel: None}

    @plainly
    def on_photo(request: gr.Request, path: str | None, name: str, k: float, *naming: Any) -> Any:
        if not path:
            return gr.skip()
        asked.leave(request.session_hash or "")
        # The box empties itself again: the photo stands on the stage, and here the next one can be dropped.
        update = updates.choose(w, path, name, k, None, "guess", Naming(*naming))
        return {
            **update,
            w.photo: None,
            current.photo: path,
            current.sample: None,
            current.own: Own(path),
            w.samples: gr.update(chosen=OWN, own=sample_html(OWN, "Your photo", open_photo(path))),
            **fresh,
        }

    @plainly
    def on_sample(
        request: gr.Request, event: gr.EventData, name: str, k: float, chips: Any, own: Own | None, *naming: Any
    ) -> Update:  # fmt: skip
        chosen, annotator = str(event._data.get("sample")), loop.annotator(name)
        own = updates.marked(own, chips)
        if chosen == OWN:
            kept = updates.still_kept(own)
            path, item, origin, true = kept.photo, None, "yours", updates.known(kept.true, annotator)
        else:
            item, origin = sample(chosen), "sample"
            path, true = photo_of(files, item), updates.known_truth(item, annotator)
        asked.leave(request.session_hash or "")
        update = updates.choose(w, path, name, k, true, origin, Naming(*naming))
        stands = {current.photo: path, current.sample: item and item.name, current.own: own}
        return {**update, **stands, w.samples: gr.update(chosen=chosen), **fresh}

    @plainly
    def on_annotator(
        request: gr.Request, path: str, name: str, k: float, chips: Any, item: str | None, *naming: Any
    ) -> Update:  # fmt: skip
        asked.leave(request.session_hash or "")
        update = updates.choose_annotator(w, path, name, k, chips, item, Naming(*naming))
        return {**update, **fresh}

    def action(change: Callable[..., Update]) -> Callable[..., Update]:
        return plainly(lambda *values: change(w, *values))

    scene = [*scene, *fresh]
    goal = [w.goal, w.case, w.chosen, w.attack]
    photo = w.photo.input(
        on_photo,
        [w.photo, w.annotator, w.k, *goal],
        [*scene, w.photo, w.samples, current.photo, current.sample, current.own],
        **CHOICE,
    )
    photo.failure(lambda: None, None, w.photo, **QUIET)
    w.samples.select(
        on_sample,
        [w.annotator, w.k, w.chips, current.own, *goal],
        [*scene, w.samples, current.photo, current.sample, current.own],
        **CHOICE,
    )
    for changed in (w.annotator.input, w.chips.submit):
        changed(
            on_annotator,
            [current.photo, w.annotator, w.k, w.chips, current.sample, *goal],
            [*scene, w.attack],
            **CHOICE,
        )
    naming = [w.case, w.chosen, w.chips]
    mind = [current.photo, w.annotator, w.k, w.chips, current.attacked, w.goal, w.case, w.chosen, w.attack]
    w.chips.input(action(updates.change_truth), mind, [w.k, *naming, w.before, w.race], **CHOICE)
    w.k.input(action(updates.change_k), mind, [*naming, w.before, w.race], **CHOICE)
    w.attack.input(
        action(updates.change_attack),
        [w.attack, w.annotator, w.k, w.chips, w.case, w.chosen],
        [w.attack, w.goal, *naming, w.advanced, w.max_steps, *w.settings.values(), w.seed, w.score_space],
        **CHOICE,
    )
    for choice in (w.goal, w.case):
        choice.input(
            action(updates.change_goal),
            [w.annotator, w.k, w.chips, w.goal, w.case, w.chosen, w.attack],
            naming,
            **CHOICE,
        )
    # In the browser alone: the toggles and the menu show the same labels, in the order in which they were clicked.
    w.chips.select(None, w.chips, w.chosen, js="(chips) => [chips.chosen]", **QUIET)
    w.chosen.input(None, [w.chips, w.chosen], w.chips, js="(chips, chosen) => [{...chips, chosen}]", **QUIET)
    choices: list[Any] = [w.chips, w.k, w.attack, w.goal, w.case, w.chosen, w.max_steps, w.seed, w.score_space]
    for choice in (*choices, *w.settings.values()):
        choice.input(None, None, None, js=CHANGED, **QUIET)
    w.chips.select(None, None, None, js=CHANGED, **QUIET)
    _wire_presets(w, current)


def _wire_presets(w: Widgets, current: Current) -> None:
    for name, button in w.presets.items():
        chosen = button.click(
            plainly(partial(set_preset, w, attacks.PRESETS[name])),
            [current.photo, w.annotator, w.k, w.chips],
            preset_boxes(w),
            **CHOICE,
        )
        # It starts at once: who clicks "Hide one object" wants to see it hidden; Stop is one click away, and what was
        # set stays in sight to be varied.
        chosen.success(None, None, None, js=PRESS_ATTACK, **QUIET)
