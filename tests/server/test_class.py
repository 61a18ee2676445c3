"""A class opens a tab together whose contents are sent then: everybody has all of it, while every place for runs is taken."""

import asyncio
import threading
from typing import Any

import httpx
import pytest
from conftest import awaited
from load import API, Seen, Visitor

from demo.components.fetched import once
from demo.engine.run_queue import PLACES

MOST_BYTES = 2_000_000  # of the page, not packed


async def opened(address: str, number: int, elem_id: str) -> str:
    """A tab's contents, as one pupil's browser gets them. From there on the lesson asks for nothing more, see
    tests/browser/test_lesson_page.py.

    Every third one loads the page, too, which is the same for everybody and takes the test's time.
    """
    pupil = Visitor(address, Seen())
    try:
        if number % 3 == 0 or not Visitor.config:
            await pupil.arrive()
        widget = pupil.widget(elem_id)
        event = next(one for one in pupil.config["dependencies"] if widget in one["outputs"] and one["backend_fn"])
        assert not event["queue"]
        body: dict[str, Any] = {"data": [""], "fn_index": event["id"], "session_hash": pupil.session}
        answer = (await pupil.http.post(f"{API}/run/predict", json=body)).raise_for_status()
        return str(answer.json()["data"][event["outputs"].index(widget)])
    finally:
        await pupil.http.aclose()


async def together(address: str, pupils: int, elem_id: str) -> list[str]:
    return await asyncio.gather(*(opened(address, number, elem_id) for number in range(pupils)))


@pytest.mark.parametrize(
    ("elem_id", "pupils", "part", "parts"),
    [
        ("lesson", 30, 'class="screen"', 7),
        ("tables", 10, 'class="tablebox heat"', 1),
        ("learn", 10, 'class="lesson"', 6),
    ],
)
def test_a_class_has_the_whole_tab_while_all_places_are_taken(
    server: str, taken: list[Any], elem_id: str, pupils: int, part: str, parts: int
) -> None:
    sent = awaited(together(server, pupils, elem_id))
    assert len(sent) == pupils and len(set(sent)) == 1
    assert sent[0].count(part) == parts
    assert PLACES.waiting() == 0 and all(turn.held for turn in taken)


def test_the_page_is_without_them(server: str) -> None:
    assert len(httpx.get(server).content) < MOST_BYTES


def test_what_all_want_at_once_is_made_once_and_what_broke_is_made_anew() -> None:
    made, waiting = list[str](), threading.Barrier(9)

    def make() -> str:
        made.append("<b>&</b>")
        if len(made) == 1:
            raise ValueError("broken")
        return made[-1]

    contents = once(make)
    with pytest.raises(ValueError, match="broken"):
        contents()
    seen = list[str]()

    def visitor() -> None:
        waiting.wait()
        seen.append(contents())

    threads = [threading.Thread(target=visitor) for _ in range(8)]
    for thread in threads:
        thread.start()
    waiting.wait()
    for thread in threads:
        thread.join()
    assert len(made) == 2 and set(seen) == {'<div class="fetched"><b>&</b></div>'} and len(seen) == 8
