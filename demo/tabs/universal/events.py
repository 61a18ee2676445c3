"""What the tab's widgets do."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import gradio as gr

import tkml_core as tk
from demo.components.events import QUIET, Update, plainly
from demo.components.run_bar import into_sight, wire
from demo.engine import loop
from demo.engine.annotators import load_annotator
from demo.engine.run_queue import Turn
from demo.engine.stream import pause
from demo.photos.selection import sample_sources, selected
from demo.render import status
from demo.render.run_words import limit_words
from demo.render.status import line_html
from demo.render.verdict import waiting_html
from demo.tabs.universal import change_files, craft, photo_set, render, trial
from demo.tabs.universal.widgets import UniversalWidgets
from tkml_core.step_generators import WithResult

OWN = "made here"  # the z that the visitor made, where one is chosen to be tried
Stop = Callable[[], bool]


def wire_tab(tab: gr.Tab, w: UniversalWidgets, files: dict[str, str]) -> None:
    """Have the tab's widgets do what they say."""

    def tried(change: trial.Change, names: Sequence[str], uploads: Any = None, marked: Any = None) -> Update:
        chosen = selected(names, uploads, files, w.tried.most)
        sources = chosen.sources(files, load_annotator(change.annotator), marked)
        notes = photo_set.notes(sources, chosen.samples, change.annotator, change.used, change.prints)
        tally, rows = trial.try_html(change, sources, notes)
        return {w.try_verdict: tally, w.try_rows: rows}

    def not_used(made: craft.Made) -> list[str]:
        """The samples of which nothing was used, by name or as an upload."""
        network, names = load_annotator(made.request.annotator), photo_set.unseen(made.request.used, files)
        of = photo_set.notes(
            sample_sources(names, files, network), names, made.request.annotator, made.request.used, made.prints
        )
        return [name for name, note in zip(names, of, strict=True) if note == photo_set.NEW]

    def ready_shown(bundled: trial.Change, which: str) -> Update:
        """A change that comes with the page, on the stage."""
        factor = render.factor_for(tk.size_of(bundled.z).l2, bundled.z.numel())
        whose = which, bundled.annotator, bundled.k
        npz, png = change_files.of_ready(*whose)
        return {
            w.verdict: waiting_html(
                "A ready-made change is shown so far. Press Craft to make one of your own, and watch."
            ),
            w.z: render.change_html(
                bundled.z, factor, f"The change, ready-made for {bundled.annotator}, k = {bundled.k}", lossless=True
            ),
            w.rates: render.shares_html(*trial.measured(*whose), trial.looser(*whose)),
            w.npz: gr.update(value=npz, interactive=True),
            w.png: gr.update(value=png, interactive=True),
        }

    @plainly
    def on_try(
        which: str, made: Any, name: str, k: Any, names: list[str], uploads: Any = None, marked: Any = None
    ) -> Update:
        if which == OWN:
            if made is None:
                raise ValueError("Nothing has been made here yet. Press Craft first, or choose a ready-made one.")
            return tried(trial.own(made), names, uploads, marked)
        bundled = trial.ready(which, name, int(k))
        shown = ready_shown(bundled, which) if made is None else {}  # else that is shown which was made here
        return {**shown, **tried(bundled, names, uploads, marked)}

    @plainly
    def on_open(opened: bool, which: str, made: Any, name: str, k: Any, names: list[str]) -> Iterator[Any]:
        if opened:
            yield gr.skip()
            return
        if not trial.has_ready(name, int(k)):
            none = f"No change for {name} at k = {int(k)} comes with this page. Press Craft to make one, and watch."
            yield {w.opened: True, w.verdict: waiting_html(none)}
            return
        yield {
            w.opened: True,
            **ready_shown(trial.ready(which, name, int(k)), which),
            w.try_verdict: waiting_html(f"It is added to {len(names)} photos, which takes a moment …"),
        }
        names = list(selected(names, None, files, w.tried.most).samples)
        names = photo_set.agreed(names, files, name, int(k)) or names
        yield {w.tried.samples: names, **on_try(which, made, name, k, names)}

    def on_craft(
        turn: Turn, used: Any, uploads: Any, marked: Any, ticked: Any, to_try: Any, true: Any, more: bool, *form: Any
    ) -> Iterator[Update]:
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
                    f"The {limit_words(turn.clock())} were over before all photos were read. Choose fewer of them."
                )
        spent, limit = time.monotonic() - began, turn.clock()

        def left() -> float:
            nonlocal limit
            limit = turn.clock()
            return limit - spent

        made = yield from _progress(w, request, reading.result, turn.stop_asked, left)
        # Who has uploaded photos to try it on has said on which.
        names = list(ticked) if to_try else (not_used(made) or list(files))[: trial.MOST_TRIED]
        npz, png = change_files.of_made(made)
        factor = render.factor_for(made.norm, made.z.numel())
        yield {
            w.verdict: render.made_html(made, limit),
            w.z: render.change_html(made.z, factor, "The change", lossless=True),
            w.rates: render.rates_html(made.points, request.epochs, made.pictures),
            w.facts: render.facts_html(made),
            w.status: line_html(f"{made.updates} updates", f"size {made.norm:.0f}", "done"),
            w.npz: gr.update(value=npz, interactive=True),
            w.png: gr.update(value=png, interactive=True),
            w.made: made,
            w.which: OWN,
            w.tried.samples: names,
        }
        yield tried(trial.own(made), names, to_try, true)  # a photo that cannot be read does not take the change away

    inputs = [
        *w.crafted.all, w.crafted_truth, *w.tried.all, w.tried_truth, w.views, w.annotator, w.k, w.method, w.budget, w.epochs,
        w.seed,
    ]  # fmt: skip
    shown = [
        w.verdict, w.z, w.rates, w.facts, w.npz, w.png, w.made, w.which, w.tried.samples, w.try_verdict, w.try_rows,
    ]  # fmt: skip
    wire(w.run, w.stop, w.status, on_craft, inputs, shown)
    stage = [w.verdict, w.z, w.rates, w.npz, w.png]
    choice = [w.which, w.made, w.annotator, w.k, w.tried.samples]
    w.try_button.click(None, None, None, js=f"() => {{{into_sight('try-verdict')}}}", **QUIET)
    w.try_button.click(
        on_try, [*choice, w.tried.uploads, w.tried_truth], [*stage, w.try_verdict, w.try_rows], api_visibility="private"
    )
    first = [w.opened, *stage, w.tried.samples, w.try_verdict, w.try_rows]
    tab.select(on_open, [w.opened, *choice], first, **QUIET)


def _progress(
    w: UniversalWidgets, request: craft.CraftRequest, photos: photo_set.PhotoSet, stop_asked: Stop, budget: loop.Clock
) -> Generator[Update, None, craft.Made]:
    """Updates of the stage while the run goes on, with a `pause` between them; returns what was made."""
    n, factor = len(photos.x), render.factor_for(request.budget, photos.x[0].numel())
    running = f"Crafting with {request.title} over {n} pictures of {photos.photos} photos. Stop keeps the best so far."
    yield {
        w.verdict: waiting_html(running),
        w.rates: render.rates_html([], request.epochs, n),
        w.facts: "",
        w.npz: gr.update(interactive=False),
        w.png: gr.update(interactive=False),
    }
    run, drawn = WithResult(craft.craft(request, photos, stop_asked, budget)), 0
    for now in run.paced(pause):
        update = {
            w.z: render.change_html(now.z, factor, "The change", lossless=False),
            w.status: line_html(*render.progress(now, request)),
        }
        if len(now.points) > drawn:
            drawn = len(now.points)
            update[w.rates] = render.rates_html(now.points, request.epochs, n)
        yield update
    return run.result
