"""The thread that a run's attack steps in, and that has all the cores.

PyTorch's OpenMP keeps a team of threads for every thread that ever ran a parallel loop, for as long as that thread lives.
Once all teams together are more than the cores, they give up waiting for each other actively, and an attack takes almost
twice as long (52 ms a step instead of 30, on two cores with 224 × 337 pixels). Gradio answers events in a new thread now and
then; so here all of those compute alone, and a run has a thread of its own, which ends with it.
"""

import os
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch

from demo.engine import heap

Made = TypeVar("Made")

_cores = torch.get_num_threads()
_NICE = max(5, os.nice(0)) if sys.platform == "linux" else 0


def _take(threads: int) -> None:
    """So many threads for what the calling thread computes."""
    torch.set_num_threads(threads)
    torch.get_num_threads()  # a thread that has never asked takes the number that was set last, by whichever thread


_take(1)


def _step_back() -> None:
    """Whoever only looks at the page gets the cores first. Linux alone has a priority for a thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


@dataclass(frozen=True)
class Worker:
    """`call(function, *args)` has the thread do it, and returns what the function does, or raises that."""

    pool: ThreadPoolExecutor

    def __call__(self, function: Callable[..., Made], *args: object) -> Made:
        made = self.later(function, *args)
        try:
            return made.result()
        finally:
            wait([made])  # Ctrl-C ends the waiting, not the step; a generator that is at work cannot be closed

    def later(self, function: Callable[..., Made], *args: object) -> Future[Made]:
        """The same for who does not wait for it."""
        return self.pool.submit(function, *args)


@contextmanager
def thread() -> Generator[Worker]:
    """A new thread with all cores. It ends, after what it is at, where the block is left."""
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="attack") as pool:
            call = Worker(pool)
            call(_step_back)
            call(_take, _cores)  # OpenMP's threads come after, and have the same priority
            _take(1)  # for threads that are yet to come
            yield call
    finally:
        heap.give_back()
