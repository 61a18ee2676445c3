"""A check that a GPU answers one step later: whether a step has brought a success.

A host that asks a GPU for a value waits until all that was queued is done, and the GPU then waits for the host to queue
more. So as long as nothing has succeeded a step asks for one thing alone, whether something has: the answer is copied
while the GPU works on, and read in the next step. There an image ends one step after its success, with that success.
"""

from typing import NamedTuple

import torch
from torch import Tensor

DEFERRED = ("cuda",)  # types of device that work on while the host does; elsewhere a check is read at once


class PendingCheck(NamedTuple):
    """What an evaluation found, and the answers on their way to the host."""

    rows: Tensor  # (n,)
    x_adv: Tensor  # (B,3,H,W)
    size: Tensor  # (n,), by the measure
    margin: Tensor  # (n,), the goal's
    better: Tensor  # (n,) bool: the successes that are smaller than those before
    flags: Tensor  # (2,) bool, to be read once they have `arrived`: every score is finite; some image is better
    arrived: torch.cuda.Event | None

    def read(self) -> bool:
        """Whether some image is better. ValueError where a score is not finite: NaN pixels show here too."""
        if self.arrived is not None:
            self.arrived.synchronize()
        finite, any_better = self.flags.tolist()
        if not finite:
            raise ValueError(
                "The run came to scores that are NaN or infinite and cannot go on. Settings nearer to the defaults help."
            )
        return any_better


def send(rows: Tensor, x_adv: Tensor, size: Tensor, margin: Tensor, better: Tensor, scores: Tensor) -> PendingCheck:
    """Send the answers about scores (n,m) on their way; fields as in `PendingCheck`."""
    # Only where an event tells that the copy has arrived may the host go on meanwhile (on MPS it would read rubbish).
    flags = torch.stack((scores.isfinite().all(), better.any())).to("cpu", non_blocking=rows.is_cuda)
    arrived = torch.cuda.current_stream(rows.device).record_event() if rows.is_cuda else None
    return PendingCheck(rows, x_adv, size, margin, better, flags, arrived)


def at_once(device: torch.device) -> bool:
    """Whether a check on this device is read in the step that sent it."""
    return device.type not in DEFERRED
