"""The page put together: its start, and which widget makes which action happen."""

import atexit
import importlib.util
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.utils import get_upload_folder

import tkml_core as tk
from demo import actions, endpoints, kept, link, live, menu, runner, takeaway_events, theme, uploads
from demo.actions import Naming, Update, plainly
from demo.plan import Ask
from demo.samples import Sample, sample, samples, write_samples
from demo.stage import line_html
from demo.widgets import DEFAULT_K, Start, Widgets, header, lay_out, note

TITLE = "Fool the top-k labels of a photo"
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# One choice after the other: each reads what the one before it has set, however fast somebody clicks.
CHOICE: dict[str, Any] = {**QUIET, "concurrency_id": "choice", "concurrency_limit": 1, "trigger_mode": "always_last"}

STARTING = """() => {
  const stage = document.getElementById("stage");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (document.getElementById("pictures").getBoundingClientRect().bottom < 200)
    stage.scrollIntoView({behavior: calm ? "auto" : "smooth"});
  const set = (interactive) => ({__type__: "update", interactive});
  return [set(false), set(true), '<p class="status"><span>waiting for a free place</span></p>'];
}"""

# Sessions whose visitor pressed Stop. A run looks here between two steps and concludes with what it has; `cancels=`
# would drop the generator, and with it every chance of an honest verdict.
_stopping: set[str] = set()
_stopping_lock = threading.Lock()


def _stop_asked(session: str) -> bool:
    with _stopping_lock:
        return session in _stopping


@dataclass(frozen=True)
class Current:
    """What a visitor is looking at: the photo's path, the sample's name if it is one, whether an attack has run on it."""

    photo: gr.State
    sample: gr.State
    attacked: gr.State


def launch_options() -> dict[str, Any]:
    """What `launch()` needs besides the environment's GRADIO_* variables."""
    return {
        "theme": theme.theme(),
        "css": theme.style(),
        "head": theme.head(),
        "max_file_size": uploads.MAX_FILE_SIZE,
        "strict_cors": True,
        "run_history": False,
        "footer_links": ["api", "settings"],
        "mcp_server": agents_can_call(),
    }


def agents_can_call() -> bool:
    """Whether the endpoints are offered to agents too (MCP): where the package for it, Gradio's extra `mcp`, is installed."""
    return importlib.util.find_spec("mcp") is not None


def build() -> gr.Blocks:
    """The whole page with its endpoints; one annotator is loaded and one run finished before anybody comes."""
    names = tk.available()
    if not names:
        raise RuntimeError("No annotator's weights are under assets/weights; the page needs at least one.")
    folder = Path(tempfile.mkdtemp(prefix="tkml-samples-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    files = {name: str(path) for name, path in write_samples(folder).items()}
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        start = arrival(names[0], files)
        current = Current(gr.State(start.photo), gr.State(start.sample), gr.State(True))
        header()
        with gr.Tabs(elem_id="tabs"), gr.Tab("Attack", id="attack"):
            w = lay_out(names, start)
        note()
        _wire_choices(w, files, current)
        _wire_run(w, current)
        _wire_link(page, w, files, current, start)
        endpoints.build(names)
    page.queue(max_size=32)
    return page


def photo_of(files: dict[str, str], item: Sample) -> str:
    """The path of a sample's photo; one that was fetched after the start lies where it was fetched to."""
    return files.get(item.name) or str(item.file)


def arrival(name: str, files: dict[str, str]) -> Start:
    """The first sample with the default attack already run on it."""
    item, annotator = samples()[0], runner.annotator(name)
    path, true = files[item.name], actions.known_truth(item, annotator)
    attack, choice = next(iter(menu.attacks().items()))
    ask = Ask(name, DEFAULT_K, attack, true, max_steps=choice.steps)
    *_, last = live.views(runner.plan(path, ask), lambda: False)
    assert last.outcome is not None
    chips = actions.chips_value(path, name, runner.read_photo(path, name), true, DEFAULT_K, "sample")
    png, report = (save(last.outcome, get_upload_folder()) for save in (live.save_png, live.save_report))
    data = Path(path).parent / "arrival.npz"  # stays as long as the samples do
    data.write_bytes(kept.to_bytes(kept.keep(last.outcome)))
    return Start(item.name, name, path, chips, last, (png, report, str(data)))


def _wire_choices(w: Widgets, files: dict[str, str], current: Current) -> None:
    scene = [
        w.chips, w.before, w.change, w.after, w.verdict, w.status, w.race, w.table, w.png, w.report, w.k, w.case,
        w.chosen, w.away.kept,
    ]  # fmt: skip

    @plainly
    def on_photo(path: str | None, name: str, k: float, *naming: Any) -> Any:
        if not path:
            return gr.skip()
        # The box empties itself again: the photo stands on the stage, and here the next one can be dropped.
        update = actions.choose(w, path, name, k, None, "guess", Naming(*naming))
        return {**update, w.photo: None, current.photo: path, current.sample: None, current.attacked: False}

    @plainly
    def on_sample(name: str, k: float, goal: str, case: str, event: gr.EventData) -> Update:
        item = sample(str(event._data.get("sample")))
        true = actions.known_truth(item, runner.annotator(name))
        path = photo_of(files, item)
        update = actions.choose(w, path, name, k, true, "sample", Naming(goal, case))
        return {**update, current.photo: path, current.sample: item.name, current.attacked: False}

    @plainly
    def on_annotator(
        path: str, name: str, k: float, chips: Any, chosen: str | None, attack: str, *naming: Any
    ) -> Update:
        update = actions.choose_annotator(w, path, name, k, chips, chosen, attack, Naming(*naming))
        return {**update, current.attacked: False}

    def action(change: Callable[..., Update]) -> Callable[..., Update]:
        return plainly(lambda *values: change(w, *values))

    scene = [*scene, current.attacked]
    goal = [w.goal, w.case]
    photo = w.photo.input(
        on_photo, [w.photo, w.annotator, w.k, *goal], [*scene, w.photo, current.photo, current.sample], **CHOICE
    )
    photo.failure(lambda: None, None, w.photo, **QUIET)
    w.samples.select(on_sample, [w.annotator, w.k, *goal], [*scene, current.photo, current.sample], **CHOICE)
    w.annotator.input(
        on_annotator,
        [current.photo, w.annotator, w.k, w.chips, current.sample, w.attack, *goal],
        [*scene, w.attack],
        **CHOICE,
    )
    naming = [w.case, w.chosen]
    mind = [current.photo, w.annotator, w.k, w.chips, current.attacked, w.goal, w.case, w.chosen]
    w.chips.input(action(actions.change_truth), mind, [w.k, *naming, w.before, w.race], **CHOICE)
    w.k.input(action(actions.change_k), mind, [w.chips, *naming, w.before, w.race], **CHOICE)
    w.attack.input(
        action(actions.change_attack),
        [w.attack, w.annotator, w.k, w.chips, w.case, w.chosen],
        [w.attack, w.goal, *naming, w.advanced, w.max_steps, *w.settings.values(), w.seed, w.score_space],
        **CHOICE,
    )
    for choice in (w.goal, w.case):
        choice.input(
            action(actions.change_goal), [w.annotator, w.k, w.chips, w.goal, w.case, w.chosen], naming, **CHOICE
        )


def _wire_run(w: Widgets, current: Current) -> None:
    wishes = [
        current.photo, w.annotator, w.chips, w.k, w.attack, w.goal, w.case, w.chosen, w.max_steps, w.seed,
        w.score_space, *w.settings.values(),
    ]  # fmt: skip
    boxes = {name: getattr(w, name) for name in live.BOXES}

    def on_stop(request: gr.Request) -> None:
        with _stopping_lock:
            _stopping.add(request.session_hash or "")

    def on_end(request: gr.Request) -> Update:
        with _stopping_lock:
            _stopping.discard(request.session_hash or "")
        return {w.attack_button: gr.update(interactive=True), w.stop_button: gr.update(interactive=False)}

    def on_error(request: gr.Request) -> Update:
        return {**on_end(request), w.status: line_html("ready")}

    @plainly
    def on_run(request: gr.Request, *wish: Any) -> Iterator[Update]:
        session = request.session_hash or ""
        for view in live.views(actions.page_plan(*wish), lambda: _stop_asked(session)):
            update: Update = {box: html for name, box in boxes.items() if (html := getattr(view, name)) is not None}
            if view.before and not view.outcome:  # it begins: the files of the run before go
                update |= {w.png: gr.update(interactive=False), w.report: gr.update(interactive=False)}
                update[w.away.kept] = None
            if view.outcome:
                for button, save in ((w.png, live.save_png), (w.report, live.save_report)):
                    update[button] = gr.update(value=save(view.outcome, get_upload_folder()), interactive=True)
            yield {**update, current.attacked: True}
            if view.outcome:  # after the verdict, which need not wait for it
                yield {w.away.kept: live.save_data(view.outcome, get_upload_folder())}

    buttons = [w.attack_button, w.stop_button]
    # In the browser alone, so that the click answers at once even while others' runs keep the server busy.
    w.attack_button.click(None, None, [*buttons, w.status], js=STARTING, **QUIET)
    ran = w.attack_button.click(
        on_run,
        wishes,
        [*boxes.values(), w.png, w.report, current.attacked, w.away.kept],
        **runner.AT_ONCE,
        **QUIET,
    )
    # .then() does not follow an error and .failure() nothing else, so both bring the buttons back.
    ran.then(on_end, None, buttons, queue=False, **QUIET)
    ran.failure(on_error, None, [*buttons, w.status], queue=False, **QUIET)
    w.stop_button.click(on_stop, None, None, queue=False, **QUIET)
    takeaway_events.wire(w.away, wishes, current.sample, actions.page_plan)


def _wire_link(page: gr.Blocks, w: Widgets, files: dict[str, str], current: Current, start: Start) -> None:
    """An address with settings in it sets the widgets; one that asks for what cannot be had changes nothing."""

    def on_load(request: gr.Request) -> Any:
        try:
            asked = link.read(dict(request.query_params), start.sample, start.annotator)
            if asked is None:
                return gr.skip()
            path = photo_of(files, sample(asked.sample))
            update = link.restore(w, path, asked.sample, runner.plan(path, asked.ask))
        except ValueError as error:
            gr.Warning(link.refusal(error))
            return gr.skip()
        return {**update, current.photo: path, current.sample: asked.sample, current.attacked: False}

    everything = [widget for widget in vars(w).values() if isinstance(widget, Block)]
    outputs = [*everything, *w.settings.values(), w.away.kept, current.photo, current.sample, current.attacked]
    page.load(on_load, None, outputs, **CHOICE)
