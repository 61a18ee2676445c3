"""The tab put together: the idea, six steps, the glossary, and the buttons that lead to the tab Attack."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from demo.components.events import CHOICE, QUIET, event_word, plainly
from demo.components.fetched import fetched, once
from demo.components.photo_input import YOURS_IS_IN
from demo.components.theme import script
from demo.engine.outcome import Outcome
from demo.render.templates import fill
from demo.tabs.attack.choice_events import TO_ATTACK
from demo.tabs.attack.page_scripts import CHANGED
from demo.tabs.attack.presets import preset_boxes, set_preset
from demo.tabs.attack.tab import AttackTab
from demo.tabs.learn.glossary import TERMS
from demo.tabs.learn.idea import idea
from demo.tabs.learn.steps import LESSONS

SCRIPTS = ("maths", "drawing", "ranking", "crossing", "lemma", "board", "growing", "lesson")


@dataclass(frozen=True)
class LearnWidgets:
    """The tab's only widget: all six steps and the glossary."""

    lesson: gr.HTML


def build(tab: gr.Tab, tabs: gr.Tabs, attack: AttackTab) -> LearnWidgets:
    """Put the lesson into the current tab, which is `tab`. Its steps 1 and 6 show the run that is on the tab Attack on arrival.

    Try it: has the tab Attack choose what the step says, by the presets' way, and leaves the start to the reader.
    """
    outcome, w, state = attack.arrival.view.outcome, attack.widgets, attack.state
    assert outcome is not None
    contents = once(lambda: lesson_html(outcome))
    lesson = fetched(tab, contents, "The six steps are being fetched", "learn", scripts())
    wanted = {step.key: step.chosen for step in LESSONS}

    @plainly
    def on_try(path: str, name: str, k: Any, toggles: Any, attacked: bool, event: gr.EventData) -> Any:
        preset = wanted.get(event_word(event, "step"))
        return set_preset(w, preset, path, name, k, toggles, attacked) if preset else gr.skip()

    # In the browser alone: nobody waits for the server to see the tab.
    lesson.select(None, None, tabs, js=TO_ATTACK, **QUIET)
    tried = lesson.apply(on_try, [state.photo, w.annotator, w.k, w.toggles, state.attacked], preset_boxes(w), **CHOICE)
    tried.success(None, None, None, js=CHANGED, **QUIET)
    return LearnWidgets(lesson)


def scripts() -> str:
    """All scripts of the lesson as one, the mathematics first."""
    return "\n".join(script(f"tabs/learn/{name}.js") for name in SCRIPTS)


def lesson_html(outcome: Outcome) -> Markup:
    """The whole lesson."""
    return fill(
        "tabs/learn/steps.html", idea=idea(outcome), steps=LESSONS, outcome=outcome, terms=TERMS, yours=YOURS_IS_IN
    )
