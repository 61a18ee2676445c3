"""What may come in by HTTP: bounded in size, number and kind, and nothing is left behind of what is refused."""

import asyncio
import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import awaited, holds
from gradio import route_utils
from gradio.route_utils import MultiPartException
from gradio.utils import get_upload_folder
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from demo.gradio_patches import lean_sessions, no_left_overs
from demo.photos import upload_folder
from demo.photos.selection import MOST_UPLOADS
from demo.server import event_queue, request_limits
from demo.server.refusals import BROKEN, UNFIT, UNKNOWN
from demo.server.request_limits import (
    BROKE_OFF,
    DISK_FULL,
    MOST_JSON_BYTES,
    NOTHING_HERE,
    TOO_BUSY,
    TOO_MANY,
    TOO_SLOW,
    RequestLimits,
)


@pytest.fixture(scope="module")
def http(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server}gradio_api/", timeout=60) as client:
        yield client


def unfinished() -> list[str]:
    """Files of uploads that did not come to their end."""
    return [path.name for path in Path(get_upload_folder()).iterdir() if path.is_file()]


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        ({"data": ["x" * (MOST_JSON_BYTES + 1)]}, 413, "at most 1 MB"),
        ({"data": [], "fn_index": 1, "session_hash": "x" * 65}, 400, "at most 64 characters"),
        ({"data": [], "fn_index": 1, "session_hash": 'a"b' * 99}, 400, "at most 64 characters"),
        ({"data": [], "fn_index": 1, "session_hash": "\ud800"}, 400, "printable ASCII"),
        ({"data": "x" * 100_000, "session_hash": "q"}, 422, "data: Input should be a valid list"),
        ({"data": [], "session_hash": ["x" * 100_000]}, 422, "session_hash: Input should be a valid string"),
        ({"data": [], "fn_index": -1, "session_hash": "q"}, 404, UNKNOWN),
        ({"data": [], "fn_index": 10**30, "session_hash": "q"}, 404, UNKNOWN),
    ],
    ids=[
        "long label",
        "long session",
        "quoted",
        "no text",
        "echo of data",
        "echo of session",
        "no event",
        "large event",
    ],
)
def test_a_request_that_is_too_long_is_answered_in_a_sentence(
    http: httpx.Client, content: dict[str, Any], status: int, words: str
) -> None:
    answer = http.post("queue/join", content=json.dumps(content), headers={"Content-Type": "application/json"})
    assert answer.status_code == status and words in answer.text and len(answer.text) < 400


@pytest.mark.parametrize("path", ["call/nothing", "call/v2/nothing", "run/nothing", "api/nothing", "run/predict"])
def test_an_endpoint_that_there_is_not_is_told_in_a_sentence(http: httpx.Client, path: str) -> None:
    answer = http.post(path, json={"data": [], "session_hash": "q", "fn_index": 10**9 if "predict" in path else None})
    assert answer.status_code == 404 and UNKNOWN in answer.text


def test_arguments_by_a_wrong_name_are_told_in_a_sentence(http: httpx.Client) -> None:
    answer = http.post("call/v2/annotate", json={"picture": "x" * 1000})
    assert answer.status_code == 400 and answer.json()["error"] == UNFIT


@pytest.mark.parametrize("fault", [int, {}.__getitem__], ids=["TypeError", "KeyError"])
def test_a_fault_of_the_pages_own_is_no_refusal(
    server: str, fault: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_queue, "_opens", fault)  # as each event is put into the queue
    asked = {"data": [], "fn_index": 1, "session_hash": "q"}
    answer = httpx.post(f"{server}gradio_api/queue/join", json=asked)  # the connection is closed after it
    assert answer.status_code == 500 and answer.json()["error"] == BROKEN


@pytest.mark.parametrize(
    "path",
    [
        "component_server",
        "process_recording",
        "vibe-edit/",
        "stream/x",
        "upload/",
        "../login",
        "file=/etc/passwd",
        "x/upload",
    ],
)
def test_what_gradio_has_besides_and_the_page_does_not_use_is_closed(http: httpx.Client, path: str) -> None:
    """Some of it keeps what is sent, and some has no answer but an error for what does not fit."""
    before = set(Path(get_upload_folder()).iterdir())
    for content in ({"json": {"data": [], "session_hash": "q"}}, {"files": [("video", ("a.mp4", b"1" * 99))]}):
        answer = http.post(path, **content)  # type: ignore[arg-type]
        assert answer.status_code == 404 and answer.json()["error"] == NOTHING_HERE
    assert set(Path(get_upload_folder()).iterdir()) == before


@pytest.mark.parametrize(
    "path",
    [
        "file=https://example.org/x.png",
        "file/HTTP://example.org",
        "proxy=https://x.hf.space/a",
        "../static/" + "x" * 5000,
        "../static/" + "é" * 200,
        "deep_link?session_hash=q",
    ],
)
def test_nothing_is_fetched_for_strangers(http: httpx.Client, path: str) -> None:
    assert (answer := http.get(path)).status_code == 404 and NOTHING_HERE in answer.text


@pytest.mark.parametrize("agents", [False, True])
def test_agents_are_let_in_where_they_can_call(agents: bool) -> None:
    said: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "body": (await receive())["body"]})

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    for path in ("/gradio_api/mcp", "/gradio_api/mcp/", "/gradio_api/mcp/sse"):
        scope = {"type": "http", "method": "POST", "path": path, "headers": []}
        awaited(RequestLimits(app, agents=agents)(scope, receive, send))
    assert [message["status"] for message in said if "status" in message] == [200 if agents else 404] * 3


def test_an_endpoint_called_upload_has_no_more_room_than_others(http: httpx.Client) -> None:
    """An upload may be 250 times as large as what is read as JSON, which takes fifty times its size in memory."""
    for path in ("call/upload", "run/upload", "call/v2/upload", "stream/upload", "upload/"):
        answer = http.post(path, content=b"[" + b"[]," * 400_000 + b"[]]", headers={"Content-Type": "application/json"})
        assert answer.status_code in (404, 413) and answer.json()["error"]


def answered(kind: str, pieces: list[bytes], monkeypatch: pytest.MonkeyPatch, **limits: Any) -> tuple[int, str]:
    """Status and text for a body that comes in these pieces, and then no further, within limits that are given."""
    for name, value in limits.items():
        monkeypatch.setattr(request_limits, name, value)
    said: list[dict[str, Any]] = []
    left = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.sleep(30)
        return left.pop(0)

    async def send(message: Any) -> None:
        said.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            while (await receive()).get("more_body"):
                pass
        except MultiPartException as error:  # as Gradio answers it
            await send({"type": "http.response.start", "status": 400, "headers": []})
            await send({"type": "http.response.body", "body": error.message.encode()})

    path = {"json": "/gradio_api/queue/join", "upload": "/gradio_api/upload"}[kind]
    scope = {"type": "http", "method": "POST", "path": path, "headers": []}
    awaited(RequestLimits(app)(scope, receive, send))
    assert request_limits._coming_in[kind] == 0
    return said[0]["status"], said[1]["body"].decode()


@pytest.mark.parametrize("kind", ["json", "upload"])
def test_a_body_that_does_not_come_to_its_end_is_not_waited_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"JSON_SECONDS": 0.05} if kind == "json" else {"SILENT_SECONDS": 0.05}
    status, text = answered(kind, [b"1", b"2"], monkeypatch, **seconds)
    assert status == (408 if kind == "json" else 400) and TOO_SLOW in text


def test_an_upload_that_trickles_in_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answered("upload", [b"1"] * 10, monkeypatch, UPLOAD_SECONDS=-1.0) == (400, TOO_SLOW)


@pytest.mark.parametrize("kind", ["json", "upload"])
def test_all_that_is_coming_in_together_is_bounded(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    piece = b"1" * (request_limits.SMALL - 1)
    most = {"MOST_COMING_IN": {kind: len(piece)}, "JSON_SECONDS": 0.05, "SILENT_SECONDS": 0.05}
    assert TOO_BUSY in answered(kind, [piece, piece], monkeypatch, **most)[1]
    assert TOO_SLOW in answered(kind, [piece], monkeypatch, **most)[1]  # what is small is let in


@pytest.mark.parametrize("header", ["boundary=x", 'BOUNDARY="x"', "x-boundary=other; boundary=x"])
def test_files_are_counted_however_the_boundary_is_written(http: httpx.Client, header: str) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="files"; filename="{}.png"\r\n\r\n1\r\n'
    content = "".join(part.format(i) for i in range(MOST_UPLOADS + 2)) + "--x--\r\n"
    answer = http.post("upload", content=content, headers={"Content-Type": f"multipart/form-data; {header}"})
    assert (answer.status_code, answer.text) == (400, TOO_MANY)


def test_a_page_is_known_to_be_open_as_long_as_its_heartbeat_is(http: httpx.Client) -> None:
    with http.stream("GET", "heartbeat/visitor"):
        assert holds(lambda: lean_sessions._here["visitor"] == 1)
    assert holds(lambda: "visitor" not in lean_sessions._here)


def test_a_stream_without_a_length_is_cut_off_too(http: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(2 * MOST_JSON_BYTES // 65536):
            yield b" " * 65536

    assert http.post("queue/join", content=endless()).status_code == 413


def test_too_many_files_at_once_are_refused_and_none_is_kept(http: httpx.Client, photos: dict[str, Path]) -> None:
    before = set(Path(get_upload_folder()).iterdir())
    answer = http.post("upload", files=[("files", (f"{i}.png", b"%d" % i)) for i in range(MOST_UPLOADS + 1)])
    assert (answer.status_code, answer.text) == (400, TOO_MANY)
    assert set(Path(get_upload_folder()).iterdir()) == before
    few = [photos["cat"].read_bytes()] + [b"%d" % i for i in range(1, MOST_UPLOADS)]
    answer = http.post("upload", files=[("files", (f"{i}.png", content)) for i, content in enumerate(few)])
    assert answer.status_code == 200 and len(answer.json()) == MOST_UPLOADS


def test_what_is_no_picture_is_not_kept(http: httpx.Client, photos: dict[str, Path]) -> None:
    picture = photos["cat"].read_bytes()
    files = [("files", ("page.html", b"<script>alert(1)</script>")), ("files", ("cat.png", picture))]
    page, cat = (Path(path) for path in http.post("upload", files=files).json())
    assert page.read_bytes() == b"" and cat.read_bytes() == picture


def test_an_upload_without_a_picture_is_refused_in_a_sentence(http: httpx.Client) -> None:
    for name, content in (("page.html", b"<script>alert(2)</script>"), ("cat.png", b"%PDF-1.7"), ("empty.jpg", b"")):
        answer = http.post("upload", files=[("files", (name, content))])
        assert answer.status_code == 415 and f"{name} could not be read as a picture" in answer.text
        assert "Please use a JPEG, PNG" in answer.text and get_upload_folder() not in answer.text
        assert not [path for path in Path(get_upload_folder()).rglob(name) if path.read_bytes() == content != b""]


def test_gradios_client_shows_the_sentence_about_what_is_no_picture(server: str, tmp_path: Path) -> None:
    (no_picture := tmp_path / "cat.png").write_bytes(b"<script>alert(3)</script>")
    with pytest.raises(AppError, match=r"^This file could not be read as a picture\. Please use a JPEG, PNG"):
        Client(server, verbose=False).predict(handle_file(no_picture), "voc20", 1, api_name="/annotate")
    assert [path.read_bytes() for path in Path(get_upload_folder()).glob("*/cat.png")].count(
        no_picture.read_bytes()
    ) == 0


def test_an_upload_that_breaks_off_leaves_nothing(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answering, over = request_limits._upload, threading.Event()

    async def watched(*asked: Any) -> None:
        try:
            await answering(*asked)
        finally:
            over.set()

    monkeypatch.setattr(request_limits, "_upload", watched)

    def broken() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + b"1" * 100_000
        raise httpx.WriteError("gone")

    with pytest.raises(httpx.WriteError):
        http.post("upload", content=broken(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert over.wait(20) and unfinished() == []


@pytest.mark.parametrize(("part", "name", "status"), [("video", "cat.png", 200), ("files", "..", 400)])
def test_what_an_upload_does_not_hand_over_is_not_kept(
    http: httpx.Client, photos: dict[str, Path], part: str, name: str, status: int
) -> None:
    """Two gigabytes are all that uploads may have; of what Gradio forgets there could be any amount."""
    answer = http.post("upload", files=[(part, (name, photos["cat"].read_bytes()))])
    assert answer.status_code == status and unfinished() == []


@pytest.mark.parametrize("status", [200, 400])
def test_left_overs_are_gone_before_anybody_is_answered(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    no_left_overs.install()
    kept: list[list[str]] = []

    async def forgets(_scope: Any, _receive: Any, answer: Any) -> None:
        route_utils.NamedTemporaryFile(delete=False, dir=tmp_path).close()
        await answer({"type": "http.response.start", "status": status, "headers": []})
        await answer({"type": "http.response.body", "body": b"[]"})

    async def send(_: Any) -> None:
        kept.append(unfinished())

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": []}
    awaited(RequestLimits(forgets)(scope, receive, send))
    assert kept == [[], []]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_in_a_sentence(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    said: list[dict[str, Any]] = []

    async def full(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": []}
    awaited(RequestLimits(full)(scope, receive, send))
    assert said[0]["status"] == 507 and DISK_FULL.encode() in said[1]["body"]
    assert BROKE_OFF != DISK_FULL


def test_gradios_files_have_a_folder_of_this_process_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", "/named")
    upload_folder.claim()
    assert get_upload_folder() == "/named"
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    upload_folder.claim()
    mine = Path(get_upload_folder())
    assert mine.is_dir() and mine.stat().st_mode & 0o077 == 0 and not list(mine.iterdir())


def upload(folder: Path, name: int, size: int, age: float) -> Path:
    place = folder / f"{name:064x}"
    place.mkdir()
    (place / "photo.png").write_bytes(b"1" * size)
    os.utime(place, (time.time() - age,) * 2)
    return place


def test_the_oldest_uploads_make_room_and_what_is_old_or_left_over_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, *kept = (upload(tmp_path, number, 100, age) for number, age in enumerate([9000, 300, 200, 100]))
    left_over, coming_in = tmp_path / "tmpabcd1234", tmp_path / "tmpefgh5678"
    other = tmp_path / "something else"
    for path, age in ((left_over, 700), (coming_in, 5), (other, 9000)):
        path.write_bytes(b"2" * 50)
        os.utime(path, (time.time() - age,) * 2)
    upload_folder.sweep(tmp_path)
    assert not old.exists() and not left_over.exists() and coming_in.exists() and other.exists()
    assert all(path.exists() for path in kept)
    upload_folder.sweep(tmp_path, room_for=100, most=300)  # what is coming in takes room, too
    assert [path.exists() for path in kept] == [False, False, True] and coming_in.exists()
    monkeypatch.setattr(upload_folder, "MOST_UPLOADS", 2)
    more = [upload(tmp_path, number, 1, 10 - number) for number in range(5, 9)]
    upload_folder.sweep(tmp_path)
    assert [path.exists() for path in more] == [
        False
    ] * 4 and coming_in.exists()  # which counts; there is room for one more
    one = upload(tmp_path, 9, 1, 5)
    for number in range(3):
        (one / f"{number}.png").write_bytes(b"3")  # the same under other names
    os.utime(one, (time.time() - 5,) * 2)
    upload_folder.sweep(tmp_path)
    assert not one.exists()
    upload_folder.sweep(tmp_path / "not there")
