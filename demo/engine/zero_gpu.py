"""ZeroGPU Spaces lend a GPU to calls of marked functions, which then run in a process of their own. Elsewhere: no effect.

What such a function takes and yields is pickled, so nothing that it says or hears can be a shared variable or a closure.
"""

import os
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    import spaces  # before torch, which it patches: demo/__init__.py sees to that
except ImportError:
    spaces = None

LENDS = spaces is not None and os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def lent(seconds: float) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: the function gets a GPU for at most that long, where GPUs are lent."""
    if spaces is None:
        return lambda function: function
    decorator: Callable[[Callable[..., Any]], Callable[..., Any]] = spaces.GPU(duration=round(seconds))
    return decorator


def lends_now() -> bool:
    """Whether a GPU can be had: GPUs are lent to visitors' requests, not to the page's own start."""
    if not LENDS:
        return False
    from gradio.context import LocalContext  # late: the package that lends must come before everything else

    return LocalContext.blocks.get(None) is not None


@dataclass(frozen=True)
class Flag:
    """A word between two processes: a file that is there or not."""

    path: Path = field(default_factory=lambda: Path(tempfile.gettempdir()) / f"tkml-stop-{uuid.uuid4().hex}")

    def is_up(self) -> bool:
        return self.path.exists()

    def up(self) -> None:
        self.path.touch()

    def down(self) -> None:
        self.path.unlink(missing_ok=True)
