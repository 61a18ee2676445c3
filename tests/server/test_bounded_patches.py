"""What Gradio would keep for ever, or read without an end: bounded."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import awaited
from gradio import processing_utils, routes

from demo.gradio_patches import bounded_fetch, bounded_upload_progress

MOST = 1000  # bytes


def test_how_far_uploads_are_is_kept_of_the_latest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    progress = routes.file_upload_statuses
    for name in ("_statuses", "_signals"):
        monkeypatch.setattr(progress, name, getattr(progress, name))
    bounded_upload_progress.install()

    async def ask(name: str) -> None:
        await asyncio.wait_for(progress.is_tracked(name), 0.001)

    for number in range(2 * bounded_upload_progress.MOST):
        progress.append(str(number), "photo.png", b"1")
        assert progress.pop(str(number)).chunk_size == 1
    awaited(ask(str(number)))
    with pytest.raises(TimeoutError):
        awaited(ask("unknown"))
    assert len(progress._statuses) == len(progress._signals) == bounded_upload_progress.MOST


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"1" * 100


async def photo() -> AsyncIterator[bytes]:
    for _ in range(10):
        yield b"1" * (MOST // 10)


async def silent() -> AsyncIterator[bytes]:
    yield b"1"
    await asyncio.sleep(60)


def answer(request: httpx.Request) -> httpx.Response:
    """What the world outside says."""
    assert request.headers["accept-encoding"] == "identity"
    return {
        "/photo": httpx.Response(200, content=photo()),
        "/moved": httpx.Response(302, headers={"Location": "/photo"}),
        "/circle": httpx.Response(302, headers={"Location": "/circle"}),
        "/large": httpx.Response(200, content=endless()),
        "/slow": httpx.Response(200, content=silent()),
        "/missing": httpx.Response(404, content=photo()),
    }[request.url.path]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that were asked for."""
    hosts: list[str] = []

    async def public(host: str) -> httpx.AsyncBaseTransport:
        hosts.append(host)
        return httpx.MockTransport(answer)

    monkeypatch.setattr(bounded_fetch, "public", public)
    monkeypatch.setattr(bounded_fetch, "SECONDS", 0.2)
    monkeypatch.setattr(processing_utils, "async_ssrf_protected_get", None)
    bounded_fetch.install(MOST)
    return hosts


def fetch(path: str, folder: Path) -> bytes:
    saved: Any = processing_utils.async_ssrf_protected_download(f"http://example.org{path}", str(folder))
    return Path(awaited(saved)).read_bytes()


def test_a_photo_of_another_address_is_fetched_and_every_step_to_it_is_checked(
    outside: list[str], tmp_path: Path
) -> None:
    assert fetch("/photo", tmp_path) == b"1" * MOST and outside == ["example.org"]
    assert fetch("/moved", tmp_path) == b"1" * MOST and outside == ["example.org"] * 3


@pytest.mark.parametrize("path", ["/large", "/slow", "/circle", "/missing"])
def test_what_is_too_large_or_does_not_come_is_given_up(path: str, outside: list[str], tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"bytes at this address|from one to the next|404|^$"):
        fetch(path, tmp_path)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_no_address_of_this_machine_is_asked() -> None:
    for host in ("127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254"):
        with pytest.raises(ValueError, match="failed validation"):
            awaited(bounded_fetch.fetched(f"http://{host}/", MOST))
