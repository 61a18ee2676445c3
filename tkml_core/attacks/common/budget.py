"""Any attack within a budget: a norm that no perturbation exceeds, steps, gradients."""

from dataclasses import dataclass, field, replace

import torch

from tkml_core import pixel_grid
from tkml_core.annotator import Annotator
from tkml_core.attacks.common.base import Attack, check_whole
from tkml_core.attacks.common.batch import BatchState, onto_ball
from tkml_core.attacks.common.rows import add
from tkml_core.attacks.common.rows import replace as put
from tkml_core.attacks.universal.base import Universal
from tkml_core.attacks.universal.norm_ball import to_levels
from tkml_core.goals import Goal
from tkml_core.images import quantize
from tkml_core.metrics import l2_norm
from tkml_core.ranking import consistent
from tkml_core.step import Result, Steps

# ‖z‖₂ in the commands that the authors' program gives for the paper's tables: 3 for targets and 10 without, with pixels from
# −1 to 1, so 127.5 of ours a unit; with 1000 steps.
AUTHORS = {"targeted": 382.5, "untargeted": 1275.0}
MORE = 1 + 1e-6  # a norm that floats have made a little larger is still within the budget


@dataclass(frozen=True)
class Budget(Attack):
    """`attack`, with every perturbation projected to ‖z‖₂ ≤ `norm` after each update, and success only within it.

    norm: in 0–255 units. max_steps: in place of the attack's own, and its schedule adapts. gradients: backward passes for an
    image, after which the attack concludes with what it has; its search on the 8-bit grid then takes a few more. None: no
    bound of that kind. The result's image is never longer than `norm`: where the attack ended on a longer one, that one is
    shortened and judged again. An attack on sets is refused, as it has a norm budget of its own, `xi`.
    """

    attack: Attack
    norm: float | None = None
    gradients: int | None = None
    max_steps: int = field(default=None, kw_only=True)  # type: ignore[assignment]  # None takes the attack's own
    confidence: float = field(init=False, repr=False)  # the attack's

    def __post_init__(self) -> None:
        if isinstance(self.attack, Universal):
            raise ValueError(f"{self.attack.name} has a norm budget of its own: set its xi in place of a Budget.")
        if self.max_steps is None:
            object.__setattr__(self, "max_steps", self.attack.max_steps)
        for name in ("name", "goals", "confidence"):
            object.__setattr__(self, name, getattr(self.attack, name))
        super().__post_init__()
        if self.norm is not None and not 0 < self.norm < float("inf"):
            raise ValueError(f"norm = {self.norm!r}: the budget of ‖z‖₂, in 0–255 units, is a number above 0.")
        if self.gradients is not None:
            check_whole("gradients", self.gradients, 1)

    def check(self, goal: Goal) -> None:
        self.attack.check(goal)

    @property
    def inner(self) -> Attack:
        """The attack with the steps that it has here."""
        return replace(self.attack, max_steps=self.max_steps)

    def _state(self, annotator: Annotator, x: torch.Tensor, goal: Goal) -> BatchState:
        state = self.inner._state(annotator, x, goal)
        state.norm_budget = self.norm
        return state

    def _loop(self, state: BatchState) -> Steps:
        run = self.inner._loop(state)
        stop: bool | None = None
        while True:
            try:
                step = run.send(stop)
            except StopIteration as end:
                return self._within(state, end.value)
            spent = self.gradients is not None and len(state.active) > 0
            spent = spent and int(state.backwards[state.active].min()) >= (self.gradients or 0)
            stop = (yield step) or spent or None

    def _within(self, state: BatchState, result: Result) -> Result:
        """The result, with the images that are longer than the budget shortened to it, on whole levels."""
        if self.norm is None:
            return result
        rows = (result.norm > self.norm * MORE).nonzero()[:, 0]
        if not len(rows):
            return result
        z = onto_ball(result.x_adv[rows] - state.x[rows], self.norm)
        whole = torch.cat([to_levels(one[None], self.norm, "l2") for one in z])
        images = quantize((state.x[rows] + whole).clamp(0, 1))
        with torch.no_grad():
            logits = torch.cat([state.annotator(image[None]) for image in images])
        goal = state.goal.select(rows)
        return replace(
            result,
            x_adv=put(result.x_adv, rows, images),
            achieved=put(result.achieved, rows, goal.margin(logits) <= -pixel_grid.TOLERANCE - state.confidence),
            consistent=put(result.consistent, rows, consistent(logits, goal.true, goal.k)),
            norm=put(result.norm, rows, l2_norm(images - state.x[rows])),
            norm_float=put(result.norm_float, rows, result.norm_float[rows].clamp(max=self.norm)),
            forwards=add(result.forwards, rows),
        )
