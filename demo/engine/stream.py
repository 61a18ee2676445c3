"""Generators that end with a result, as every run is one: all of it, or as much as somebody can look at."""

import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

Seen = TypeVar("Seen")
Made = TypeVar("Made")

PICTURES_EVERY = 1 / 8  # seconds; generators have no back-pressure, a browser would be flooded


def result_of(run: Generator[Any, None, Made], each: Callable[[Any], object] = lambda item: None) -> Made:
    """Go to the end of `run` and return what it returns; `each` gets every item. `run` is closed in any case."""
    try:
        while True:
            each(next(run))
    except StopIteration as end:
        made: Made = end.value
        return made
    finally:
        run.close()


def at_most_every(
    run: Generator[Seen, None, Made],
    seconds: float = PICTURES_EVERY,
    each: Callable[[Seen], object] = lambda item: None,
) -> Generator[Seen, None, Made]:
    """The first item, then at most one in `seconds`; returns what `run` returns. `each` gets all items, also those left out.

    Closing it closes `run`.
    """
    due = 0.0
    try:
        while True:
            item = next(run)
            each(item)
            if (now := time.perf_counter()) >= due:
                due = now + seconds
                yield item
    except StopIteration as end:
        made: Made = end.value
        return made
    finally:
        run.close()


def mapped(run: Generator[Seen, None, Made], change: Callable[[Seen], Any]) -> Generator[Any, None, Made]:
    """What `change` makes of every item; returns what `run` returns. Closing it closes `run`."""
    try:
        while True:
            yield change(next(run))
    except StopIteration as end:
        made: Made = end.value
        return made
    finally:
        run.close()
