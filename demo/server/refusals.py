"""One sentence where a request does not fit what Gradio (6.31) takes: its own answers repeat all that came, or are no words."""

import logging
import traceback
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from gradio.route_utils import FnIndexInferError

_log = logging.getLogger(__name__)

UNKNOWN = "The page has no such event or endpoint. Programs call annotate and attack: see /gradio_api/info."
UNFIT = "What was sent does not fit: /gradio_api/info tells what the endpoints take."
OURS = ("demo", "tkml_core")  # packages
BROKEN = "Something broke on the server, which is not your doing; its log says what. Please try again."


def handlers() -> dict[Any, Any]:
    """For FastAPI: what is raised before one of the page's own handlers is called, and what is answered then."""
    return {
        RequestValidationError: _named,
        FnIndexInferError: _unknown,
        KeyError: _unknown,
        TypeError: _unfit,
        ValueError: _unfit,
        Exception: _broken,
    }


async def _named(request: Request, error: RequestValidationError) -> JSONResponse:
    """The first value that does not fit, by its name."""
    for one in error.errors():
        place = ".".join(str(part) for part in one["loc"][1:])[:100]
        return _answer(422, f"{place or 'The request'}: {one['msg'][:200]}.")
    return _answer(422, UNFIT)


async def _unknown(request: Request, error: Exception) -> JSONResponse:
    _refused("no event or endpoint", error)
    return _answer(404, UNKNOWN)


async def _unfit(request: Request, error: Exception) -> JSONResponse:
    _refused("does not fit", error)
    return _answer(400, UNFIT)


async def _broken(request: Request, error: Exception) -> JSONResponse:
    return _answer(500, BROKEN)


def _refused(what: str, error: Exception) -> None:
    """In the log, with its place: it may be a fault of Gradio's. One of the page's own is raised again, and then is `_broken`."""
    frames = [(frame.f_globals.get("__name__", "?"), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    packages = [name.partition(".")[0] for name, _ in frames]
    raised_in = next((package for package in reversed(packages) if package in {"gradio", *OURS}), "")
    if raised_in in OURS:
        raise error
    _log.warning(
        "Refused a request (%s): %s %.200s, %s:%d", what, type(error).__name__, error, *(frames or [("?", 0)])[-1]
    )


def _answer(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence, "error": sentence}, status)
