"""What the tab's widgets do."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import gradio as gr

from demo.catalog.english import counted
from demo.components.events import CHOICE, QUIET, Update, plainly
from demo.components.run_bar import into_sight, wire
from demo.engine import loop
from demo.engine.annotators import load_annotator
from demo.engine.run_queue import Turn
from demo.engine.stream import pause
from demo.photos.selection import sample_sources, selected
from demo.render import status
from demo.render.run_words import ended_words
from demo.render.status import line_html
from demo.render.verdict import waiting_html
from demo.tabs.universal import change_files, changes, craft, photo_set, ready_made, render, stage, trial
from demo.tabs.universal.changes import OWN, Change
from demo.tabs.universal.widgets import UniversalWidgets
from tkml_core.step_generators import WithResult

TRY, TRYING = "Try it", "Trying it …"  # the button, and while photos are tried
Stop = Callable[[], bool]


def wire_tab(tab: gr.Tab, w: UniversalWidgets, files: dict[str, str]) -> None:
    """Have the tab's widgets do what they say."""

    def tried(change: Change, about: Any, names: Sequence[str], uploads: Any = None, marked: Any = None) -> Update:
        chosen = selected(names, uploads, files, w.tried.most)
        sources = chosen.sources(files, load_annotator(change.annotator), marked)
        tally, rows = trial.try_html(change, trial.read(change, sources, chosen.samples))
        return {w.try_verdict: tally, w.try_rows: rows, w.tried_with: about, w.stale: ""}

    def not_used(made: craft.Made) -> list[str]:
        """The samples of which nothing was used, by name or as an upload."""
        name, used = made.request.annotator, made.request.used
        names = photo_set.unseen(used, files)
        sources = sample_sources(names, files, load_annotator(name))
        notes = [
            photo_set.note(photo_set.read(source, name), sample, used, made.prints)
            for source, sample in zip(sources, names, strict=True)
        ]
        return [sample for sample, note in zip(names, notes, strict=True) if note == photo_set.NEW]

    @plainly
    def on_choice(crafting: bool, tried_with: Any, which: str, own: Any, name: str, k: Any) -> Any:
        if crafting:  # the run has the stage; as it ends, its change is chosen
            return gr.skip()
        return stage.shown(w, which, own, name, int(k), tried_with)

    @plainly
    def on_aim(crafting: bool, tried_with: Any, which: str, own: Any, name: str, k: Any) -> Any:
        if which == OWN and own:  # it is for the annotator and k that it was made with
            return gr.skip()
        return on_choice(crafting, tried_with, which, own, name, k)

    @plainly
    def on_try(
        which: str, own: Any, name: str, k: Any, names: list[str], uploads: Any = None, marked: Any = None
    ) -> Update:
        if which == OWN and own is None:
            raise ValueError(stage.none_words(which, name, int(k)))
        change = changes.of_made(own.made) if which == OWN else changes.of_ready(which, name, int(k))
        return tried(change, stage.about(which, own, name, int(k)), names, uploads, marked)

    @plainly
    def on_open(opened: bool, which: str, own: Any, name: str, k: Any, names: list[str]) -> Iterator[Any]:
        if opened:
            yield gr.skip()
            return
        first = {w.opened: True, **stage.shown(w, which, own, name, int(k))}
        if (which, name, int(k)) not in ready_made.bundled():
            yield first
            return
        yield {**first, w.try_verdict: waiting_html("The change is being added to photos, which takes a moment …")}
        names = list(selected(names, None, files, w.tried.most).samples)
        names = photo_set.agreed(names, files, name, int(k)) or names
        yield {w.tried.samples: names, **on_try(which, own, name, k, names)}

    def on_craft(
        turn: Turn, used: Any, uploads: Any, marked: Any, ticked: Any, to_try: Any, true: Any, tried_with: Any, which: str,
        own: Any, more: bool, *form: Any,
    ) -> Iterator[Update]:  # fmt: skip
        chosen = selected(used, uploads, files, w.crafted.most)
        used = chosen.samples
        request = craft.checked(used, *form)
        sources = chosen.sources(files, load_annotator(request.annotator), marked)
        for waiting in turn.next():
            yield {w.status: status.waiting_html(waiting)}
        if turn.stop_asked():
            return
        began = time.monotonic()
        reading = WithResult(photo_set.gathering(sources, request.annotator, request.k, more))
        for count in reading:
            yield {w.status: line_html(f"photo {count} of {len(sources)} read")}
            if turn.stop_asked():
                yield {w.status: line_html("stopped before anything was made")}
                return
            if time.monotonic() - began > turn.clock():
                raise ValueError(
                    f"{ended_words(turn.clock())}, before all photos were read. Press Craft again, or choose fewer of them."
                )
        spent, limit = time.monotonic() - began, turn.clock()

        def left() -> float:
            nonlocal limit
            limit = turn.clock()
            return limit - spent

        try:
            made = yield from _progress(w, request, reading.result, turn.stop_asked, left)
        except Exception:  # what was on the stage before comes back, files and all
            yield {**stage.shown(w, which, own, request.annotator, request.k, tried_with), w.crafting: False}
            raise
        # Who has uploaded photos to try it on has said on which.
        names = list(ticked) if to_try else (not_used(made) or list(files))[: trial.MOST_TRIED]
        own = stage.Own(made, limit, change_files.of_made(made))
        now = stage.about(OWN, own, request.annotator, request.k)
        yield {
            **stage.shown(w, OWN, own, request.annotator, request.k, tried_with),
            w.crafting: False,
            w.status: line_html(counted(made.updates, "step"), f"size {made.norm:.0f}", "done"),
            w.own: own,
            w.which: OWN,
            w.tried.samples: names,
        }
        # A photo that cannot be read does not take the change away.
        yield tried(changes.of_made(made), now, names, to_try, true)

    choice = [w.which, w.own, w.annotator, w.k]
    rows = [w.try_verdict, w.try_rows, w.tried_with]
    inputs = [
        *w.crafted.all, w.crafted_truth, *w.tried.all, w.tried_truth, w.tried_with, w.which, w.own, w.views, w.annotator, w.k,
        w.method, w.budget, w.epochs, w.seed,
    ]  # fmt: skip
    made_here = [w.crafting, w.own, w.which, w.tried.samples]
    outputs = [*stage.widgets(w), *made_here, *rows]
    wire(w.run, w.stop, w.status, on_craft, inputs, outputs, first=into_sight("craft-verdict"))
    w.which.input(on_choice, [w.crafting, w.tried_with, *choice], stage.widgets(w), **CHOICE)
    for box in (w.annotator, w.k):
        box.input(on_aim, [w.crafting, w.tried_with, *choice], stage.widgets(w), **CHOICE)
    # On the buttons, at once and in the browser; a second click while it is tried is none.
    buttons = [w.try_button, w.again]
    w.again.click(None, None, None, js="() => document.getElementById('try-button').click()", **QUIET)
    saying = f"() => {{{into_sight('try-verdict')} return Array(2).fill('{TRYING}')}}"
    w.try_button.click(None, None, buttons, js=saying, **QUIET)
    trying = w.try_button.click(
        on_try, [*choice, w.tried.samples, w.tried.uploads, w.tried_truth], [*rows, w.stale], **QUIET
    )
    for end in (trying.then, trying.failure):  # the first does not follow an error, the second nothing else
        end(None, None, buttons, js=f"() => Array(2).fill('{TRY}')", **QUIET)
    first = [w.opened, *stage.widgets(w), w.tried.samples, *rows]
    tab.select(on_open, [w.opened, *choice, w.tried.samples], first, **QUIET)


def _progress(
    w: UniversalWidgets, request: craft.CraftRequest, photos: photo_set.PhotoSet, stop_asked: Stop, budget: loop.Clock
) -> Generator[Update, None, craft.Made]:
    """Updates of the stage while the run goes on, with a `pause` between them; returns what was made."""
    n, factor = len(photos.x), render.factor_for(request.budget, photos.x[0].numel())
    title = stage.own_title(request.annotator, request.k)
    pictures = f"{counted(n, 'picture')} of {counted(photos.photos, 'photo')}"
    running = f"Crafting with {request.title} on {pictures}. Stop keeps the best so far."
    yield {
        w.crafting: True,
        w.verdict: waiting_html(running),
        w.rates: render.rates_html([], request.epochs, n),
        w.facts: "",
        w.npz: gr.update(interactive=False),
        w.png: gr.update(interactive=False),
        w.stale: "",  # its change is tried as soon as it is made
    }
    run, drawn = WithResult(craft.craft(request, photos, stop_asked, budget)), 0
    for now in run.paced(pause):
        update = {
            w.z: render.change_html(now.z, factor, title, lossless=False),
            w.status: line_html(*render.progress(now, request)),
        }
        if len(now.points) > drawn:
            drawn = len(now.points)
            update[w.rates] = render.rates_html(now.points, request.epochs, n)
        yield update
    return run.result
