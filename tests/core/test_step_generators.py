"""Iterating over what yields steps and returns a result."""

import time
from collections.abc import Generator

import pytest

from tkml_core.step_generators import WithResult, drain


def counted(to: int, log: list[str]) -> Generator[int, None, str]:
    try:
        yield from range(to)
        return "made"
    finally:
        log.append("closed")


def test_a_loop_sees_everything_and_then_there_is_the_result() -> None:
    run = WithResult(counted(3, []))
    assert [*run] == [0, 1, 2] and run.result == "made"
    assert drain(counted(3, [])) == "made"


def test_a_loop_that_is_left_or_fails_closes_the_generator() -> None:
    log: list[str] = []

    def one_of_many() -> Generator[int, None, None]:
        for seen in WithResult(counted(9, log)):
            yield -seen

    outer = one_of_many()
    next(outer)
    outer.close()
    assert log == ["closed"]
    for _ in WithResult(counted(9, log)):
        break
    assert log == ["closed"] * 2
    with pytest.raises(ZeroDivisionError):
        for seen in WithResult(counted(9, log)).paced(lambda seconds: 0):
            1 / seen
    assert log == ["closed"] * 3


def test_what_is_paced_hands_out_the_first_and_then_what_comes_late_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = iter([9.0, 10.0, 10.1, 10.5, 11.0, 11.5]), list[float]()

    def pause(seconds: float) -> float:
        asked.append(seconds)
        return seconds / 2

    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    run = WithResult(counted(5, []))
    assert [*run.paced(pause)] == [0, 2, 4] and run.result == "made" and asked == [1.0, 1.5, 2.5]
