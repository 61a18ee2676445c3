"""A class of thirty opens the lesson together: everybody has all of it, while every place for runs is taken."""

import asyncio
from typing import Any

from load import API, Seen, Visitor

from demo.engine.run_queue import PLACES

CLASS = 30


async def opened(address: str, number: int) -> str:
    """The lesson, as one pupil's browser gets it. From there on it asks for nothing more (tests/browser/test_lesson_page.py).

    Every third one loads the page, too, which is the same for everybody and takes the test's time.
    """
    pupil = Visitor(address, Seen())
    try:
        if number % 3 == 0 or not Visitor.config:
            await pupil.arrive()
        lesson = pupil.widget("lesson")
        event = next(one for one in pupil.config["dependencies"] if lesson in one["outputs"] and one["backend_fn"])
        assert not event["queue"]
        body: dict[str, Any] = {"data": [""], "fn_index": event["id"], "session_hash": pupil.session}
        answer = (await pupil.http.post(f"{API}/run/predict", json=body)).raise_for_status()
        return str(answer.json()["data"][event["outputs"].index(lesson)])
    finally:
        await pupil.http.aclose()


async def together(address: str) -> list[str]:
    return await asyncio.gather(*(opened(address, number) for number in range(CLASS)))


def test_thirty_pupils_have_the_whole_lesson_while_all_places_are_taken(server: str, taken: list[Any]) -> None:
    lessons = asyncio.run(together(server))
    assert len(lessons) == CLASS and len(set(lessons)) == 1
    assert lessons[0].count('class="screen"') == 7
    assert PLACES.waiting() == 0 and all(turn.held for turn in taken)
