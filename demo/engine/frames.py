"""What a run leaves behind while it goes: one Frame at a time, and the History they share."""

from dataclasses import dataclass, field

from torch import Tensor

import tkml_core as tk


@dataclass
class History:
    """What the label race and the curves are drawn from; one entry a step, the start included."""

    logits: list[Tensor] = field(default_factory=list)  # (m,) each, on the CPU
    loss: list[float] = field(default_factory=list)
    norm: list[float] = field(default_factory=list)  # L2, 0–255 units
    threshold: list[float] = field(default_factory=list)  # score units
    least: float | None = None  # the smallest norm with which the goal was met so far

    def add(self, step: tk.Step) -> None:
        self.logits.append(step.logits[0].detach().float().cpu())
        self.loss.append(float(step.loss[0]))
        self.norm.append(float(step.norm[0]))
        self.threshold.append(float(step.threshold[0]))
        if bool(step.achieved[0]):
            self.least = min(self.norm[-1], self.least if self.least is not None else self.norm[-1])


@dataclass(frozen=True)
class Frame:
    """One moment of a run. `history` goes on growing; read it before asking for the next frame."""

    index: int
    x_adv: Tensor  # (1,3,H,W), float
    logits: Tensor  # (1,m), of x_adv
    history: History
    achieved: bool  # by the margin κ that was asked for
    met: bool  # by whatever margin
    seconds: float
    steps_per_second: float
    rounding: bool = False  # the step before once more: a search on the 256 levels has begun after it
