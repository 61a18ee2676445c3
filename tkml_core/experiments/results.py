"""A line of JSON for each photo and method, written as it is made; a run goes on from the lines that are there.

Whatever ended a run, all methods of a cell stand on the same photos once those that some method lacks are left out
(`summary.py`): photos are attacked in blocks, all methods of a cell on one block, all cells before the next.
"""

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tkml_core as tk
from tkml_core.experiments.measured_photos import Photos, Row, asked, outcomes
from tkml_core.experiments.methods import Method
from tkml_core.measured.cells import Cell
from tkml_core.measured.lines import Outcome, read

Identity = tuple[str, str, int, float | None, str, str]


def identity(row: Outcome) -> Identity:
    """Annotator, case, k, norm budget, method and photo: there is one line for each."""
    return *Cell.of(row), row["method"], row["key"]


def process() -> tuple[int, int]:
    """Which of how many processes this is, as torchrun says; (0, 1) without it."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def write(path: Path, rows: Sequence[Outcome]) -> None:
    """Add lines, in one go; after a line that was cut off, on a line of their own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def replace_text(path: Path, text: str) -> None:
    """Write a file whole: who reads it meanwhile sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(text)
    fresh.replace(path)


class Minutes:
    """How long a command goes on: after so many minutes it begins nothing new, and says that it goes on when given again."""

    def __init__(
        self, minutes: float | None, now: Callable[[], float] = time.monotonic, say: Callable[[str], None] = print
    ) -> None:
        self._minutes, self._now, self._say = minutes, now, say
        self._end = now() + 60 * minutes if minutes is not None else float("inf")

    def over(self, needed: float = 0.0) -> bool:
        """Whether they are, or would be after so many seconds more; then that is said."""
        ended = self._now() + needed >= self._end
        if ended:
            self._say(f"{self._minutes:g} minutes are over, or would be. The same command goes on from here.")
        return ended


@dataclass
class Work:
    """What is to be measured. images: at most so many a cell; batch: photos attacked at once, a block."""

    annotators: dict[str, tk.Annotator]
    photos: dict[str, Photos]
    methods: dict[Cell, dict[str, Method]]
    images: int
    batch: int
    seed: int
    select: str = "consistent"
    _none_after: dict[Cell, int] = field(default_factory=dict)  # cells that have no photo from this place on

    def block(self, cell: Cell, number: int) -> list[Row]:
        """The photos of a block: always the same, as what an attack finds may depend on a batch by a hair."""
        start, stop = number * self.batch, (number + 1) * self.batch
        if start >= self._none_after.get(cell, self.images):
            return []
        rows = self.photos[cell.annotator].take(cell.k, stop, start, self.select)
        if start + len(rows) < stop:
            self._none_after[cell] = start + len(rows)
        return rows[: self.images - start]

    def most(self, cell: Cell) -> int:
        """How many photos the cell has, as far as is known."""
        photos = self.photos[cell.annotator]
        return min(self.images, self._none_after.get(cell, len(photos.rows) + len(photos.waiting)))


def run(
    work: Work,
    folder: Path,
    minutes: float | None = None,
    say: Callable[[str], None] = print,
    now: Callable[[], float] = time.monotonic,
    after_round: Callable[[], object] = lambda: None,
) -> bool:
    """Attack what has no line in the folder yet, a block of each cell in turn; whether all is done.

    minutes: nothing is begun that would end after so many, by what a photo has taken so far. after_round: called whenever
    every cell has had its block.
    """
    rank, processes = process()
    progress = _Progress(work, read(folder), processes)
    time_allowed = Minutes(minutes, now, say)
    for number in range(-(-work.images // work.batch)):
        for place, cell in enumerate(work.methods):
            if (number + place) % processes == rank and not _block(
                work, folder, cell, number, progress, time_allowed, say
            ):
                return False
        after_round()
    return True


def _block(
    work: Work, folder: Path, cell: Cell, number: int, progress: "_Progress", time_allowed: Minutes,
    say: Callable[[str], None],
) -> bool:  # fmt: skip
    """All methods of the cell on one of its blocks; False where there is no time for it."""
    if time_allowed.over():
        return False
    rows = work.block(cell, number)
    missing = {
        name: {row.key for row in rows if (*cell, name, row.key) not in progress.done} for name in work.methods[cell]
    }
    names = [name for name, keys in missing.items() if keys]
    if names and time_allowed.over(sum(progress.expected(cell, name) for name in names) * len(rows)):
        return False
    for name in names:
        if time_allowed.over(progress.expected(cell, name) * len(rows)):
            return False
        asked_for = asked(cell.case, cell.k, rows, work.seed)
        found = outcomes(work.annotators[cell.annotator], work.methods[cell][name], *asked_for, rows)
        lines = [{**cell.noted, "method": name, **line} for line in found if line["key"] in missing[name]]
        write(folder / f"lines{process()[0]}.jsonl", lines)
        progress.add(lines)
        won = sum(line["achieved"] for line in lines)
        say(f"{cell}, {name}: {won} of {len(lines)} in {sum(row['seconds'] for row in lines):.1f} s; {progress}")
    return True


class _Progress:
    """What is done, and how long the rest will take: by what a photo has taken in each cell with each method."""

    def __init__(self, work: Work, rows: Iterable[Outcome], processes: int) -> None:
        self.work, self.processes = work, processes
        self.done: set[Identity] = set()
        self.count: dict[tuple[Cell, str], int] = defaultdict(int)
        self.seconds: dict[tuple[Cell, str], float] = defaultdict(float)
        self.add(rows)

    def add(self, rows: Iterable[Outcome]) -> None:
        for row in rows:
            self.done.add(identity(row))
            at = Cell.of(row), row["method"]
            self.count[at] += 1
            self.seconds[at] += row["seconds"]

    def expected(self, cell: Cell, name: str) -> float:
        """Seconds that a photo will take; where the cell has none with the method, as many as all have taken on average."""
        if self.count[cell, name]:
            return self.seconds[cell, name] / self.count[cell, name]
        return sum(self.seconds.values()) / max(1, sum(self.count.values()))

    def __str__(self) -> str:
        left = missing = 0.0
        for cell, methods in self.work.methods.items():
            for name in methods:
                rest = max(0, self.work.most(cell) - self.count[cell, name])
                missing += rest
                left += rest * self.expected(cell, name)
        minutes = left / 60 / self.processes
        return f"{missing:.0f} to go, about {minutes:.0f} min"
