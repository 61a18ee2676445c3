"""Nobody takes the page down: every way in goes through the same places, and whoever only looks waits for none."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import holds
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from demo.engine.loop import run_here
from demo.engine.plan import AttackRequest, plan_for
from demo.engine.run_queue import MOST_WAITING, PLACES, Turn
from demo.server import callers

NINE = ["voc20", 1, "TkML-AP-U", ["cat"], "", [], 20, 0]  # with the photo
LONG = ["coco80", 3, "BlackBox", [], "", [], 2000, 0, ""]  # ends by the clock at the earliest, where nobody stops it


@pytest.fixture(scope="module")
def http(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server}gradio_api/", timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def cat(http: httpx.Client, photos: dict[str, Path]) -> dict[str, Any]:
    """The photo, uploaded, as an endpoint takes it."""
    with photos["cat"].open("rb") as file:
        path = http.post("upload", files={"files": ("cat.png", file)}).json()[0]
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def ask(http: httpx.Client, photo: dict[str, Any], data: list[Any] = LONG, **more: Any) -> str:
    """Call `/attack`, without listening; the event's id."""
    answer = http.post("call/attack", json={"data": [photo, *data], **more})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["event_id"])


def answer_to(http: httpx.Client, event: str) -> str:
    """All that an event says, as text."""
    return http.get(f"call/attack/{event}").text


def test_looking_goes_on_while_every_place_is_taken_and_the_line_is_full(
    taken: list[Turn], http: httpx.Client, cat: dict[str, Any], server: str, photos: dict[str, Path]
) -> None:
    waiting = [Turn(PLACES) for _ in range(MOST_WAITING)]
    lines = [iter(turn.next()) for turn in waiting]
    for line in lines:
        next(line)
    assert httpx.get(server).status_code == 200
    client = Client(server, verbose=False)
    assert client.predict(handle_file(photos["cat"]), "voc20", 1, api_name="/annotate")[0][0] == "cat"
    with pytest.raises(AppError, match=f"{MOST_WAITING} people wait for a run already"):
        client.predict(handle_file(photos["cat"]), *LONG, api_name="/attack")
    for line in lines:
        line.close()  # type: ignore[attr-defined]


def test_calls_that_nobody_listens_to_lose_their_place_in_line(
    taken: list[Turn], http: httpx.Client, cat: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "SOON", 2.0)
    for _ in range(8):
        ask(http, cat)
    assert holds(lambda: PLACES.waiting() > 0) and holds(lambda: PLACES.waiting() == 0)
    assert all(turn.held for turn in taken)


def seconds_a_step(photo: Path, data: list[Any]) -> float:
    """How long the run's thread takes for one step here and now, on a machine that may be busy."""
    frames = run_here(plan_for(photo, AttackRequest(*data)))
    next(frames)
    began = time.monotonic()
    for _ in range(3):
        next(frames)
    frames.close()
    return (time.monotonic() - began) / 3


def left_alone(http: httpx.Client, cat: dict[str, Any], data: list[Any]) -> float:
    """Seconds from a client's closing the connection, in the middle of a run, to its place's being free."""
    event = ask(http, cat, data)
    with http.stream("GET", f"call/attack/{event}"):
        assert holds(lambda: PLACES.running() == 1)
        time.sleep(0.3)  # it has taken steps
    began = time.monotonic()
    assert holds(lambda: PLACES.running() == 0)
    return time.monotonic() - began


def test_an_abandoned_run_gives_its_place_back_after_the_step_that_goes_on(
    http: httpx.Client, cat: dict[str, Any], photos: dict[str, Path]
) -> None:
    most = 5 + 4 * seconds_a_step(photos["cat"], LONG)
    assert left_alone(http, cat, LONG) < most or left_alone(http, cat, LONG) < most  # the machine may be busy for once


def test_a_call_that_waits_begins_when_a_place_is_free(
    taken: list[Turn], http: httpx.Client, cat: dict[str, Any]
) -> None:
    event = ask(http, cat, ["voc20", 1, "TkML-AP-U", ["cat"], "", [], 20, 0, ""])
    with http.stream("GET", f"call/attack/{event}") as answer:
        assert holds(lambda: PLACES.waiting() == 1)
        taken[0].__exit__()
        text = "".join(answer.iter_text())
    assert "event: complete" in text and '"attack": "TkML-AP-U"' in text


@pytest.mark.parametrize(
    ("last", "settings"),
    [
        ([], {"confidence": 0.0, "beta": 0.01}),
        ([""], {"confidence": 0.0, "beta": 0.01}),
        (["", 0.5], {"confidence": 0.5, "beta": 0.01}),
        (["", 0.5, 0.02], {"confidence": 0.5, "beta": 0.02}),
        ([None, None, None], {"confidence": 0.0, "beta": 0.01}),
    ],
    ids=["nine", "ten", "eleven", "twelve", "twelve, the last three empty"],
)
@pytest.mark.usefixtures("small_photos")
def test_the_last_arguments_may_be_left_out_over_http_as_by_a_client(
    http: httpx.Client, cat: dict[str, Any], last: list[Any], settings: dict[str, float]
) -> None:
    text = answer_to(http, ask(http, cat, [*NINE, *last]))
    assert "event: complete" in text, text
    report = json.loads(text.partition("data: ")[2])[1]
    assert report["goal"] == "cleared" and settings.items() <= report["settings"].items()
    assert report["achieved"] and report["margin_of_win"] >= settings["confidence"]


def test_nothing_before_the_last_arguments_may_be_left_out(http: httpx.Client, cat: dict[str, Any]) -> None:
    text = answer_to(http, ask(http, cat, NINE[:-1]))
    assert "event: error" in text and "At least 9 values are needed, 12 at most, and 8 came" in text
    assert "seed, goal, confidence, beta." in text


def test_a_program_has_a_few_calls_in_line_and_the_next_is_refused_in_words(
    taken: list[Turn], http: httpx.Client, cat: dict[str, Any]
) -> None:
    for _ in range(4):
        ask(http, cat, session_hash="program")
    assert holds(lambda: PLACES.waiting() == 4)
    with http.stream("GET", "queue/data", params={"session_hash": "program"}) as stream:
        ask(http, cat, session_hash="program")
        said = next(line for line in stream.iter_lines() if "process_completed" in line)
    message = json.loads(said.removeprefix("data: "))
    assert "waits for its turn already" in message["output"]["error"] and not message["success"]


@pytest.mark.parametrize("path", ["run/attack", "api/attack", "run/annotate", "run/predict"])
def test_no_way_leads_round_the_queue(http: httpx.Client, cat: dict[str, Any], path: str) -> None:
    indices = [
        dependency["id"] for dependency in http.get("../config").json()["dependencies"]
        if dependency["api_name"] == "attack"
    ]  # fmt: skip
    answer = http.post(path, json={"data": [cat, *LONG], "fn_index": indices[0] if "predict" in path else None})
    assert answer.status_code == 404 and PLACES.running() == 0
