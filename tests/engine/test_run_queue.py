"""Places for runs: order, caps, the clock while others wait, and who loses a place. No Gradio, no annotator."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from conftest import holds

from demo.engine import run_queue
from demo.engine.run_queue import Places, Turn, Waiting


@dataclass(eq=False)
class Someone:
    session: str
    here: bool = True
    lost: bool = False

    def listens(self) -> bool:
        return self.here and not self.lost

    def gone(self) -> bool:
        return self.lost


def held(places: Places, session: str) -> Turn:
    turn = Turn(places, Someone(session))
    assert list(turn.next()) == [] and turn.held and turn.came
    return turn


def in_line(places: Places, caller: Someone, **options: object) -> tuple[Turn, Iterator[Waiting], Waiting]:
    turn = Turn(places, caller, **options)  # type: ignore[arg-type]
    told = iter(turn.next())
    return turn, told, next(told)


def test_first_come_first_served_and_a_place_that_is_given_back_is_handed_on() -> None:
    places = Places(at_once=2)
    first, second = held(places, "a"), held(places, "b")
    (third, line3, stands3), (fourth, line4, stands4) = (in_line(places, Someone(name)) for name in "cd")
    assert [stands3.place, stands4.place] == [1, 2] and stands3.seconds <= stands4.seconds
    second.__exit__()
    assert list(line3) == [] and third.held and not fourth.held
    assert next(line4).place == 1
    first.__exit__()
    assert [moment.place for moment in line4] in ([], [1]) and fourth.held
    assert places.running() == 2 and places.waiting() == 0


def test_the_wait_is_estimated_from_what_runs_took() -> None:
    places = Places(at_once=1)
    places._took.extend([10.0, 14.0])
    held(places, "a")
    line = [in_line(places, Someone(name)) for name in "bcd"]
    assert [stands.seconds for _, _, stands in line] == [10, 25, 35]


def test_stop_leaves_the_line_at_once() -> None:
    places, pressed = Places(at_once=1), threading.Event()
    held(places, "a")
    turn, line, _ = in_line(places, Someone("b"), stop=pressed.is_set)
    threading.Timer(0.05, pressed.set).start()
    began = time.monotonic()
    list(line)
    assert time.monotonic() - began < 10 and not turn.held and not turn.came and places.waiting() == 0


def test_who_is_gone_loses_the_place_in_line_and_is_told_to_end_a_run() -> None:
    places = Places(at_once=1)
    runner = Someone("a")
    turn = Turn(places, runner)
    list(turn.next())
    left = Someone("b")
    _, line, _ = in_line(places, left)
    left.lost = True
    list(line)
    assert places.waiting() == 0
    assert not turn.stop_asked()
    runner.lost = True
    assert turn.stop_asked()


def test_a_generator_that_is_closed_while_waiting_leaves_the_line() -> None:
    places = Places(at_once=1)
    held(places, "a")
    _, line, _ = in_line(places, Someone("b"))
    line.close()  # type: ignore[attr-defined]
    assert places.waiting() == 0


def test_who_does_not_listen_is_overtaken() -> None:
    places = Places(at_once=1)
    first = held(places, "a")
    silent = Someone("b", here=False)
    waits = in_line(places, silent)
    third, line, stands = in_line(places, Someone("c"))
    assert stands.place == 2
    first.__exit__()
    assert list(line) == [] and third.held
    assert third.clock() == places.alone  # who does not listen hurries nobody
    silent.here = True
    assert third.clock() == places.crowded and not waits[0].held


def test_a_full_line_refuses_in_words_but_not_for_those_who_do_not_listen() -> None:
    places = Places(at_once=1, most_waiting=3)
    held(places, "a")
    silent = [in_line(places, Someone(name, here=False)) for name in "bcd"]
    kept = [in_line(places, Someone(name)) for name in "efg"]  # they push the others out
    assert places.waiting() == 3
    with pytest.raises(ValueError, match="3 people wait for a run already"):
        next(iter(Turn(places, Someone("h")).next()))
    assert places.waiting() == 3 and not any(turn.held for turn, _, _ in [*silent, *kept])


def test_a_session_waits_once_and_does_not_run_twice_while_others_wait() -> None:
    places = Places(at_once=2)
    first, other = held(places, "a"), held(places, "b")
    mine, my_line, _ = in_line(places, Someone("a"))
    with pytest.raises(ValueError, match="A run of yours waits for its turn already"):
        next(iter(Turn(places, Someone("a")).next()))
    third, line, _ = in_line(places, Someone("c"))
    other.__exit__()
    assert list(line) == [] and third.held and not mine.held
    third.__exit__()
    assert list(my_line) == [] and mine.held  # nobody else waits
    first.__exit__()


def test_a_program_may_have_several_calls_in_line() -> None:
    places = Places(at_once=1)
    held(places, "a")
    line = [in_line(places, Someone("p"), each=3) for _ in range(3)]
    with pytest.raises(ValueError, match="waits for its turn already"):
        next(iter(Turn(places, Someone("p"), each=3).next()))
    assert [stands.place for _, _, stands in line] == [1, 2, 3]


def test_the_clock_is_shorter_while_others_wait_and_only_then() -> None:
    places = Places(at_once=1, alone=60, crowded=20)
    turn = held(places, "a")
    assert turn.clock() == 60
    _, mine, _ = in_line(places, Someone("a"))
    assert turn.clock() == 60  # a second run of one's own hurries nobody
    _, line, _ = in_line(places, Someone("b"))
    assert turn.clock() == 20
    line.close()  # type: ignore[attr-defined]
    assert turn.clock() == 60
    mine.close()  # type: ignore[attr-defined]


def test_between_two_runs_a_place_goes_to_whoever_waits_and_stays_where_nobody_does() -> None:
    places = Places(at_once=1)
    turn = held(places, "a")
    assert list(turn.next()) == [] and turn.held  # nobody waits: no handing on
    other, line, _ = in_line(places, Someone("b"))
    again = iter(turn.next())
    assert next(again).place == 1 and not turn.held
    assert list(line) == [] and other.held
    other.__exit__()
    list(again)
    assert turn.held


def test_waiting_takes_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who wait must not wake each other: ten of them would keep everybody else from computing."""
    places, pressed, looks = Places(at_once=1), threading.Event(), []
    stands = places._stands
    monkeypatch.setattr(places, "_stands", lambda turn: looks.append(turn) or stands(turn))
    held(places, "a")

    def wait(name: str) -> None:
        for _ in Turn(places, Someone(name), pressed.is_set).next():
            pass

    threads = [threading.Thread(target=wait, args=(str(number),)) for number in range(10)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    assert holds(lambda: len(set(looks)) == 10)
    time.sleep(0.6)
    pressed.set()
    for thread in threads:
        thread.join(20)
    assert len(looks) < 20 * (3 + (time.monotonic() - began) / run_queue._LOOK_EVERY) and places.waiting() == 0


def test_a_place_that_is_free_is_had_as_soon_as_the_caller_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser opens its stream a moment after the click: whoever is alone sees the first frame without a wait."""
    places, caller, waits = Places(at_once=1), Someone("a", here=False), list[float]()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        caller.here = len(waits) == 3

    monkeypatch.setattr(places._changed, "wait", wait)
    turn = Turn(places, caller)
    assert list(turn.next()) == [] and turn.held
    assert len(waits) == 3 and max(waits) <= 0.05


def test_many_callers_at_once_are_all_served_and_never_more_than_the_places() -> None:
    places, most, served, lock = Places(at_once=3), [0], [0], threading.Lock()

    def run(name: str) -> None:
        with Turn(places, Someone(name)) as turn:
            for _ in turn.next():
                pass
            assert turn.held
            with lock:
                most[0] = max(most[0], places.running())
                served[0] += 1
            time.sleep(0.002)

    threads = [threading.Thread(target=run, args=(str(number),)) for number in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert served == [25] and most[0] <= 3 and places.running() == places.waiting() == 0
