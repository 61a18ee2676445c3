"""What may come in by HTTP: bounded in size, number and kind, and nothing is left behind of what is refused."""

import asyncio
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio.utils import get_upload_folder

from demo.photos import upload_folder
from demo.photos.selection import MOST_UPLOADS
from demo.server.request_limits import BROKE_OFF, DISK_FULL, MOST_JSON_BYTES, TOO_MANY, RequestLimits


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
        ({"data": [], "session_hash": "x" * 65}, 400, "at most 64 characters"),
    ],
    ids=["long label", "long session"],
)
def test_a_request_that_is_too_long_is_answered_in_a_sentence(
    http: httpx.Client, content: dict[str, Any], status: int, words: str
) -> None:
    answer = http.post("queue/join", json=content)
    assert answer.status_code == status and words in answer.text and len(answer.text) < 400


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


def test_an_upload_that_breaks_off_leaves_nothing(http: httpx.Client) -> None:
    def broken() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + b"1" * 100_000
        raise httpx.WriteError("gone")

    with pytest.raises(httpx.WriteError):
        http.post("upload", content=broken(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    end = time.monotonic() + 20
    while unfinished() and time.monotonic() < end:
        time.sleep(0.05)
    assert unfinished() == []


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
    asyncio.run(RequestLimits(full)(scope, receive, send))
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


def test_the_oldest_uploads_make_room_and_what_is_old_or_left_over_goes(tmp_path: Path) -> None:
    old, *kept = (upload(tmp_path, number, 100, age) for number, age in enumerate([9000, 300, 200, 100]))
    left_over, coming_in = tmp_path / "tmpabcd1234", tmp_path / "tmpefgh5678"
    other = tmp_path / "something else"
    for path, age in ((left_over, 700), (coming_in, 5), (other, 9000)):
        path.write_bytes(b"2" * 50)
        os.utime(path, (time.time() - age,) * 2)
    upload_folder.sweep(tmp_path)
    assert not old.exists() and not left_over.exists() and coming_in.exists() and other.exists()
    assert all(path.exists() for path in kept) and upload_folder.bytes_held(tmp_path) == 350
    upload_folder.sweep(tmp_path, room_for=100, most=300)
    assert [path.exists() for path in kept] == [False, False, True] and coming_in.exists()
    upload_folder.sweep(tmp_path / "not there")
