"""What the events of all tabs share: Gradio's settings for them, and errors in words for a visitor."""

import errno
import logging
from collections.abc import Callable
from functools import wraps
from html import escape
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr

from demo.engine.run_queue import AT_ONCE, MOST_WAITING

_log = logging.getLogger(__name__)


def plainly(handler: Callable[..., Any]) -> Callable[..., Any]:
    """`handler`, with whatever it raises turned into a sentence for the visitor; what is no refusal goes to the log too."""

    if isgeneratorfunction(handler):

        @wraps(handler)
        def generator(*args: Any, **kwargs: Any) -> Any:
            try:
                yield from handler(*args, **kwargs)
            except Exception as error:
                raise told(error) from None

        return generator

    @wraps(handler)  # Gradio reads the signature
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except Exception as error:
            raise told(error) from None

    return wrapped


def told(error: Exception) -> gr.Error:
    """What a visitor reads about `error`; what is no refusal goes to the log too."""
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, ValueError):
        return plain_error(str(error))
    _log.error("An event failed", exc_info=error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return plain_error("The server's disk is full. Please try again later.")
    if isinstance(error, MemoryError):
        return plain_error("The server has no memory left for this. Please try again later, or with a smaller photo.")
    kind = type(error).__name__
    return plain_error(
        f"Something broke on the server ({kind}), which is not your doing; its log says what. Please try again."
    )


def event_word(event: gr.EventData, name: str) -> str:
    """A word that comes with an event, as from one button of many. ValueError where an event comes without."""
    data = event._data
    if not isinstance(data, dict) or not isinstance(data.get(name), str):
        raise ValueError(f"This comes from a click on the page, which says its {name}; got {data!r:.100}.")
    return str(data[name])


# Without widgets that show progress: else the page describes every output of an event anew, pictures and all, at each message.
QUIET: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": [], "api_visibility": "private"}


# One choice of a visitor after the other (see `queue`): each reads what the one before it has set, however fast they click.
CHOICE: dict[str, Any] = {**QUIET, "concurrency_id": "choice", "concurrency_limit": 4, "trigger_mode": "always_last"}


Update = dict[Any, Any]  # widget -> its new value; widgets that are not named stay as they are


def plain_error(message: str) -> gr.Error:
    """What the visitor reads when something is wrong; `message` may quote their input, so it is escaped."""
    return gr.Error(escape(message, quote=False), title="That did not work", print_exception=False)


# For every event that attacks, page and endpoint alike: they wait in `engine.run_queue`, and here there is room for all of them.
RUN: dict[str, Any] = {"concurrency_id": "run", "concurrency_limit": AT_ONCE + MOST_WAITING + 10}
