"""What the events of all tabs share: Gradio's settings for them, and errors in words for a visitor."""

from collections.abc import Callable
from functools import wraps
from html import escape
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr


def plainly(handler: Callable[..., Any]) -> Callable[..., Any]:
    """`handler`, with what the core or the runner refuses turned into a sentence for the visitor."""

    if isgeneratorfunction(handler):

        @wraps(handler)
        def generator(*args: Any, **kwargs: Any) -> Any:
            try:
                yield from handler(*args, **kwargs)
            except ValueError as error:
                raise plain_error(str(error)) from None

        return generator

    @wraps(handler)  # Gradio reads the signature
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except ValueError as error:
            raise plain_error(str(error)) from None

    return wrapped


QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


# One choice after the other: each reads what the one before it has set, however fast somebody clicks.
CHOICE: dict[str, Any] = {**QUIET, "concurrency_id": "choice", "concurrency_limit": 1, "trigger_mode": "always_last"}


Update = dict[Any, Any]  # widget -> its new value; widgets that are not named stay as they are


def plain_error(message: str) -> gr.Error:
    """What the visitor reads when something is wrong; `message` may quote their input, so it is escaped."""
    return gr.Error(escape(message, quote=False), title="That did not work", print_exception=False)


# For every event that attacks, page and endpoint alike: Gradio lets the lowest limit of an id hold for all that share it,
# and one that is not given is 1. Two cores: more runs at once would only make all of them slow.
AT_ONCE: dict[str, Any] = {"concurrency_id": "attack", "concurrency_limit": 2}
