"""The page's queue without a server: limits by kind and by session, and order within a session alone."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.queueing import EventQueue

from demo.components.events import CHOICE, RUN
from demo.server import event_queue


@pytest.fixture
def page() -> gr.Blocks:
    """Two widgets: one event of the kind that has an order, one without."""
    with gr.Blocks() as page:
        box = gr.Textbox()
        box.input(lambda text: text, box, box, **CHOICE)
        box.submit(lambda text: text, box, box, **RUN)
    event_queue.install(page)
    return page


def event(session: str, kind: str, name: str) -> Any:
    fn = SimpleNamespace(batch=False)
    return SimpleNamespace(session_hash=session, concurrency_id=kind, fn=fn, name=name, alive=True)


def waits(page: gr.Blocks, kind: str, limit: int, *sessions: str) -> None:
    page._queue.active_jobs = [None] * 8
    line = page._queue.event_queue_per_concurrency_id[kind] = EventQueue(kind, limit)
    line.queue = [event(session, kind, f"{session}{at}") for at, session in enumerate(sessions)]


def begin(page: gr.Blocks) -> str:
    """Have the queue begin what comes next; its name, or "" for nothing."""
    found = page._queue.get_events()
    if found is None:
        return ""
    events, _, kind = found
    page._queue.active_jobs[page._queue.active_jobs.index(None)] = events
    page._queue.event_queue_per_concurrency_id[kind].current_concurrency += 1
    return str(events[0].name)


def test_choices_of_one_visitor_follow_each_other_and_those_of_others_do_not_wait(page: gr.Blocks) -> None:
    waits(page, "choice", 4, "a", "a", "b", "a", "b")
    assert [begin(page), begin(page), begin(page)] == ["a0", "b2", ""]
    line = page._queue.event_queue_per_concurrency_id["choice"]
    assert [waiting.name for waiting in line.queue] == ["a1", "a3", "b4"]
    page._queue.active_jobs[0] = None  # a's first has ended
    assert [begin(page), begin(page)] == ["a1", ""]


def test_events_without_an_order_do_not_wait_for_their_session(page: gr.Blocks) -> None:
    waits(page, "look", 2, "a", "a", "a")
    assert [begin(page), begin(page), begin(page)] == ["a0", "a1", ""]


def test_a_kind_that_is_full_leaves_room_for_the_others(page: gr.Blocks) -> None:
    def push(index: int, session: str) -> bool:
        body = SimpleNamespace(fn_index=index, session_hash=session, event_id=None, data=[], request=None)
        # In a thread of its own: a browser test before this one may have left its event loop running here.
        with ThreadPoolExecutor(1) as pool:
            return bool(pool.submit(asyncio.run, page._queue.push(body, None, None)).result()[0])

    choice, run = sorted(page.fns)
    came = [push(run, f"{i}") for i in range(event_queue.MOST_OF_A_KIND + 1)]
    assert came == [True] * event_queue.MOST_OF_A_KIND + [False]
    assert len(page._queue.event_analytics) == 1  # none is kept for a dashboard that nobody can open
    assert push(choice, "a visitor")
    came = [push(choice, "another") for _ in range(event_queue.MOST_OF_A_SESSION + 1)]
    assert came == [True] * event_queue.MOST_OF_A_SESSION + [False]
