"""Whether anybody still listens for the answer to an event, read from Gradio's queue (6.31), which does not tell handlers."""

import time
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from demo.engine.run_queue import SOON


@dataclass
class EventCaller:
    """The caller of the event that is being handled. Make it in the handler itself, where Gradio says which event it is.

    Gradio puts what it has to say to a session into a list that the session's stream empties at once, "started" first. So
    a list that was found empty is one that somebody reads, and from then on Gradio notices when that stream ends.
    """

    session: str
    _queue: Any = None
    _event: Any = None  # None for a call outside the queue, which is answered when its run has ended
    _heard: bool = False
    _began: float = field(default_factory=time.monotonic)

    @classmethod
    def now(cls, request: gr.Request | None = None) -> "EventCaller":
        """The caller of the event that this thread is answering."""
        blocks, event_id = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
        queue = blocks._queue if blocks is not None else None
        event = queue.event_ids_to_events.get(event_id) if queue is not None and event_id else None
        session = str((request and request.session_hash) or (event.session_hash if event is not None else ""))
        return cls(session, queue, event)

    def listens(self) -> bool:
        """Whether somebody reads what the event says."""
        if self._event is None:
            return True
        if not self._heard and self._event.alive:
            messages = self._queue.pending_messages_per_session.get(self._event.session_hash)
            self._heard = messages is not None and messages.empty()
        return self._heard and bool(self._event.alive)

    def gone(self) -> bool:
        """Whether the stream has ended, or nobody opened one within SOON seconds."""
        if self.listens():
            return False
        return not self._event.alive or time.monotonic() - self._began > SOON
