"""Behaviour: of an upload whose part is not called "files", or whose file has a name that cannot be, Gradio (6.31) keeps the
temporary file, and nobody knows of it.

Here what an upload did not hand over is gone with the request.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from gradio import route_utils

_made: ContextVar[list[Path] | None] = ContextVar("_made", default=None)


def _noted(*args: Any, **options: Any) -> Any:
    file = NamedTemporaryFile(*args, **options)  # noqa: SIM115  # whoever asked for it closes it
    made = _made.get()
    if made is not None:
        made.append(Path(file.name))
    return file


@contextmanager
def gone_at_the_end() -> Iterator[None]:
    """For an upload: its temporary files that were not moved to their place are deleted."""
    made: list[Path] = []
    token = _made.set(made)
    try:
        yield
    finally:
        _made.reset(token)
        for path in made:
            path.unlink(missing_ok=True)


def install() -> None:
    """For all uploads from now on."""
    route_utils.NamedTemporaryFile = _noted  # type: ignore[assignment]
