"""How far a descent goes in a step: Polyak's rule, and finer steps with momentum for images that stall."""

import torch
from torch import Tensor

from tkml_core.attacks.common.rows import replace, take
from tkml_core.images import each
from tkml_core.metrics import length

STALL = 10  # steps without a margin 2% better before the first success: then plain steps zigzag between hinges
FINER, FINEST = 0.5, 0.1  # an image that stalls takes so much shorter steps each time, down to this share of `step`
OVERSHOOT = 0.1  # of the first gap: aim a little past the goal, or Polyak's steps would only creep up to it
SHORTER = 0.05  # share of z that one step's β term takes away at most: where no hinge is active it is all there is
LONGEST = 0.005  # root mean square of one step in [0,1] pixel units: linearisation says nothing beyond about one level


class Polyak:
    """η_l = step · gap_l / ‖g_l‖², g_l = βz_l + ∂L/∂z (Polyak, 1969), for each image of a batch (B,3,H,W).

    The gap is what is missing to the goal, in score units, and `step` the share of the way, by linearisation, that one
    update goes. An image that stalls before its first success (STALL) takes finer steps, each along a running mean of its
    directions: where many labels must pass each other, single steps undo each other.
    """

    def __init__(self, x: Tensor, step: float, beta: float, momentum: float) -> None:
        zeros = torch.zeros_like(x[:, 0, 0, 0])
        self.share, self.momentum = step, momentum
        self.most = SHORTER / beta if beta else torch.inf  # η at most
        self.longest = LONGEST * x[0].numel() ** 0.5  # ‖z_{l+1} − z_l‖₂ at most
        self.momentum_buffer = torch.zeros_like(x)
        self.momentum_now = zeros  # in force: 0 until the image stalls, and again once it has succeeded
        self.finer = torch.ones_like(zeros)  # factor of `step`
        self.least = torch.full_like(zeros, torch.inf)  # the margin that the last progress led to
        self.stalled = zeros  # steps since then
        self.overshoot: Tensor | None = None

    def step(
        self, rows: Tensor, direction: Tensor, gap: Tensor, margin: Tensor, succeeded: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The next step of `rows`: η (n,), and what to take away from the images, as factors (n,) of (n,3,H,W).

        direction (n,3,H,W): g_l. gap, margin (n,): what is missing, and the goal's margin. succeeded (n,) bool.
        """
        if self.overshoot is None:
            self.overshoot = replace(torch.zeros_like(self.finer), rows, OVERSHOOT * gap)
        finer, momentum = self._stalling(rows, margin, succeeded)
        size = length(direction).clamp(min=1e-12)
        rate = (finer * self.share * (gap + take(self.overshoot, rows)) / size.square()).clamp(max=self.most)
        step_length = (rate * size).clamp(max=self.longest)  # ‖z_{l+1} − z_l‖₂, but for the box
        update = direction.lerp(take(self.momentum_buffer, rows), each(momentum))
        self.momentum_buffer = replace(self.momentum_buffer, rows, update)
        return step_length / size, step_length / length(update).clamp(min=1e-12), update

    def _stalling(self, rows: Tensor, margin: Tensor, succeeded: Tensor) -> tuple[Tensor, Tensor]:
        """The factor of `step` and the momentum of `rows` (n,) in this step."""
        since = torch.where(margin < 0.98 * take(self.least, rows), 0.0, take(self.stalled, rows) + 1)
        self.least = replace(self.least, rows, torch.minimum(take(self.least, rows), margin))
        stuck = since >= STALL
        self.stalled = replace(self.stalled, rows, torch.where(stuck, 0.0, since))
        finer = torch.where(stuck, (FINER * take(self.finer, rows)).clamp(min=FINEST), take(self.finer, rows))
        self.finer = replace(self.finer, rows, finer)
        momentum = torch.where(stuck, self.momentum, take(self.momentum_now, rows))
        momentum = torch.where(succeeded, 0.0, momentum)
        self.momentum_now = replace(self.momentum_now, rows, momentum)
        return finer, momentum
