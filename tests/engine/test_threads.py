"""A run steps in a thread of its own that has all the cores; every other thread computes alone."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch

from demo.engine import loop
from demo.engine import threads as compute

NO = torch.zeros(1, dtype=torch.bool)


def threads() -> int:
    return torch.get_num_threads()


def test_a_run_has_the_cores_and_nobody_else_more_than_one() -> None:
    others: list[int] = []
    with compute.thread() as call:
        assert call(threads) == compute._cores
        visitor = threading.Thread(target=lambda: others.append(threads()))
        visitor.start()
        visitor.join()
        assert [*others, threads()] == [1, 1]
        assert call(threads) == compute._cores  # which a thread that came later did not change


def test_the_thread_ends_with_its_run() -> None:
    def run() -> Iterator[SimpleNamespace]:
        for _ in range(3):
            yield SimpleNamespace(by=threading.current_thread().name, achieved=NO)

    def alive() -> int:
        return sum(thread.name.startswith("attack") for thread in threading.enumerate())

    before = alive()
    ended, closed = (loop.take_steps(run(), lambda: False) for _ in range(2))  # type: ignore[arg-type]
    assert next(ended).by == next(closed).by == "attack_0" and alive() == before + 2  # type: ignore[attr-defined]
    assert len(list(ended)) == 2
    closed.close()
    assert alive() == before


def test_short_steps_do_not_wait_for_long_ones() -> None:
    def run(seconds: float, taken: list[float]) -> Iterator[SimpleNamespace]:
        while True:
            time.sleep(seconds)
            taken.append(seconds)
            yield SimpleNamespace(achieved=NO)

    def drive(seconds: float, taken: list[float], until: float) -> None:
        steps = loop.take_steps(run(seconds, taken), lambda: False)  # type: ignore[arg-type]
        while time.perf_counter() < until:
            next(steps)
        steps.close()

    taken: tuple[list[float], list[float]] = ([], [])
    until = time.perf_counter() + 1
    visitors = [threading.Thread(target=drive, args=(s, t, until)) for s, t in zip((0.3, 0.01), taken, strict=True)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert len(taken[1]) > 3 * len(taken[0]) > 0


def test_what_goes_wrong_there_is_raised_here() -> None:
    def wrong() -> None:
        raise ValueError("no such label")

    with compute.thread() as call:
        with pytest.raises(ValueError, match="no such label"):
            call(wrong)
        assert call(abs, -2) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_can_have_one_too() -> None:
    """ZeroGPU runs what it lends a GPU to in a fork, where the parent's threads are gone."""
    child = os.fork()
    if not child:
        signal.alarm(30)  # where it would wait for ever, it ends
        try:
            with compute.thread() as call:
                os._exit(call(abs, -7))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
