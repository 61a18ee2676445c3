"""BlackBox's finish in L2: along circles through the photo and the present image, as SurFree goes (Maho et al., CVPR 2021)."""

import math

import torch
from torch import Tensor

from tkml_core.attacks.blackbox.draw import Square
from tkml_core.attacks.blackbox.squares import REDRAWS, Squares

SIDES = (1 / 16, 1 / 8, 1 / 4)  # of a pattern, in short sides of the image
SMALLEST = 4  # px
FREQUENCIES = 4  # half waves of a pattern down and across: 0 to 3, low ones more often
ANGLE, ANGLES = 0.1, (3e-3, 0.6)  # radians: the first, and the bounds
WIDER, NARROWER = 1.1, 0.97  # factors of the angle after a success and after a failure
NEAR = 1 / 3  # of the first success's ‖z‖: from there on circles shorten z more than squares
PATIENCE = 150  # queries on circles without a shorter image, after which squares go on to the end


class Circles(Squares):
    """Squares until the goal is met and ‖z‖ is a third of what it was then; from there on circles, as long as they help.

    With u = z/‖z‖ and a unit pattern v ⊥ z, the point ‖z‖ cos θ (cos θ u + sin θ v) is on the circle whose diameter is z: it
    is shorter by the factor cos θ, and as v has some of the margin's gradient in it, it may meet the goal all the same. Where
    it does, it is the next z; else −θ is asked about. So it needs decisions alone, no scores; but the score says when −θ
    cannot help either, which saves that query.

    Patterns are cosines in a square where the margin is sensitive, of a random colour. What goes along circles is unrounded, as
    small turns would otherwise be lost; what is asked about is its nearest whole levels, within epsilon, and the shortest of
    these that meets the goal is z.
    """

    def __init__(self, photo: Tensor, margin: float, epsilon: int, square: float, required: float, seed: int) -> None:
        super().__init__(photo, margin, epsilon, square, required, seed)
        self._present = self.z.double()  # what goes along circles, and
        self._margin = margin  # the margin at its whole levels
        self._turned: Tensor | None = None  # the next `_present`, where a circle was asked about
        self._pattern, self._inside = self._present, Square(0, 0, 1)
        self._angle, self._theta = ANGLE, ANGLE
        self._mirrored = False  # whether −θ is to be asked about
        self._first_length = 0.0  # ‖z‖ of the first success
        self._waited = 0  # queries on circles since the last shorter image

    @property
    def _near(self) -> bool:
        return self.met and self._waited < PATIENCE and 0 < float(self.z.norm()) <= NEAR * self._first_length

    def propose(self, index: int) -> Tensor:
        self._turned = None
        if self._near:
            if self._mirrored:
                return self._turn(-self._theta)
            for _ in range(REDRAWS):
                self._draw_pattern()
                z = self._turn(self._angle)
                if not torch.equal(z, self.z):
                    return z
                self._widen(WIDER**5)  # too small a turn for whole levels
        self._turned = None
        return super().propose(index)

    def see(self, z: Tensor, margin: float) -> bool:
        if self._turned is not None:
            return self._see_turn(z, margin)
        better = super().see(z, margin)
        if better and self.met:
            self._present, self._margin = self.z.double(), margin
            self._first_length = self._first_length or float(self._present.norm())
        return better

    def _see_turn(self, z: Tensor, margin: float) -> bool:
        assert self._turned is not None
        met = margin <= -self.required
        better = met and float(z.double().norm()) < float(self.z.double().norm())
        moved = (float(self._present.norm()) * math.sin(self._theta)) ** 2
        # By linearisation the shorter z alone takes this off the margin, and v as much as it adds at −θ.
        shorter = (self.at_start - self._margin) * math.sin(self._theta) ** 2
        if not self._mirrored:
            self.sensitivity.see(self._inside, margin - self._margin - shorter, moved)
            self._mirrored = not met and 2 * (self._margin + shorter) - margin <= -self.required
        else:
            self._mirrored = False
        if met:
            self._present, self._margin = self._turned, margin
        if better:
            self.z, self.margin = z, margin
        self._waited = 0 if better else self._waited + 1
        if not self._mirrored:
            self._widen(WIDER if met else NARROWER)
        return better

    def _widen(self, factor: float) -> None:
        low, high = ANGLES
        self._angle = min(high, max(low, self._angle * factor))

    def _turn(self, theta: float) -> Tensor:
        """The point on the circle at this angle, in whole levels within the box and epsilon."""
        length = self._present.norm()
        self._theta = theta
        self._turned = math.cos(theta) ** 2 * self._present + length * math.cos(theta) * math.sin(theta) * self._pattern
        return self._in_box(self._turned.round().clamp(-self.epsilon, self.epsilon).to(self.photo))

    def _draw_pattern(self) -> None:
        """A unit pattern (3,H,W) orthogonal to z."""
        height, width = self.photo.shape[1:]
        side = max(SMALLEST, round(min(height, width) * SIDES[self.draw.below(len(SIDES))]))
        self._inside = self._square(side**2 / (height * width), self._felt)
        down, across = (_half_waves(self._inside.side, self._frequency()) for _ in range(2))
        pattern = torch.zeros_like(self._present)
        pattern[self._inside.inside] = self.draw.normal(3)[:, None, None] * down[:, None] * across
        along = self._present / self._present.norm()
        pattern -= (pattern * along).sum() * along
        self._pattern = pattern / pattern.norm().clamp(min=1e-12)

    def _frequency(self) -> int:
        return min(self.draw.below(FREQUENCIES), self.draw.below(FREQUENCIES))


def _half_waves(side: int, count: int) -> Tensor:
    """(side,) of a cosine with so many half waves: a row of the discrete cosine transform."""
    return torch.cos(count * math.pi * (torch.arange(side, dtype=torch.float64) + 0.5) / side)
