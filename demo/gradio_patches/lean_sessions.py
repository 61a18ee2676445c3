"""Behaviour: for each visitor Gradio (6.31) describes every widget of the page once more and keeps whatever a widget showed
last, pictures included, for links that bring a whole session back (`gr.DeepLinkButton`). Pages that were closed keep their
states for an hour, and their place among the sessions until so many others came, programs that only call an endpoint included.

Here are no such links: a session holds its states alone. Those of a closed page leave after some minutes, as its reload is
another session; and where room is needed, closed pages and programs make it before anybody who is still there.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from typing import Any

import gradio as gr
from fastapi import HTTPException
from gradio import state_holder

LONGEST_SESSION = 64  # characters; Gradio's own names of sessions and events have 11 and 32
NO_NAME = f"The name of a session has at most {LONGEST_SESSION} characters, and these are printable ASCII."
_PRINTABLE = frozenset(map(chr, range(0x20, 0x7F)))
GONE_SECONDS = 300.0  # a line that broke looks like a closed page until the visitor does something


class LeanSession(state_holder.SessionState):
    """A visitor's states, and the widgets that were changed for them."""

    opened = False  # whether a page was opened in it, see `server.event_queue`

    def __init__(self, blocks: gr.Blocks) -> None:
        self.blocks_config = copy(blocks.default_config)
        self.state_data: dict[int, Any] = {}
        self.config_values: dict[int, Any] = {}
        self._state_ttl: dict[int, Any] = {}
        self.STATE_TTL_WHEN_CLOSED = 0
        self.closed_at: float | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the page was closed some time ago."""
        return self.closed_at is not None and time.monotonic() - self.closed_at > GONE_SECONDS

    @is_closed.setter
    def is_closed(self, closed: bool) -> None:
        self.closed_at = time.monotonic() if closed else None

    def __getitem__(self, key: int) -> Any:
        self.closed_at = None  # whoever asks is still there
        return super().__getitem__(key)

    def __setitem__(self, key: int, value: Any) -> None:
        block = self.blocks_config.blocks.get(key)
        if isinstance(block, gr.State):
            self._state_ttl[key] = (block.time_to_live, datetime.now())
            self.state_data[key] = value
        else:
            self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


_here: Counter[str] = Counter()  # how many heartbeats of a session are open: a page has one as long as it is


@contextmanager
def here(session_id: str) -> Iterator[None]:
    """A page of this session is open."""
    _here[session_id] += 1
    try:
        yield
    finally:
        _here[session_id] -= 1
        if not _here[session_id]:
            del _here[session_id]


def is_name(session_id: object) -> bool:
    """Whether a session may be called so: all that is known of it is kept under this name."""
    return isinstance(session_id, str) and 0 < len(session_id) <= LONGEST_SESSION and _PRINTABLE.issuperset(session_id)


def make_room(holder: state_holder.StateHolder, session_id: str) -> None:
    """In place of `StateHolder.update`: the session was used last; where there are too many, one of the others is forgotten.

    Pages that are open make room last, so that whoever sends many sessions' events, as no browser would, forgets nobody's.
    """
    with holder.lock:
        sessions = holder.session_data
        if not is_name(session_id):
            sessions.pop(session_id, None)
            raise HTTPException(400, NO_NAME)
        if session_id in sessions:
            sessions.move_to_end(session_id)
        if len(sessions) <= holder.capacity:
            return
        others = [name for name in sessions if name != session_id]
        closed = (name for name in others if sessions[name].closed_at is not None)  # type: ignore[attr-defined]  # ours
        programs = (name for name in others if not sessions[name].opened)  # type: ignore[attr-defined]
        away = (name for name in others if not _here[name])
        evicted = next(closed, None) or next(programs, None) or next(away, None) or others[0]
        del sessions[evicted]
        holder.time_last_used.pop(evicted, None)


def described(state: gr.State) -> dict[str, Any]:
    """In place of `gr.State.get_config`, which copies the value, pictures and all, only to leave it out."""
    value, state.value = state.value, None
    try:
        config: dict[str, Any] = super(gr.State, state).get_config()
    finally:
        state.value = value
    del config["value"]
    return config


def install() -> None:
    """For all sessions, and all pages that are built, from now on."""
    gr.State.get_config = described  # type: ignore[method-assign, assignment]
    state_holder.SessionState = LeanSession  # type: ignore[misc]
    state_holder.StateHolder.update = make_room  # type: ignore[method-assign, assignment]
