"""Attacks step in one thread that has all the cores; every other thread computes alone."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest
import torch

from demo import compute, runner


def threads() -> int:
    return torch.get_num_threads()


def test_one_thread_has_the_cores() -> None:
    assert compute.call(threads) == compute._cores
    others: list[int] = []
    visitor = threading.Thread(target=lambda: others.append(threads()))
    visitor.start()
    visitor.join()
    assert [*others, threads()] == [1, 1]
    assert compute.call(threads) == compute._cores  # which a thread that came later did not change


def test_steps_of_two_runs_are_taken_there_in_turn() -> None:
    taken: list[tuple[str, str]] = []

    def run(name: str) -> Iterator[int]:
        for i in range(3):
            taken.append((name, threading.current_thread().name))
            yield i

    a, b = (runner.driven(run(name), lambda: False) for name in "ab")  # type: ignore[arg-type]
    for _ in range(3):
        next(a), next(b)
    assert [name for name, _ in taken] == list("ababab")
    assert {where for _, where in taken} == {"attacks_0"}


def test_what_goes_wrong_there_is_raised_here() -> None:
    def wrong() -> None:
        raise ValueError("no such label")

    with pytest.raises(ValueError, match="no such label"):
        compute.call(wrong)
    assert compute.call(abs, -2) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_has_a_thread_of_its_own() -> None:
    """ZeroGPU runs what it lends a GPU to in a fork, where the parent's threads are gone."""
    child = os.fork()
    if not child:
        signal.alarm(30)  # where it would wait for ever, it ends
        try:
            os._exit(compute.call(abs, -7))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
