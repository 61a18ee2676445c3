"""Iterating over a generator that returns something at its end, as every run does: steps first, then a result."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any, Generic, TypeVar

Seen = TypeVar("Seen")
Made = TypeVar("Made")


class WithResult(Generic[Seen, Made]):
    """`for step in run`, and then `run.result` is what the generator returned. A loop that is left closes the generator."""

    result: Made  # there once the generator has ended

    def __init__(self, generator: Generator[Seen, Any, Made]) -> None:
        self._generator = generator

    def __iter__(self) -> Iterator[Seen]:
        try:
            self.result = yield from self._generator
        finally:
            self._generator.close()

    def paced(self, pause: Callable[[float], float]) -> Iterator[Seen]:
        """The same, less what comes within a pause after the last that was handed out: to draw now and then.

        pause: its seconds, of those that the run has gone on by then.
        """
        began = due = time.perf_counter()
        for seen in self:
            now = time.perf_counter()
            if now >= due:
                due = now + pause(now - began)
                yield seen


def drain(generator: Generator[Any, Any, Made]) -> Made:
    """Run a generator to its end; returns what it returns."""
    run = WithResult(generator)
    deque(run, maxlen=0)  # keeps none of what it hands out
    return run.result
