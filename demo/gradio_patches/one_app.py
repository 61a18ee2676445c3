"""Behaviour: Gradio (6.31) makes a page's web application, with more than a hundred addresses, three times: as `Blocks` begins,
as it ends, and in `launch()`. Only the last is used, and all three take a tenth of a start."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gradio.routes import App


@contextmanager
def none_yet() -> Iterator[None]:
    """While a page is built, which has no application before it is launched."""
    makes: Any = App.__dict__["create_app"]
    App.create_app = staticmethod(lambda *_, **__: None)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        App.create_app = makes  # type: ignore[method-assign]
