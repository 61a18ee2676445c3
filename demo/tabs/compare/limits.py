"""What all methods of a comparison get equally much of: steps, gradients or seconds."""

from dataclasses import dataclass
from typing import Any

from demo.catalog.english import counted
from demo.engine.plan import MAX_STEPS
from demo.engine.run_queue import CROWDED_SECONDS
from demo.engine.value_checks import one_of, whole

LIMITS = {"steps": "steps", "gradients": "gradients", "seconds": "time"}
# Seconds are no more than a run has while others wait, so that they are the same for every method.
MOST = {"steps": MAX_STEPS, "gradients": MAX_STEPS, "seconds": int(CROWDED_SECONDS)}
FIRST = {"steps": 200, "gradients": 200, "seconds": 5}


@dataclass(frozen=True)
class Limit:
    """So much of what; unchecked, as it arrives."""

    kind: str
    amount: Any

    def checked(self) -> "Limit":
        """ValueError says what was wrong and what is allowed."""
        kind = one_of("What all methods get equally much of", self.kind, LIMITS)
        return Limit(kind, whole(kind.capitalize(), self.amount, 1, MOST[kind]))

    @property
    def max_steps(self) -> Any:
        """Steps that an attack may take. Where gradients are counted each step takes one or more."""
        return MAX_STEPS if self.kind == "seconds" else self.amount

    @property
    def gradients(self) -> Any:
        return self.amount if self.kind == "gradients" else None

    @property
    def seconds(self) -> float | None:
        return float(self.amount) if self.kind == "seconds" else None

    def __str__(self) -> str:
        return f"{self.amount} s" if self.kind == "seconds" else counted(self.amount, self.kind.removesuffix("s"))
