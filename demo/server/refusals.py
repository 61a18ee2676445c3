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
    _told("no event or endpoint", error)
    return _answer(404, UNKNOWN)


async def _unfit(request: Request, error: Exception) -> JSONResponse:
    _told("does not fit", error)
    return _answer(400, UNFIT)


async def _broken(request: Request, error: Exception) -> JSONResponse:
    return _answer(500, BROKEN)


def _told(what: str, error: Exception) -> None:
    """In the log, with the place: where it is a fault of the page's own it must not be lost."""
    at = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{at[0].filename}:{at[0].lineno}" if at else "?"
    _log.warning("Refused a request (%s): %s %.200s, %s", what, type(error).__name__, error, where)


def _answer(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence, "error": sentence}, status)
