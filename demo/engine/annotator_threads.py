"""The threads in which annotators look at photos: apart from runs, and apart from each other."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")

PATIENCE = 20.0  # seconds for one look, those of others before it included


class AnnotatorThreads:
    """A thread for each annotator, in which it looks at one photo after the other: a slow one keeps only its own waiting.

    Such a thread computes alone (see `threads`) and, unlike those of runs, with the priority of the page.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._lock = threading.Lock()

    def run(self, annotator: str, look: Callable[[], Made]) -> Made:
        """What `look` returns, or raises. ValueError, which names the annotator, where that takes longer than `patience`."""
        with self._lock:
            if annotator not in self._threads:
                self._threads[annotator] = ThreadPoolExecutor(1, thread_name_prefix="look")
        made = self._threads[annotator].submit(look)
        try:
            return made.result(self._patience)
        except TimeoutError:
            if made.done():  # the look itself raised it
                raise
            made.cancel()  # where it has not begun
            raise ValueError(
                f"The annotator {annotator} takes longer than {self._patience:g} seconds for a photo here. "
                "Please choose another annotator, or try again later."
            ) from None
