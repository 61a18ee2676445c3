"""The page's queue without a server: limits by kind and by session, and order within a session alone."""

import asyncio
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from conftest import awaited
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


def pushed(page: gr.Blocks, index: int, session: str, data: Any = (), event_data: Any = None) -> bool:
    """Whether the queue took an event of this session."""
    body = SimpleNamespace(
        fn_index=index, session_hash=session, event_id=None, data=[*data], event_data=event_data, request=None
    )
    return bool(awaited(page._queue.push(body, None, None))[0])


def test_what_nobody_comes_to_read_is_let_go(page: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    choice, run = sorted(page.fns)
    queue, now = page._queue, [0.0]
    monkeypatch.setattr(event_queue.time, "monotonic", lambda: now[0])
    for session in ("silent", "reads"):
        assert pushed(page, run, session)
    reads = queue.pending_messages_per_session["reads"]
    while not reads.empty():
        reads.get_nowait()
    now[0] = event_queue.UNHEARD_SECONDS - 1
    assert pushed(page, choice, "another")
    assert set(queue.pending_messages_per_session) == {"silent", "reads", "another"}
    now[0] = event_queue.UNHEARD_SECONDS + 1
    assert pushed(page, choice, "a fourth")
    assert set(queue.pending_messages_per_session) == {"reads", "another", "a fourth"}
    assert "silent" not in queue.pending_event_ids_session
    assert {event.session_hash for event in queue.event_ids_to_events.values()} == {"reads", "another", "a fourth"}
    queue.event_ids_to_events.clear()  # all have ended: who has read everything needs no memory either
    now[0] += 2 * event_queue.UNHEARD_SECONDS
    assert pushed(page, choice, "a fifth")
    assert set(queue.pending_messages_per_session) == {"a fifth"} == set(queue.pending_event_ids_session)


def test_who_listens_goes_before_who_does_not(page: gr.Blocks) -> None:
    waits(page, "look", 1, "silent", "silent too", "listens")
    for name in ("silent", "silent too", "listens"):
        messages = page._queue.pending_messages_per_session[name] = asyncio.Queue()
        if name != "listens":
            messages.put_nowait("unread")
    assert begin(page) == "listens2"
    line = page._queue.event_queue_per_concurrency_id["look"]
    assert [waiting.name for waiting in line.queue] == ["silent0", "silent too1"]
    line.current_concurrency = 0
    assert begin(page) == "silent0"  # nobody else waits


def test_a_full_line_is_left_by_who_does_not_listen(page: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_queue, "MOST_OF_A_KIND", 3)
    _, run = sorted(page.fns)
    queue = page._queue
    assert all(pushed(page, run, session) for session in "abc")
    monkeypatch.setattr(event_queue, "SILENT_SECONDS", 600.0)
    assert not pushed(page, run, "d")  # they came just now
    monkeypatch.setattr(event_queue, "SILENT_SECONDS", -1.0)
    messages = queue.pending_messages_per_session["b"]
    while not messages.empty():
        messages.get_nowait()
    assert pushed(page, run, "d")
    assert [event.session_hash for event in queue.event_queue_per_concurrency_id["run"].queue] == ["b", "d"]
    assert {event.session_hash for event in queue.event_ids_to_events.values()} == {"b", "d"}


@pytest.mark.parametrize(
    "many", [[[]] * 101, [[[None] * 50] * 2], [{str(i): [] for i in range(101)}]], ids=["flat", "deep", "an object"]
)
def test_an_event_is_given_so_many_values_at_the_most(
    many: list[Any], page: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A megabyte of empty lists takes fifty in memory, while it waits."""
    monkeypatch.setattr(event_queue, "MOST_VALUES", 100)
    choice, _ = sorted(page.fns)
    assert not pushed(page, choice, "a", many) and not pushed(page, choice, "a", [], many)
    assert pushed(page, choice, "a", [[None] * 99]) and pushed(page, choice, "a", ["x" * 1000])


def test_a_message_to_nobody_ends_neither_the_queue_nor_fills_the_memory(
    page: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio tells all who wait where they stand; one whose session is gone ended the queue, for everybody."""
    choice, _ = sorted(page.fns)
    queue = page._queue
    assert pushed(page, choice, "gone") and pushed(page, choice, "there")
    del queue.pending_messages_per_session["gone"]
    queue.broadcast_estimations("choice")
    gone, there = queue.event_queue_per_concurrency_id["choice"].queue
    assert (gone.alive, there.alive) == (False, True)
    monkeypatch.setattr(event_queue, "MOST_UNHEARD", 3)
    for _ in range(9):
        queue.broadcast_estimations("choice")
    assert queue.pending_messages_per_session["there"].qsize() == 3 and not there.alive


def test_a_kind_that_is_full_leaves_room_for_the_others(page: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_queue, "SILENT_SECONDS", 600.0)
    choice, run = sorted(page.fns)
    came = [pushed(page, run, f"{i}") for i in range(event_queue.MOST_OF_A_KIND + 1)]
    assert came == [True] * event_queue.MOST_OF_A_KIND + [False]
    assert len(page._queue.event_analytics) == 1  # none is kept for a dashboard that nobody can open
    assert pushed(page, choice, "a visitor")
    came = [pushed(page, choice, "another") for _ in range(event_queue.MOST_OF_A_SESSION + 1)]
    assert came == [True] * event_queue.MOST_OF_A_SESSION + [False]
