"""Places for runs: how many go on at once, who waits for one, and how long a run may last. Every way in goes through here.

A run takes its turn (`Turn`) before it computes anything. Whoever only looks (page, photos, labels, `/annotate`) needs none.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, Self

AT_ONCE = 2  # two cores: more runs at once would only make all of them slow
MOST_WAITING = 40
ALONE_SECONDS = 60.0  # wall clock of one run, wherever it was asked for
CROWDED_SECONDS = 20.0  # the same while others wait for a place
SOON = 5.0  # seconds: who has not begun to listen for an answer by then is taken for gone
TOLD_EVERY = 5  # seconds by which an estimated wait counts down, until it is as short as that
_LOOK_EVERY = 0.25  # seconds between two looks at whether a caller still waits and still listens
# The same where a place is free: a page begins to listen a moment after the click, and is to see a frame.
_LISTENS_EVERY = 0.02
_A_RUN = 15.0  # seconds a run takes, as long as none has been seen


class Caller(Protocol):
    """Who asked for a run, as far as places are concerned."""

    session: str

    def listens(self) -> bool:
        """Whether somebody hears what the run says."""

    def gone(self) -> bool:
        """Whether nobody will hear it any more."""


@dataclass(frozen=True)
class Somebody:
    """A caller who stays to the end: the page's own start, tests, a call that has no queue."""

    session: str = ""

    def listens(self) -> bool:
        return True

    def gone(self) -> bool:
        return False


@dataclass(frozen=True)
class Waiting:
    """Where a caller stands in line, from 1, and in about how many seconds a place is free for them."""

    place: int
    seconds: int


class Places:
    """A line for a fixed number of places, first come, first served. Who does not listen yet is overtaken.

    Of one session only one run goes on at a time, unless nobody else waits, and only `each` wait. Times in seconds.
    """

    def __init__(
        self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING, alone: float = ALONE_SECONDS,
        crowded: float = CROWDED_SECONDS,
    ) -> None:  # fmt: skip
        self.at_once, self.most_waiting, self.alone, self.crowded = at_once, most_waiting, alone, crowded
        self._changed = threading.Condition()
        self._line: list[Turn] = []
        self._running: dict[Turn, float] = {}  # when each began
        self._took: deque[float] = deque(maxlen=20)  # seconds of the last runs

    def waiting(self) -> int:
        """How many wait."""
        with self._changed:
            return len(self._line)

    def running(self) -> int:
        """How many places are taken."""
        with self._changed:
            return len(self._running)

    def _join(self, turn: "Turn") -> None:
        with self._changed:
            mine = sum(other.caller.session == turn.caller.session for other in self._line)
            if turn.caller.session and mine >= turn.each:
                raise ValueError(
                    "A run of yours waits for its turn already. Stop that one first, or wait until it has begun."
                )
            if len(self._line) >= self.most_waiting:
                self._line = [other for other in self._line if other.caller.listens()]
            if len(self._line) >= self.most_waiting:
                raise ValueError(
                    f"{self.most_waiting} people wait for a run already, which is as many as this server takes. "
                    "Please try again in a minute; everything but runs goes on."
                )
            self._line.append(turn)
            self._hand_out()

    def _leave(self, turn: "Turn") -> None:
        with self._changed:
            if turn in self._line:
                self._line.remove(turn)
            if (began := self._running.pop(turn, None)) is not None:
                self._took.append(time.monotonic() - began)
            self._hand_out()
            self._changed.notify_all()

    def _hand_out(self) -> None:
        """Give free places away. Who waits is woken only where one was given: all of them ask again and again."""
        while len(self._running) < self.at_once:
            busy = {turn.caller.session for turn in self._running if turn.caller.session}
            ready = [turn for turn in self._line if turn.caller.listens()]
            others = [turn for turn in ready if turn.caller.session not in busy]
            if not ready:
                break
            turn = (others or ready)[0]
            self._line.remove(turn)
            self._running[turn] = time.monotonic()
            self._changed.notify_all()

    def _stands(self, turn: "Turn") -> Waiting:
        """Every place becomes free after the mean of the last runs, and whoever comes first takes it for as long."""
        mean = sum(self._took) / len(self._took) if self._took else _A_RUN
        mean = min(mean, self.crowded)
        now = time.monotonic()
        free = sorted(max(began + mean - now, 1.0) for began in self._running.values())
        free = [0.0] * (self.at_once - len(free)) + free
        place = self._line.index(turn) + 1
        for _ in range(place - 1):
            free = sorted([free[0] + mean, *free[1:]])
        step = TOLD_EVERY if free[0] > TOLD_EVERY else 1  # forty who wait are not each told something every second
        return Waiting(place, step * round(free[0] / step))

    def _others_wait(self, turn: "Turn") -> bool:
        mine = turn.caller.session
        return any(other.caller.listens() for other in self._line if not mine or other.caller.session != mine)


class Turn:
    """One caller's turn, a context manager: `next()` waits for a place, leaving the block gives it back.

    `stop` says whether the caller pressed Stop; `each`: how many runs of this session may wait.
    """

    def __init__(
        self, places: Places, caller: Caller | None = None, stop: Callable[[], bool] = lambda: False, each: int = 1
    ) -> None:
        self.places, self.caller, self.each = places, caller or Somebody(), each
        self._stop = stop
        self.came = False  # whether there ever was a place
        self._put_out = False  # of a full line, having listened to nothing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.places._leave(self)

    def stop_asked(self) -> bool:
        """Whether the run is to end: Stop was pressed, or nobody listens any more."""
        return self._put_out or self._stop() or self.caller.gone()

    @property
    def held(self) -> bool:
        """Whether this turn has a place now."""
        with self.places._changed:
            return self in self.places._running

    def clock(self) -> float:
        """Seconds that a run may last, as things stand: fewer while others wait."""
        with self.places._changed:
            return self.places.crowded if self.places._others_wait(self) else self.places.alone

    def next(self) -> Iterator[Waiting]:
        """Wait for a place; a place that is held is first handed on if others wait. Without a place, `stop_asked` is true.

        Yields where the caller stands, whenever that has changed, while all places are taken. ValueError, in words for the
        caller, where the line is full.
        """
        places = self.places
        with places._changed:
            if self in places._running and not places._others_wait(self):
                return
        places._leave(self)
        if self.stop_asked():
            return
        places._join(self)
        told: Waiting | None = None
        try:
            while True:
                with places._changed:
                    places._hand_out()  # somebody who has begun to listen is next in line now
                    if self in places._running:
                        break
                    if self not in places._line:
                        self._put_out = True
                        return
                    stands = places._stands(self)
                    # Where a place is free nobody waits for one: it is theirs as soon as they are known to listen.
                    if (stands == told or not stands.seconds) and not self.stop_asked():
                        places._changed.wait(_LOOK_EVERY if stands.seconds else _LISTENS_EVERY)
                        continue
                if self.stop_asked():
                    return
                told = stands
                yield told
        finally:
            if not self.held:
                places._leave(self)
        self.came = True


def no_waiting() -> Iterator[Waiting]:
    """In place of `Turn.next` for a run that waits for nobody."""
    return iter(())


PLACES = Places()
