"""What every loop yields and returns. All tensors are one row an image."""

from collections.abc import Generator
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Step:
    """One iterate of an attack, evaluated; index 0 is the image itself. An image that is done stays, frozen.

    x_adv (B,3,H,W) float in [0,1]; logits (B,m); loss (B,) with its β term; norm (B,) = ‖z‖₂ in 0–255 units;
    threshold (B,) in score units, to be drawn among the scores: λ in TkML-AP-T, max_Y f − λ in TkML-AP-U;
    achieved (B,) bool: the goal's margin is negative; certified (B,) bool: it is on the 8-bit image, too (looked
    at where it is a new smallest success; on a GPU when the image ends).
    """

    index: int
    x_adv: Tensor
    logits: Tensor
    loss: Tensor
    norm: Tensor
    threshold: Tensor
    achieved: Tensor
    certified: Tensor


@dataclass(frozen=True, eq=False)
class Result:
    """The outcome, measured on the 8-bit image alone, one image at a time.

    x_adv (B,3,H,W) on k/255 levels; achieved (B,) bool, by more than `grid.TOLERANCE`; consistent (B,) bool, E after
    the attack (Eq. 1); norm (B,) = ‖z‖₂ of x_adv in 0–255 units, norm_float (B,) of the float perturbation it was made
    from; steps, forwards, backwards (B,) long: updates, and passes through the network, checks included.
    """

    x_adv: Tensor
    achieved: Tensor
    consistent: Tensor
    norm: Tensor
    norm_float: Tensor
    steps: Tensor
    forwards: Tensor
    backwards: Tensor


@dataclass(frozen=True, eq=False)
class UniversalStep(Step):
    """One update of a perturbation that a whole set shares; its Step fields are about the images `rows` used for it.

    z (1,3,H,W) float in [0,1] units, as it was when these images were looked at; rows (B,) long, their places in the
    set; epoch counts from 0; fooling_rate: share of the set, or of those held out, that meets the goal with the float z, as the
    epoch began. `certified` stays False: z comes to whole levels at the end, and the result speaks of them.
    """

    z: Tensor
    rows: Tensor
    epoch: int
    fooling_rate: float


@dataclass(frozen=True, eq=False)
class UniversalResult(Result):
    """The outcome on the whole set, each 8-bit image annotated alone; the fields of `Result` have a row an image.

    z (1,3,H,W) on whole levels k/255 (so that x + z, clamped, is an 8-bit image), never beyond the norm budget;
    fooling_rate: share of images that meet the goal; asr: share with E = 0 (Eq. 14 with one z for all, §4.1).
    """

    z: Tensor
    fooling_rate: float
    asr: float


# Send True in place of next() to have the attack conclude with the best it has; closing it drops everything.
Steps = Generator[Step, bool | None, Result]
