"""Behaviour: under every `upload_id` that somebody names, Gradio (6.31) keeps how far that upload is, and a signal, for ever.

Here the latest are kept, more than there are uploads at a time; a progress bar that is forgotten stands still.
"""

import asyncio
from collections import defaultdict
from typing import Any

from gradio import routes

MOST = 500


class Latest(defaultdict[str, Any]):
    """A dictionary that forgets the oldest keys."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        while len(self) > MOST:
            del self[next(iter(self))]

    def __missing__(self, key: str) -> Any:
        if self.default_factory is None:
            raise KeyError(key)
        self[key] = value = self.default_factory()
        return value


def install() -> None:
    """For all uploads from now on."""
    routes.file_upload_statuses._statuses = Latest()
    routes.file_upload_statuses._signals = Latest(asyncio.Event)
