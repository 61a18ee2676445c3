"""A run steps in a thread of its own that has all the cores; every other thread computes alone."""

import os
import signal
import threading
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
    """A step of one run lasts until another run has taken ten."""
    ten = threading.Event()

    def long() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(in_time=ten.wait(30), achieved=NO)

    def short() -> Iterator[SimpleNamespace]:
        while True:
            yield SimpleNamespace(achieved=NO)

    def drive() -> None:
        steps = loop.take_steps(short(), lambda: False)  # type: ignore[arg-type]
        for _ in range(10):
            next(steps)
        steps.close()
        ten.set()

    visitor = threading.Thread(target=drive)
    slow = loop.take_steps(long(), lambda: False)  # type: ignore[arg-type]
    threading.Timer(0.05, visitor.start).start()
    assert next(slow).in_time  # type: ignore[attr-defined]
    visitor.join()
    slow.close()


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
