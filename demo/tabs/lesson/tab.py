"""The tab put together. Its contents are sent once, when it is opened; then everything happens in the browser."""

import time
from dataclasses import dataclass
from threading import Thread
from typing import Any

import gradio as gr

from demo.components.events import CHOICE, QUIET, event_word, plainly
from demo.components.fetched import fetched, once
from demo.components.theme import script
from demo.tabs.attack.choice_events import TO_ATTACK, staged
from demo.tabs.attack.page_scripts import CHANGED
from demo.tabs.attack.presets import preset_boxes
from demo.tabs.attack.tab import AttackTab
from demo.tabs.lesson import notes
from demo.tabs.lesson.exercise import exercise_of, set_exercise
from demo.tabs.lesson.screen import lesson_html
from demo.tabs.lesson.screens import screens

LINE = "The lesson is being fetched. Shortly after the page has started that may take some seconds"
SCRIPTS = ("way", "votes", "answers", "kept", "film", "exercise", "lesson")  # of it, as one
SETTLED = 10.0  # seconds after its start in which the page has other things to do


@dataclass(frozen=True)
class LessonWidgets:
    """All screens as one widget, and the teachers' notes."""

    lesson: gr.HTML
    notes: gr.DownloadButton


contents = once(lambda: lesson_html(screens()))


def in_background(page: gr.Blocks) -> None:
    """Have it made soon after the page runs: with three annotators and TorchVision to be read, a first visitor would wait."""

    def make() -> None:
        while not page.is_running:
            time.sleep(0.2)
        time.sleep(SETTLED)
        contents()

    Thread(target=make, daemon=True, name="lesson").start()


def build(tab: gr.Tab, tabs: gr.Tabs, attack: AttackTab) -> LessonWidgets:
    """Put the lesson into the current tab. A screen's exercise chooses on the tab Attack what it says, and starts nothing."""
    w, state = attack.widgets, attack.state
    there = notes.PDF.is_file()
    teachers = gr.DownloadButton("Notes for teachers (PDF)", visible=there, elem_id="lesson-notes", render=False)
    scripts = "\n".join(script(f"tabs/lesson/{name}.js") for name in SCRIPTS)
    lesson = fetched(tab, contents, LINE, "lesson", scripts, {teachers: str(notes.PDF) if there else None})
    teachers.render()

    @plainly
    def on_try(
        request: gr.Request, path: str, name: str, toggles: Any, item: str | None, shown: Any,
        event: gr.EventData,
    ) -> Any:  # fmt: skip
        exercise, session = exercise_of(event_word(event, "exercise")), request.session_hash or ""
        if exercise is None:
            return gr.skip()
        made = isinstance(shown, dict) and shown.get("made") is True and not attack.flags.running(session)
        stays = made and exercise.annotator in (None, name)  # a result is of one annotator, and goes with it
        attack.flags.leave(session)  # exercise.js asks first where a run goes on, or a result of the visitor's goes
        update = set_exercise(w, exercise, path, name, toggles, item, stays)
        return update if stays else {**update, state.attacked: False, state.replay: None}

    lesson.select(None, None, tabs, js=TO_ATTACK, **QUIET)
    outputs = [*dict.fromkeys([*staged(w), *preset_boxes(w)]), w.annotator, state.attacked, state.replay]
    inputs = [state.photo, w.annotator, w.toggles, state.sample, w.replay]
    tried = lesson.apply(on_try, inputs, outputs, **CHOICE)
    tried.success(None, None, None, js=CHANGED, **QUIET)
    return LessonWidgets(lesson, teachers)
