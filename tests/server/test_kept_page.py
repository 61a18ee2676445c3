"""The page is written once for all who come by the same address, and sent as small as their browser takes it."""

import asyncio
import gzip
from typing import Any

import brotli
import pytest
from conftest import awaited

from demo.server.kept_page import MOST_KEPT, KeptPage

PAGE = b"<html>" + b"the page " * 1000


class Gradio:
    """Writes a page that says which address it was asked by; `status` and more headers as they are set."""

    def __init__(self) -> None:
        self.written, self.status, self.headers = 0, 200, [(b"content-type", b"text/html")]

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        self.written += 1
        await asyncio.sleep(0)
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [*self.headers, (b"content-length", b"9")],
            }
        )
        await send({"type": "http.response.body", "body": dict(scope["headers"]).get(b"host", b""), "more_body": True})
        await send({"type": "http.response.body", "body": PAGE})


async def ask(app: KeptPage, packing: str = "", **scope: Any) -> tuple[dict[bytes, bytes], bytes]:
    said: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> Any:
        raise AssertionError("There is nothing to read of a GET")

    headers = [(b"host", scope.pop("host", b"here")), (b"accept-encoding", packing.encode())]
    whole = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers, **scope}
    await app(whole, receive, send)
    return dict(said[0]["headers"]), b"".join(message.get("body", b"") for message in said[1:])


@pytest.fixture
def gradio() -> Gradio:
    return Gradio()


@pytest.fixture
def app(gradio: Gradio) -> KeptPage:
    return KeptPage(gradio)


def test_who_comes_at_once_by_one_address_gets_what_was_written_once(gradio: Gradio, app: KeptPage) -> None:
    async def class_comes() -> list[Any]:
        return await asyncio.gather(*(ask(app, query_string=b"k=%d" % k) for k in range(40)))

    assert {content for _, content in awaited(class_comes())} == {b"here" + PAGE} and gradio.written == 1


@pytest.mark.parametrize(
    ("taken", "sent", "opened"),
    [
        ("gzip, deflate, br, zstd", b"br", brotli.decompress),
        ("gzip, deflate", b"gzip", gzip.decompress),
        ("br;q=0, gzip", b"gzip", gzip.decompress),
        ("", None, bytes),
    ],
)
def test_it_is_as_small_as_the_browser_takes_it(app: KeptPage, taken: str, sent: bytes | None, opened: Any) -> None:
    headers, content = awaited(ask(app, taken))
    assert headers.get(b"content-encoding") == sent and opened(content) == b"here" + PAGE
    assert int(headers[b"content-length"]) == len(content) and headers[b"content-type"] == b"text/html"
    assert sent is None or len(content) < len(PAGE) / 3


def test_each_address_has_its_own_and_few_are_kept(gradio: Gradio, app: KeptPage) -> None:
    async def many() -> None:
        for number in range(3 * MOST_KEPT):
            assert (await ask(app, host=b"host%d" % number))[1] == b"host%d" % number + PAGE
        assert (await ask(app, host=b"host%d" % number))[1].startswith(b"host")

    awaited(many())
    assert gradio.written == 3 * MOST_KEPT and len(app._kept) == MOST_KEPT


@pytest.mark.parametrize(
    "other",
    [{"path": "/config"}, {"method": "HEAD"}, {"query_string": b"deep_link=x"}, {"query_string": b"all_endpoints=1"}],
)
def test_whatever_else_is_asked_for_is_asked_of_gradio(gradio: Gradio, app: KeptPage, other: dict[str, Any]) -> None:
    for _ in range(2):
        awaited(ask(app, **other))
    assert gradio.written == 2 and not app._kept


def test_what_is_no_page_is_handed_on_and_not_kept(gradio: Gradio, app: KeptPage) -> None:
    gradio.status = 503
    assert awaited(ask(app, "br"))[1] == b"here" + PAGE
    gradio.status, gradio.headers = 200, [(b"set-cookie", b"who=me")]
    assert awaited(ask(app, "br"))[0][b"set-cookie"] == b"who=me"
    assert gradio.written == 2
