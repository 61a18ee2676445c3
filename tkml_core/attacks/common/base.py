"""What every attack is: frozen settings, the goals it can have, and one generator of steps."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import Tensor

from tkml_core.annotator import Annotator
from tkml_core.attacks.common.batch import BatchState
from tkml_core.goals import Goal
from tkml_core.step import Result, Steps
from tkml_core.step_generators import drain


def check_whole(name: str, value: Any, least: int) -> None:
    """ValueError unless `value` is an int of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} = {value!r}: a whole number, {least} or more, is expected.")


# Far beyond what is of any use, and far below where float32 sums of such numbers are no longer finite.
LARGEST = 10_000


def check_beta_and_momentum(beta: float, momentum: float) -> None:
    """ValueError unless they are in the ranges that every descent has for them."""
    if not 0 <= beta <= LARGEST:
        raise ValueError(f"beta = {beta!r}: the weight of ‖z‖² is a number from 0 to {LARGEST}.")
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum = {momentum!r}: the share of the last direction that is kept is in [0, 1).")


@dataclass(frozen=True)
class Attack:
    """A subclass names itself, its goals, its other settings, and writes `_loop`.

    max_steps: updates at most. confidence: κ ≥ 0, in score units (logits); a success counts where the goal's margin is
    −κ or less, in the steps, in the choice of the smallest, and on the 8-bit image.
    """

    name: ClassVar[str]  # as it is printed
    goals: ClassVar[tuple[type[Goal], ...]]  # what it can be asked for, its own first

    max_steps: int = 1000
    confidence: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        check_whole("max_steps", self.max_steps, 0)
        if not 0 <= self.confidence <= LARGEST:
            raise ValueError(
                f"confidence = {self.confidence!r}: the logits by which the goal is to be met are a number from 0 to {LARGEST}."
            )

    def check(self, goal: Goal) -> None:
        """ValueError where the attack cannot have this goal."""
        if not isinstance(goal, self.goals):
            able = " or ".join(kind.__name__ for kind in self.goals)
            raise ValueError(f"The goal of {self.name} is {able}, not {type(goal).__name__}.")

    def _state(self, annotator: Annotator, x: Tensor, goal: Goal) -> BatchState:
        """What is kept of the images during a run."""
        return BatchState(annotator, x, goal, confidence=self.confidence)

    def _loop(self, state: BatchState) -> Steps:
        """From the first iterate to `state.result()`, one yield each; some image does not meet its goal yet."""
        raise NotImplementedError

    def _begin(self, state: BatchState) -> Steps:
        state.begin()
        if not len(state.active):
            yield state.step(0)
            return state.result()
        return (yield from self._loop(state))

    def steps(self, annotator: Annotator, x: Tensor, goal: Goal) -> Steps:
        """The run as a generator of `Step`, returning the `Result`; `send(True)` has it conclude with what it has.

        x (B,3,H,W) in [0,1], a goal for each image or one for all.
        """
        self.check(goal)
        return self._begin(self._state(annotator, x, goal))

    def __call__(self, annotator: Annotator, x: Tensor, goal: Goal) -> Result:
        """Run to the end."""
        return drain(self.steps(annotator, x, goal))
