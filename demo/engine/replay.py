"""A finished run kept for looking at again: some of its frames, evenly thinned, and the saved picture as the last one."""

import uuid
import zlib
from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor

from demo.catalog import attacks as catalog
from demo.engine.frames import Frame
from demo.engine.outcome import Outcome, saved_apart

MOST_FRAMES = 20  # about 0.1 MB each once they are packed


@dataclass(frozen=True, eq=False)
class ReplayFrame:
    """One frame; `place` counts all frames of the run, kept or not. `x` is packed as soon as the run has ended."""

    index: int
    place: int
    x: Tensor | bytes  # (1,3,H,W) uint8, on the CPU
    logits: Tensor  # (1,m), on the CPU


class Recorder:
    """Keeps every n-th frame of a run, and doubles n whenever there would be more than MOST_FRAMES."""

    def __init__(self) -> None:
        self.frames: list[ReplayFrame] = []
        self._seen, self._every = 0, 1

    def take(self, frame: Frame) -> None:
        if frame.rounding:
            return
        place, self._seen = self._seen, self._seen + 1
        if place % self._every:
            return
        if len(self.frames) == MOST_FRAMES:
            self.frames, self._every = self.frames[::2], self._every * 2
            if place % self._every:
                return
        self.frames.append(ReplayFrame(frame.index, place, _levels(frame.x_adv), frame.logits.detach().cpu()))

    def finish(self, outcome: Outcome) -> "Replay":
        """The replay of the run that has ended. The last step's frame is left out where the saved picture is the same."""
        end = len(outcome.history.logits) - 1
        frames = [frame for frame in self.frames if frame.place < end or saved_apart(outcome)]
        photo = _levels(outcome.plan.photo.x)
        return Replay(outcome, tuple(replace(frame, x=packed(frame.x, photo)) for frame in frames))


def _levels(x: Tensor) -> Tensor:
    """A picture as whole levels: uint8, on the CPU."""
    return x.detach().mul(255).round_().clamp_(0, 255).to(torch.uint8).cpu()


def packed(x: Tensor | bytes, photo: Tensor) -> bytes:
    """What was added to the photo, modulo 256: mostly small, so that a third of the bytes or less is left of it."""
    return x if isinstance(x, bytes) else zlib.compress((x - photo).numpy().tobytes(), 1)


def _unpacked(x: Tensor | bytes, photo: Tensor) -> Tensor:
    if not isinstance(x, bytes):
        return x
    change = torch.frombuffer(bytearray(zlib.decompress(x)), dtype=torch.uint8)
    return photo + change.view_as(photo)


@dataclass(frozen=True, eq=False)
class Replay:
    """Frames 0 … `last`; the last one is the saved picture, the others are about earlier steps."""

    outcome: Outcome
    frames: tuple[ReplayFrame, ...]
    run: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __deepcopy__(self, memo: object) -> Self:
        return self  # nothing in it changes: what is on the page at the start serves every visitor

    @property
    def last(self) -> int:
        return len(self.frames)

    def picture(self, at: int) -> tuple[Tensor, Tensor]:
        """The picture (1,3,H,W) of frame `at` and its logits (1,m)."""
        if at == self.last:
            return self.outcome.x_adv, self.outcome.logits
        frame = self.frames[at]
        x = _unpacked(frame.x, _levels(self.outcome.plan.photo.x))
        return x.to(self.outcome.plan.photo.x) / 255, frame.logits

    def titles(self) -> list[str]:
        """What each frame is, in words."""
        report = self.outcome.report
        one, _ = catalog.unit_of(report["attack"])
        return [*(f"{one} {frame.index}" for frame in self.frames), f"{one} {report['steps']}, saved"]

    def across(self) -> list[float]:
        """Where each frame stands in the label race, from 0 to 1."""
        rows = len(self.outcome.history.logits) + saved_apart(self.outcome)
        return [*(frame.place / max(rows - 1, 1) for frame in self.frames), 1.0]
