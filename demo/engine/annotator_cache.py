"""Annotators in memory: loaded when first asked for, shared by all who ask, and let go when there are too many."""

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable

import tkml_core as tk

MOST_BYTES = 1_000_000_000  # of parameters and buffers, all annotators together


class Loaded:
    """Annotators by name. Who asks for one that is being loaded waits for it; who asks for another does not.

    load: makes an annotator. most_bytes: where all together are larger, those that were not asked for longest leave; the
    one that was asked for last stays in any case. Whoever still uses one that has left goes on doing so.
    """

    def __init__(self, load: Callable[[str], tk.Annotator], most_bytes: int = MOST_BYTES) -> None:
        self._load, self._most = load, most_bytes
        self._here: OrderedDict[str, tk.Annotator] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}

    def get(self, name: str) -> tk.Annotator:
        """The annotator called `name`. ValueError where its weights cannot be had."""
        with self._lock:
            own = self._loading.setdefault(name, threading.Lock())
        with own:
            with self._lock:
                if name in self._here:
                    self._here.move_to_end(name)
                    return self._here[name]
            try:
                annotator = self._load(name)
            except OSError as error:
                print(
                    f"{name}: {error}", file=sys.stderr, flush=True
                )  # it tells paths, which are not a visitor's affair
                raise ValueError(f"The weights of {name} cannot be had here; the log of this page says why.") from error
            with self._lock:
                self._here[name] = annotator
                while len(self._here) > 1 and sum(map(_bytes, self._here.values())) > self._most:
                    self._here.popitem(last=False)
            return annotator

    def names(self) -> tuple[str, ...]:
        """Those in memory, the one that was asked for last at the end."""
        with self._lock:
            return tuple(self._here)


def _bytes(annotator: tk.Annotator) -> int:
    return sum(t.numel() * t.element_size() for t in (*annotator.module.parameters(), *annotator.module.buffers()))
