"""The page itself, 1.5 MB of HTML: written once for all who come by the same address, and sent in half of the bytes.

Gradio (6.31) writes it anew for each visitor, which takes a tenth of a second, and sends it as it is.
"""

import gzip
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import anyio
import anyio.to_thread
import brotli

from demo.server.request_limits import Asgi, Message, Receive, Send, path_of

MOST_KEPT = 4  # pages, one for each address that somebody came by; they say it in a header, whatever they like
ADDRESS = (b"host", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")  # what Gradio reads it from
OTHERS = {"deep_link", "all_endpoints"}  # in an address; what is written then is not the same for all
# By the names that browsers have for them, the smallest first.
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda content: bytes(brotli.compress(content, quality=5)),
    "gzip": lambda content: gzip.compress(content, 6, mtime=0),
    "": bytes,
}


@dataclass
class _Kept:
    """A page by its packing, as far as somebody wanted it so; "" is the one that the others are made of."""

    lock: anyio.Lock = field(default_factory=anyio.Lock)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    content: dict[str, bytes] = field(default_factory=dict)


class KeptPage:
    """ASGI middleware."""

    def __init__(self, app: Asgi) -> None:
        self.app = app
        self._kept: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if not _is_page(scope):
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        address = (scope.get("scheme"), scope.get("root_path"), *(headers.get(name) for name in ADDRESS))
        kept = self._kept.setdefault(address, _Kept())
        self._kept.move_to_end(address)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        packing = _accepted(headers.get(b"accept-encoding", b"").decode("latin-1"))
        async with kept.lock:
            if not kept.content and (answer := await self._write(kept, scope, receive)):
                for message in answer:
                    await send(message)
                return None
            if packing not in kept.content:
                kept.content[packing] = await anyio.to_thread.run_sync(PACKED[packing], kept.content[""])
        content = kept.content[packing]
        more = [(b"content-length", b"%d" % len(content)), (b"vary", b"Accept-Encoding")]
        if packing:
            more.append((b"content-encoding", packing.encode()))
        await send({"type": "http.response.start", "status": 200, "headers": [*kept.headers, *more]})
        await send({"type": "http.response.body", "body": content})
        return None

    async def _write(self, kept: _Kept, scope: MutableMapping[str, Any], receive: Receive) -> list[Message]:
        """Have the page written and keep it; what was answered instead, where it was not to be had."""
        answer: list[Message] = []

        async def take(message: Message) -> None:
            answer.append(message)

        await self.app(scope, receive, take)
        headers = answer[0].get("headers", []) if answer else []
        if not answer or answer[0].get("status") != 200 or any(name == b"set-cookie" for name, _ in headers):
            return answer
        kept.headers = [(name, value) for name, value in headers if name != b"content-length"]
        kept.content[""] = b"".join(message.get("body", b"") for message in answer[1:])
        return []


def _is_page(scope: MutableMapping[str, Any]) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return (
        path_of(scope) in ("", "/") and not OTHERS & parse_qs(scope.get("query_string", b"").decode("latin-1")).keys()
    )


def _accepted(header: str) -> str:
    """The first of PACKED that the browser takes."""
    taken = {part.split(";")[0].strip() for part in header.split(",") if not part.replace(" ", "").endswith(";q=0")}
    return next(packing for packing in PACKED if packing in taken or not packing)
