"""A run on the page: Attack, Stop, and what can be looked at while it goes and after it."""

from collections.abc import Iterator
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from demo.components import replay
from demo.components.amplifier import factor_of
from demo.components.events import QUIET, Update, plainly
from demo.components.label_toggles import marked_true
from demo.components.run_bar import RunButton, wire_by_session
from demo.engine.annotators import load_annotator
from demo.engine.plan import Plan
from demo.engine.replay import Replay
from demo.engine.run_queue import Turn
from demo.engine.smaller import can_be_smaller, smaller
from demo.export.files import save_data, save_png, save_report
from demo.render.status import waiting_html
from demo.tabs.attack import download_events, stage
from demo.tabs.attack.before_run import not_attacked, nothing_true, ready, smaller_shown
from demo.tabs.attack.form import page_plan
from demo.tabs.attack.page_scripts import CHANGED
from demo.tabs.attack.robustness import panel
from demo.tabs.attack.session import RunFlags, SessionState
from demo.tabs.attack.widgets import Widgets

_TO_STAGE = """
  const stage = document.getElementById("stage");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const at = (box) => box.getBoundingClientRect();
  const [verdict, after, attack] = ["verdict", "after", "attack-button"].map((id) => document.getElementById(id));
  // Verdict, pictures and their labels, whichever way they are out of sight; what is below them may be.
  const out = at(verdict).top < at(attack).bottom || at(after).bottom > innerHeight;
  if (out && !document.getElementById("presenting")) verdict.scrollIntoView({behavior: calm ? "auto" : "smooth"});
  // Nothing can start: the box that says why answers the press, and else nothing on the page would.
  const ring = { boxShadow: ["0 0 0 5px var(--thr)", "0 0 0 5px var(--thr)", "0 0 0 0 transparent"], borderRadius: "12px" };
  if (document.querySelector("#main[data-none-marked]")) verdict.animate(ring, 2000);
"""
_CHOICES_COUNT = """
  stage.toggleAttribute("data-were-changed", stage.hasAttribute("data-changed"));
  stage.removeAttribute("data-changed");
"""
# What was refused is not what stands on the stage, so that the note which the click took away comes back.
_REFUSED = f"() => {{ if (document.querySelector('#stage[data-were-changed]')) ({CHANGED})(); }}"


def on_stage(w: Widgets, view: stage.View) -> Update:
    """What the stage's boxes show of a run."""
    found = {name: getattr(view, name) for name in stage.BOXES}
    return {getattr(w, name): html for name, html in found.items() if html is not None}


def ended(w: Widgets, state: SessionState, view: stage.View, made: bool) -> Update:
    """What can be taken away of a run that has ended, and done with it; all but its data file. made: as replay_value has it."""
    assert view.outcome is not None
    saved = {
        button: save(view.outcome, get_upload_folder()) for button, save in ((w.png, save_png), (w.report, save_report))
    }
    return {
        **{button: gr.update(value=path, interactive=True) for button, path in saved.items()},
        **({} if view.outcome.report["l2"] else {w.png: gr.update(value=None, interactive=False)}),  # it is the photo
        state.replay: view.replay,
        w.replay: replay.replay_value(view.replay, made),
        w.smaller_button: smaller_shown(can_be_smaller(view.outcome)),
        **panel.fresh(w.robustness_button, w.robustness, ready=True),
    }


def stood_before(w: Widgets, state: SessionState, last: Replay, factor: int, made: bool) -> Update:
    """The result before a run which broke off, with all that can be taken away of it. made: as replay_value has it."""
    view = stage.closing(last, factor)
    data = save_data(last.outcome, get_upload_folder())
    return {**on_stage(w, view), **ended(w, state, view, made), w.downloads.kept: data, state.attacked: True}


def wire_run(w: Widgets, state: SessionState, flags: RunFlags) -> None:
    """Attack and Stop, and the tools that look at a run while it goes on and afterwards."""
    inputs = [
        state.photo, w.annotator, w.toggles, w.k, w.attack, w.goal, w.case, w.chosen, w.max_steps, w.seed,
        w.score_space, *w.settings.values(),
    ]  # fmt: skip

    def on_run(
        session: str, turn: Turn, factor: Any, last: Replay | None, shown: Any, *form: Any
    ) -> Iterator[Update]:  # fmt: skip
        path, name, toggles, k, *_ = form
        if not marked_true(toggles, load_annotator(name)):
            yield {**nothing_true(w, path, name, k), state.attacked: False, state.replay: None}
            return
        yield from shown_run(session, turn, factor, last, shown, page_plan(*form))

    def on_smaller(session: str, turn: Turn, factor: Any, last: Replay | None, shown: Any) -> Iterator[Update]:
        if last is None:
            raise ValueError("The run on this page is no longer kept. Press Attack to run it again.")
        yield from shown_run(session, turn, factor, last, shown, smaller(last.outcome))

    def shown_run(
        session: str, turn: Turn, factor: Any, last: Replay | None, shown: Any, plan: Plan
    ) -> Iterator[Update]:  # fmt: skip
        flags.amplify(session, factor_of(factor))
        for waiting in turn.next():
            yield {w.status: waiting_html(waiting)}
        if turn.stop_asked():
            return
        began, made = False, isinstance(shown, dict) and bool(shown.get("made"))
        try:
            for view in stage.views(plan, turn.stop_asked, turn.clock, lambda: flags.factor(session)):
                if flags.left(session):  # no verdict: the stage shows what was chosen since
                    yield {state.attacked: False}  # Gradio sends the last update twice, so it must not be a frame
                    return
                update = on_stage(w, view)
                if view.before and not view.outcome:  # it begins: files and frames of the run before go
                    update |= {w.png: gr.update(interactive=False), w.report: gr.update(interactive=False)}
                    update |= {state.replay: None, w.replay: replay.replay_value(None), w.downloads.kept: None}
                    update |= {w.smaller_button: smaller_shown(False)}
                    update |= panel.fresh(w.robustness_button, w.robustness, ready=False)
                if view.outcome:
                    update |= ended(w, state, view, made=True)
                began = not view.outcome  # a result that is there stays, whatever fails after it
                yield {**update, state.attacked: True}
                if view.outcome:  # after the verdict, which need not wait for it
                    yield {w.downloads.kept: save_data(view.outcome, get_upload_folder())}
        except Exception:  # it broke off; the sentence about it comes as a message beside the stage
            if flags.left(session):
                yield {state.attacked: False}
            elif began:
                yield stood_before(w, state, last, factor_of(factor), made) if last else without_result(plan)
            raise

    def without_result(plan: Plan) -> Update:
        return {
            **not_attacked(w, "The run ended without a result. Change its settings, then press Attack."),
            **ready(w, plan.annotator, plan.photo, plan.roles.true, plan.k),
            state.attacked: False,
        }

    shown = [
        *(getattr(w, name) for name in stage.BOXES if name != "status"), w.png, w.report, w.replay, w.robustness_button,
        w.robustness, w.smaller_button, state.attacked, state.replay, w.downloads.kept,
    ]  # fmt: skip
    look = [w.amplifier, state.replay, w.replay]
    attack = RunButton(w.attack_button, on_run, [*look, *inputs], _TO_STAGE + _CHOICES_COUNT, refused=_REFUSED)
    go_on = RunButton(w.smaller_button, on_smaller, look, _TO_STAGE)
    wire_by_session([attack, go_on], w.stop_button, w.status, flags, shown)
    _wire_look(w, state, flags)
    download_events.wire(w.downloads, w.png, state.photo, w.toggles, w.share, w.replay)


def _wire_look(w: Widgets, state: SessionState, flags: RunFlags) -> None:
    @plainly
    def on_replay(request: gr.Request, recorded: Replay | None, shown: Any, factor: Any) -> Update:
        found = replay.frame_of(shown, recorded)
        if found is None or flags.running(request.session_hash or ""):
            return gr.skip()
        # While it plays, previews: they are a tenth of the size.
        view = stage.replayed(*found, lossless=not shown.get("playing"), factor=factor_of(factor))
        return {w.change: view.change, w.after: view.after}

    @plainly
    def on_factor(request: gr.Request, recorded: Replay | None, shown: Any, factor: Any) -> Update:
        session = request.session_hash or ""
        if flags.running(session):  # its next picture is drawn so
            flags.amplify(session, factor_of(factor))
            return gr.skip()
        found = replay.frame_of(shown, recorded)
        return {w.change: stage.replayed(*found, True, factor_of(factor)).change} if found else gr.skip()

    seen = [state.replay, w.replay, w.amplifier]
    # The last position of a slider counts; those between may be left out.
    drawn: dict[str, Any] = {**QUIET, "trigger_mode": "always_last", "concurrency_id": "look", "concurrency_limit": 4}
    w.replay.input(on_replay, seen, [w.change, w.after], **drawn)
    w.amplifier.input(on_factor, seen, w.change, **drawn)
