"""The one thread that attacks step in, and that has all the cores.

PyTorch's OpenMP keeps a team of threads for every thread that ever ran a parallel loop. Once all teams together are more
than the cores, they give up waiting for each other actively, and an attack takes almost twice as long (52 ms a step instead
of 30, on two cores with 224 × 337 pixels). Gradio answers events in a new thread now and then; so here all of them compute
alone, and only this one has a team.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Made = TypeVar("Made")

_cores = torch.get_num_threads()
_thread: ThreadPoolExecutor


def _take(threads: int) -> None:
    """So many threads for what the calling thread computes."""
    torch.set_num_threads(threads)
    torch.get_num_threads()  # a thread that has never asked takes the number that was set last, by whichever thread


def _begin() -> None:
    global _thread
    _thread = ThreadPoolExecutor(1, thread_name_prefix="attacks")
    _thread.submit(_take, _cores).result()
    _take(1)  # in this thread, and in all that are yet to come


_begin()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin)  # where a GPU is lent: a fork has no thread but the one that forked


def call(function: Callable[..., Made], *args: object) -> Made:
    """function(*args) in that thread, after what others have asked of it; raises what it raises."""
    return _thread.submit(function, *args).result()
