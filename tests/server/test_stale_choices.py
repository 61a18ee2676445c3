"""What was chosen among choices that have changed since is taken for nothing chosen; what was never offered is refused."""

import asyncio
from functools import partial
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from demo.components.blocks import Page
from demo.components.label_menu import LabelMenu


def arrived(widget: Any, sent: Any, now: list[str] | None) -> Any:
    """What a handler is given of `sent`, after an event has changed the widget's choices to `now`."""
    with Page() as page:
        menu = widget()
        gr.Button().click(lambda: gr.update(choices=now, value=None), None, menu)
        menu.input(lambda value: None, menu, None)
    change, choice = page.fns.values()
    state = SessionState(page)
    if now is not None:
        asyncio.run(page.postprocess_data(change, gr.update(choices=now, value=None), state))
    (value,) = asyncio.run(page.preprocess_data(choice, [sent], state))
    return value


@pytest.mark.parametrize("widget", [gr.Dropdown, gr.Radio])
def test_one_of_choices_that_have_changed_is_none(widget: Any) -> None:
    made = partial(widget, ["a", "b"])
    assert arrived(made, "b", []) is None
    assert arrived(made, "b", ["a", "c"]) is None
    assert arrived(made, "b", ["b", "c"]) == "b"
    assert arrived(made, "gone", ["a", "b"]) is None  # they are again as they were at first
    with pytest.raises(gr.Error, match="is not in the list of choices"):
        arrived(made, "c", None)


@pytest.mark.parametrize("widget", [gr.CheckboxGroup, partial(gr.Dropdown, multiselect=True)])
def test_of_several_those_stay_that_are_still_offered(widget: Any) -> None:
    made = partial(widget, ["a", "b"])
    assert arrived(made, ["b", "a"], ["b", "c"]) == ["b"]
    assert arrived(made, ["b"], []) == []
    with pytest.raises(gr.Error, match="is not in the list of choices"):
        arrived(made, ["c"], None)


def test_a_menu_that_takes_anything_still_does() -> None:
    assert arrived(lambda: gr.Dropdown(["a"], allow_custom_value=True), "typed", ["b"]) == "typed"
    assert arrived(lambda: LabelMenu(["a"], multiselect=True), ["ahead of its choices"], ["b"]) == [
        "ahead of its choices"
    ]
