"""Sample photos by address, from a server on this machine: never from the network."""

import contextlib
import io
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

import tkml_core as tk
from demo.components.sample_gallery import newer_samples
from demo.photos import download, samples
from demo.photos.download import Listed


def _jpeg(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


PHOTO = _jpeg(64, 48)
FILES = {"/right.jpg": PHOTO, "/text.jpg": b"no photo", "/huge.jpg": PHOTO + bytes(download.MOST_BYTES)}


@pytest.fixture(scope="module")
def host() -> Iterator[tuple[str, list[str]]]:
    """An address, and the paths that were asked for there."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path == "/slow.jpg":
                time.sleep(1)
            content = FILES.get(self.path)
            self.send_response(200 if content else 404)
            self.end_headers()
            with contextlib.suppress(OSError):  # the other side may have hung up
                self.wfile.write(content or b"")

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def photo(address: str, name: str = "right", size: tuple[int, int] = (64, 48)) -> Listed:
    return Listed(
        f"test-{name}", name.title(), f"{address}/{name}.jpg", size, "CC BY 2.0", "https://licence.example",
        "https://page.example", ("cat", "person"),
    )  # fmt: skip


def test_a_photo_is_fetched_once_and_kept(host: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = host
    asked.clear()
    path = download.fetch(photo(address), tmp_path)
    assert path and path.read_bytes() == PHOTO
    assert download.fetch(photo(address), tmp_path) == path and asked == ["/right.jpg"]


@pytest.mark.parametrize(
    ("name", "size"),
    [("right", (640, 480)), ("text", (64, 48)), ("huge", (64, 48)), ("none", (64, 48)), ("slow", (64, 48))],
    ids=["another photo", "no photo", "too large", "not there", "too slow"],
)
def test_what_is_not_the_photo_is_left_out(
    host: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: tuple[int, int]
) -> None:
    if name == "slow":
        monkeypatch.setattr(download, "TIMEOUT", 0.2)
    assert download.fetch(photo(host[0], name, size), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_nothing_changes(tmp_path: Path) -> None:
    download.add_all([photo("http://127.0.0.1:9")], tmp_path)
    assert not [item for item in samples.samples() if item.credit] and newer_samples(samples.samples()) is None


def test_new_visitors_find_the_photo_and_its_credit(
    host: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "_added", [])
    at_start = samples.samples()
    download.add_all([photo(host[0]), photo(host[0], "none")], tmp_path)
    item = samples.sample("test-right")
    assert item.open().size == (64, 48) and item.file and samples.samples()[-1] is item
    html = newer_samples(at_start)
    assert html and 'data-sample="test-right"' in html and "test-none" not in html
    assert 'Right: <a href="https://page.example"' in html and "CC BY 2.0" in html
    download.add_all([photo(host[0])], tmp_path)  # the page may be built twice in one process
    assert samples.samples()[-2] is not item


def test_the_list_is_sound() -> None:
    photos = download.listed()
    coco = tk.load("coco80").labels
    assert photos and len({item.name for item in photos}) == len(photos)
    for item in photos:
        assert item.url.startswith("http://images.cocodataset.org/val2017/") and item.url.endswith(".jpg")
        assert int(item.name.removeprefix("coco-")) == int(Path(item.url).stem)
        assert item.licence in ("CC BY 2.0", "CC BY-SA 2.0") and item.page.startswith("https://www.flickr.com/")
        assert item.truth and set(item.truth) <= set(coco) and max(item.size) <= 640


def test_starting_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    began, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(download, "add_all", lambda *args: (began.set(), go_on.wait(60)))
    download.in_background()
    assert began.wait(30) and not go_on.is_set()
    go_on.set()
