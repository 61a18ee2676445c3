"""What may come in by HTTP at all: where to, how much, how long, how many files at once, and of which kind. Before Gradio reads
any of it."""

import errno
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from gradio.route_utils import MultiPartException
from gradio.utils import get_upload_folder
from python_multipart.multipart import parse_options_header

from demo.gradio_patches import lean_sessions, no_left_overs
from demo.photos import upload_folder
from demo.photos.selection import MOST_UPLOADS
from demo.photos.uploads import MAX_FILE_SIZE
from tkml_core import photo_files

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MOST_JSON_BYTES = 1_000_000
MOST_UPLOAD_BYTES = MOST_UPLOADS * MAX_FILE_SIZE // 2  # a request; photos are seldom half as large as they may be
MOST_COMING_IN = {"json": 100_000_000, "upload": 1_000_000_000}  # bytes of bodies not complete yet, of all callers
SMALL = 64_000  # bytes of a body that is let in all the same: as nearly all of the page's own are
JSON_SECONDS, UPLOAD_SECONDS = 30.0, 600.0  # for a body to come in
SILENT_SECONDS = 60.0  # between two pieces of an upload

UPLOAD = "/gradio_api/upload"
# Gradio (6.31) has more addresses. Nothing here uses them, and they keep files, fetch what others have, or break at odd input.
_OPEN_POSTS = re.compile(r"/gradio_api/(queue/join|cancel|reset|(run|api|call|call/v2)/[^/]+)/?")
_AGENTS = re.compile(r"/gradio_api/mcp(/.*)?")
_CLOSED_GETS = re.compile(r"/gradio_api/(proxy=|file[=/]\s*https?:|deep_link|custom_component/|vibe-)", re.IGNORECASE)
_HEARTBEAT = re.compile(r"/gradio_api/heartbeat/([^/]+)")

LONGEST_NAME = 255  # bytes, of a file; longer ones are an error to the system, not a file that is missing

NOTHING_HERE = "There is nothing at this address. Programs call /gradio_api/call/annotate and /gradio_api/call/attack."
TOO_SLOW = "The request took too long to arrive. Please send it again."
TOO_BUSY = "Too much is being sent to this server at once. Please try again in a moment."
TOO_LONG = f"A request has at most {MOST_JSON_BYTES // 1_000_000} MB. Photos are sent as files, to /upload."
TOO_MANY = f"At most {MOST_UPLOADS} files are taken at a time; please send fewer."
TOO_LARGE = f"At most {MOST_UPLOAD_BYTES // 1_000_000} MB are taken at a time; please send fewer or smaller photos."
BROKE_OFF = "The upload broke off before its end. Please send it again."
DISK_FULL = "The server has no room for this file at present. Please try again in some minutes."
_coming_in: Counter[str] = Counter()  # bytes, by kind


class RequestLimits:
    """ASGI middleware. What is refused gets one sentence and leaves no file behind. agents: whether they may call (MCP)."""

    def __init__(self, app: Asgi, agents: bool = False) -> None:
        self.app, self.agents = app, agents

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path, method = path_of(scope), scope["method"]
        if method == "POST" and path == UPLOAD:
            return await _upload(self.app, scope, receive, send)
        if method == "POST" and (_OPEN_POSTS.fullmatch(path) or (self.agents and _AGENTS.fullmatch(path))):
            return await _json(self.app, scope, receive, send)
        if method == "POST" or _CLOSED_GETS.match(path) or _has_long_name(path):
            return await _answer(send, 404, NOTHING_HERE)
        if method == "GET" and (page := _HEARTBEAT.fullmatch(path)):
            with lean_sessions.here(page[1]):
                return await self.app(scope, receive, send)
        return await self.app(scope, receive, send)


def path_of(scope: MutableMapping[str, Any]) -> str:
    """The address that is asked for, without what a proxy puts before it."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


async def _json(app: Asgi, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    if _length(scope) > MOST_JSON_BYTES:
        return await _answer(send, 413, TOO_LONG)
    body, more = bytearray(), True
    try:
        with anyio.fail_after(JSON_SECONDS):
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    return None  # whoever sent it has gone
                piece, more = message.get("body", b""), message.get("more_body", False)
                body += piece
                _coming_in["json"] += len(piece)
                if len(body) > MOST_JSON_BYTES:
                    return await _answer(send, 413, TOO_LONG)
                if len(body) > SMALL and _coming_in["json"] > MOST_COMING_IN["json"]:
                    return await _answer(send, 503, TOO_BUSY)
    except TimeoutError:
        return await _answer(send, 408, TOO_SLOW)
    finally:
        _coming_in["json"] -= len(body)
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    await app(scope, again, send)
    return None


async def _upload(app: Asgi, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    if _length(scope) > MOST_UPLOAD_BYTES:
        return await _answer_upload(send, 413, TOO_LARGE)
    folder = Path(get_upload_folder())
    await anyio.to_thread.run_sync(upload_folder.sweep, folder, max(_length(scope), MAX_FILE_SIZE))
    counted = _Counted(scope, receive)
    # Held back until what the upload left over is deleted: who has the answer may rely on it.
    answer: list[Message] = []

    async def hold(message: Message) -> None:
        answer.append(message)

    try:
        with no_left_overs.gone_at_the_end():
            await app(scope, counted, hold)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return await _answer_upload(send, 507, DISK_FULL)
    finally:
        _coming_in["upload"] -= counted.size
    if answer and answer[0]["status"] == 200:
        content = b"".join(message.get("body", b"") for message in answer)
        # Gradio's client for Python shows a refused upload's status alone. Its call then says what is wrong with the file.
        later = _header(scope, b"user-agent").startswith(b"gradio_client/")
        refused = await anyio.to_thread.run_sync(_refused, content, later)
        if refused:
            return await _answer_upload(send, 415, refused)
    for message in answer:
        await send(message)
    return None


class _Counted:
    """`receive`, which ends an upload in Gradio's own way, its files deleted, where too much comes, or no more, or too slowly."""

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive) -> None:
        boundary = parse_options_header(_header(scope, b"content-type"))[1].get(b"boundary")  # as Gradio reads it
        self.mark = b"--" + boundary if boundary else b""
        self.receive, self.size, self.parts, self.end = receive, 0, 0, b""
        self.until, self.complete = anyio.current_time() + UPLOAD_SECONDS, False

    async def __call__(self) -> Message:
        if self.complete:
            return await self.receive()
        try:
            with anyio.fail_after(min(SILENT_SECONDS, self.until - anyio.current_time())):
                message = await self.receive()
        except TimeoutError:
            raise MultiPartException(TOO_SLOW) from None
        if message["type"] == "http.disconnect":
            raise MultiPartException(BROKE_OFF)
        body, self.complete = message.get("body", b""), not message.get("more_body", False)
        self.size += len(body)
        _coming_in["upload"] += len(body)
        if self.size > MOST_UPLOAD_BYTES:
            raise MultiPartException(TOO_LARGE)
        if _coming_in["upload"] > MOST_COMING_IN["upload"]:
            raise MultiPartException(TOO_BUSY)
        if self.mark:
            seen = self.end + body
            self.parts += seen.count(self.mark)
            self.end = seen[-len(self.mark) + 1 :]
        if self.parts > MOST_UPLOADS + 1:  # one more closes the last part
            raise MultiPartException(TOO_MANY)
        return message


def _refused(content: bytes, later: bool) -> str:
    """What is said of an upload with no picture in it, told by the files' headers; "" where there is one.

    `content` is Gradio's answer: a list of the files. What is no picture is kept in no case. Among pictures it leaves an empty
    file of its name, so that the tab that takes many at once can say which one it went without; so it does where whoever
    takes the file is to say so `later`.
    """
    try:
        paths = [Path(path) for path in json.loads(content)]
    except (ValueError, TypeError):
        return ""  # no list of files
    folder = Path(get_upload_folder())
    others = [path for path in paths if path.parent.parent == folder and not photo_files.is_picture(path)]
    for path in others:
        path.write_bytes(b"")
    if later or not others or len(others) < len(paths):
        return ""
    for path in others:
        path.unlink(missing_ok=True)
    return photo_files.no_picture(others[0].name[:100])


def _has_long_name(path: str) -> bool:
    return any(len(part.encode(errors="replace")) > LONGEST_NAME for part in path.split("/"))


def _header(scope: MutableMapping[str, Any], name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _length(scope: MutableMapping[str, Any]) -> int:
    text = _header(scope, b"content-length")
    return int(text) if text.isdigit() else 0


async def _answer(send: Send, status: int, sentence: str) -> None:
    await _send(send, status, b"application/json", json.dumps({"detail": sentence, "error": sentence}))


async def _answer_upload(send: Send, status: int, sentence: str) -> None:
    """As Gradio itself refuses an upload: the page shows the text as it comes."""
    await _send(send, status, b"text/plain; charset=utf-8", sentence)


async def _send(send: Send, status: int, kind: bytes, text: str) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": text.encode()})
