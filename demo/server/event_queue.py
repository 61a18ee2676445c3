"""The page's queue: Gradio's (6.31), which counts all events together, with a limit for each kind and order by visitor.

Runs wait in `engine.run_queue`, not here, so that here no event waits for long. What nobody comes to hear is not kept.
"""

import time
from collections import OrderedDict
from typing import Any

import gradio as gr
from gradio.queueing import Event, EventQueue, Queue

from demo.gradio_patches import lean_sessions

THREADS = 120  # events that are under way at a time; every run that waits is one of them
MOST_OF_A_KIND = 300  # events of one concurrency id that wait; each kind has its own limit
MOST_OF_A_SESSION = 20  # the same, of one session: a page sends one or two
MOST_VALUES = 10_000  # that an event is given: while it waits, each may take fifty times the room that it has as JSON
MOST_UNHEARD = 600  # messages to a session that are kept until they are read: more than a run of a minute has
UNHEARD_SECONDS = 60.0  # after so long without reading any, nobody reads them
SILENT_SECONDS = 2.0  # after so long without reading, a session is overtaken: a browser reads at once
MOST_SESSIONS = 20_000  # that are known here; what is older than UNHEARD_SECONDS goes before
LOOKS_EVERY = 0.005  # seconds; with Gradio's millisecond to look for events takes a twentieth of a core, day and night
IN_ORDER = frozenset(
    {"choice"}
)  # concurrency ids whose events follow each other within a session, in the order of the clicks


class PageQueue(Queue):
    """Limits by kind and by session, and order within a session where it is needed rather than among all visitors.

    Without Gradio's dashboard, for which it keeps ten thousand events and has pandas sum all of them up after every one.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.ANALYTICS_MAX_EVENTS = 1
        self.sleep_when_free = LOOKS_EVERY
        self.progress_update_sleep_when_free = 1.0  # nothing on the page uses Gradio's progress
        self.pending_messages_per_session.max_size = MOST_SESSIONS
        self._heard: OrderedDict[str, float] = OrderedDict()  # session -> when its messages were last seen to be read

    def compute_analytics_summary(self, records: Any) -> Any:
        return self.cached_event_analytics_summary

    async def push(self, body: Any, request: Any, username: str | None) -> Any:
        fn = self.blocks.fns.get(body.fn_index) if isinstance(body.fn_index, int) else None
        if fn is not None and _opens(fn) and body.session_hash:
            self.blocks.state_holder[body.session_hash].opened = True  # type: ignore[attr-defined]  # LeanSession's
        kind = self.event_queue_per_concurrency_id.get(fn.concurrency_id) if fn else None
        if kind is not None:
            mine = sum(event.session_hash == body.session_hash for event in kind.queue)
            if len(kind.queue) >= MOST_OF_A_KIND:
                self._put_out(kind)
            if len(kind.queue) >= MOST_OF_A_KIND or (body.session_hash and mine >= MOST_OF_A_SESSION):
                return False, "Too much was asked for at once. Please try again in a moment.", "queue_full"
        if _has_more_values(body.data, MOST_VALUES) or _has_more_values(body.event_data, MOST_VALUES):
            return False, f"At most {MOST_VALUES} values are taken at a time.", "error"
        await self._forget_unheard()
        return await super().push(body, request, username)

    def send_message(self, event: Event, event_message: Any) -> None:
        """As Gradio's, but where nobody reads, nothing is kept; without the session, Gradio's ends the whole queue."""
        messages = self.pending_messages_per_session.get(event.session_hash)
        if messages is None or messages.qsize() >= MOST_UNHEARD:
            event.alive = False
            return
        if messages.empty():
            self._heard[event.session_hash] = time.monotonic()
            self._heard.move_to_end(event.session_hash)
        super().send_message(event, event_message)

    async def _forget_unheard(self) -> None:
        """Let go of sessions that read nothing for UNHEARD_SECONDS: no stream is open, or it has come to a stand."""
        while self._heard:
            session, at = next(iter(self._heard.items()))
            if time.monotonic() - at < UNHEARD_SECONDS:
                return
            del self._heard[session]
            messages = self.pending_messages_per_session.get(session)
            pending = self.pending_event_ids_session.get(session, set())
            if messages is not None and messages.empty() and pending & self.event_ids_to_events.keys():
                self._heard[session] = time.monotonic()  # somebody waits for the end of a run
                continue
            await self.clean_events(session_hash=session)
            self.pending_messages_per_session.pop(session, None)
            self.pending_event_ids_session.pop(session, None)

    def _put_out(self, kind: EventQueue) -> None:
        """Have events leave a full line that nobody listens to, as they do in `engine.run_queue`."""
        stay = []
        for event in kind.queue:
            event.alive = self._listens(event)
            if event.alive:
                stay.append(event)
            else:
                self.event_ids_to_events.pop(event._id, None)
        kind.queue[:] = stay

    def _listens(self, event: Event) -> bool:
        """Whether what was said to the event's session was read, or said just now."""
        messages = self.pending_messages_per_session.get(event.session_hash)
        if messages is None:
            return False
        return messages.empty() or time.monotonic() - self._heard.get(event.session_hash, 0) < SILENT_SECONDS

    def get_events(self) -> Any:
        """As Gradio's, but an event that follows a running one of its session stays where it is, and who listens goes first."""
        all_of: dict[str, list[Event]] = {}
        for kind, line in self.event_queue_per_concurrency_id.items():
            all_of[kind], ready = [*line.queue], line.queue
            if kind in IN_ORDER:
                running = (event for job in self.active_jobs if job for event in job)
                seen, ready = {event.session_hash for event in running if event.concurrency_id == kind}, []
                for event in line.queue:
                    if event.session_hash not in seen:
                        ready.append(event)
                        seen.add(event.session_hash)
            line.queue[:] = [event for event in ready if self._listens(event)] or ready
        found = super().get_events()
        taken = found[0] if found else []
        for kind, events in all_of.items():
            self.event_queue_per_concurrency_id[kind].queue[:] = [event for event in events if event not in taken]
        return found


def _has_more_values(data: Any, most: int) -> bool:
    """Whether there are more values in nested lists and objects than `most`."""
    left, count = [data], 0
    while left and count <= most:
        value = left.pop()
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        count += len(inside)
        if count <= most:
            left.extend(inside)
    return count > most


def _opens(fn: Any) -> bool:
    """Whether the event is one that a page sends as it is opened, before all others."""
    return any(event == "load" for _, event in fn.targets)


def was_forgotten(fn: Any, state: Any) -> bool:
    """Whether an event of a page comes without the page having been opened here: its session was lost since.

    What is answered outside the queue and holds no state is the same in every session, and may come before all else.
    """
    if state is None or fn.api_visibility == "public" or _opens(fn):
        return False
    if not fn.queue and not any(isinstance(block, gr.State) for block in (*fn.inputs, *fn.outputs)):
        return False
    return not getattr(state, "opened", False)


def install(page: gr.Blocks) -> None:
    """Give `page` this queue, open to nobody who would go round it; runs, page loads and looks have limits of their own."""
    lean_sessions.install()
    page.api_open = False  # page.queue() would say so too, and make the whole application anew for it
    page._queue = PageQueue(
        live_updates=True, concurrency_count=page.max_threads, update_intervals=1, max_size=None, blocks=page
    )
