"""What a session holds, how long, and who is forgotten where there are too many."""

from dataclasses import dataclass

import gradio as gr
import pytest
from fastapi import HTTPException
from gradio.state_holder import StateHolder

from demo.gradio_patches import lean_sessions
from demo.server import event_queue


@pytest.fixture
def holder() -> StateHolder:
    with gr.Blocks() as page:
        gr.State("as at the start", time_to_live=100)
        gr.Textbox()
    event_queue.install(page)
    holder = StateHolder()
    holder.set_blocks(page)
    return holder


def opened(holder: StateHolder, name: str, is_open: bool = True) -> lean_sessions.LeanSession:
    session = holder[name]
    assert isinstance(session, lean_sessions.LeanSession)
    session.opened = is_open
    return session


def widgets(holder: StateHolder) -> tuple[int, int]:
    """The numbers of the page's state and of its textbox."""
    kinds = {type(block): number for number, block in holder.blocks.blocks.items()}
    return kinds[gr.State], kinds[gr.Textbox]


def test_a_session_holds_its_states_alone(holder: StateHolder) -> None:
    session = opened(holder, "a")
    state, box = widgets(holder)
    session[state] = "mine"
    session[box] = gr.Textbox(render=False)
    session._update_value_in_config(box, "x" * 1000)
    session._update_config(box)
    assert session[state] == "mine" and opened(holder, "b")[state] == "as at the start"
    assert list(session.components) == []
    holder.delete_all_expired_state()
    assert session[state] == "mine"


def test_a_page_that_is_gone_gives_its_states_back_and_one_whose_line_broke_keeps_them(
    holder: StateHolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, (state, _) = opened(holder, "a"), widgets(holder)
    session[state] = "mine"
    session.is_closed = True
    holder.delete_all_expired_state()
    assert session[state] == "mine"  # soon after; and asking shows that somebody is there
    monkeypatch.setattr(lean_sessions, "GONE_SECONDS", -1.0)
    holder.delete_all_expired_state()
    assert session[state] == "mine"
    session.is_closed = True
    holder.delete_all_expired_state()
    assert session[state] == "as at the start"


def test_closed_pages_and_programs_make_room_before_visitors_do(holder: StateHolder) -> None:
    holder.capacity = 3
    for name in "abc":
        opened(holder, name)
    holder.session_data["b"].is_closed = True
    opened(holder, "program", is_open=False)
    assert list(holder.session_data) == ["a", "c", "program"]
    opened(holder, "d")
    assert list(holder.session_data) == ["a", "c", "d"]
    holder["a"]
    opened(holder, "e")
    assert list(holder.session_data) == ["d", "a", "e"]


def test_pages_that_are_open_make_room_last(holder: StateHolder) -> None:
    """Else 128 events of sessions that nobody opened a page in would have all visitors' pages forgotten."""
    holder.capacity = 3
    with lean_sessions.here("a"), lean_sessions.here("b"):
        for name in "ab":
            opened(holder, name)
        for number in range(20):
            opened(holder, f"flood {number}")
        assert list(holder.session_data) == ["a", "b", "flood 19"]
    opened(holder, "c")
    assert "a" not in holder.session_data


@pytest.mark.parametrize("name", ["x" * 65, "\ud800", "a\nb", "", 3])
def test_a_session_is_not_called_just_anything(name: str, holder: StateHolder) -> None:
    with pytest.raises(HTTPException, match="at most 64 characters"):
        holder[name]
    assert not holder.session_data
    opened(holder, "x" * 64)


class Once:
    """A value that cannot be copied."""

    def __deepcopy__(self, memo: object) -> None:
        raise AssertionError("copied")


@dataclass
class Big:
    content: Once


def test_a_state_is_described_without_its_value() -> None:
    with gr.Blocks():
        state = gr.State("small")
    lean_sessions.install()
    state.value = value = Big(Once())
    assert "value" not in state.get_config() and state.value is value
