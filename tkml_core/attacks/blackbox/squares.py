"""BlackBox's search for one image: which perturbation to ask about next, and whether it stays."""

from collections.abc import Callable

import torch
from torch import Tensor

from tkml_core.attacks.blackbox.draw import Draw, Square
from tkml_core.attacks.blackbox.sensitivity import Sensitivity

# Queries after which squares cover half as much: Square Attack's schedule for 10,000. It is not compressed into a smaller
# budget: on VOC photos 500 queries with it close 3.8 logits of the margin, 3.3 with the whole of it in 2000.
HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
STRIPES = 10  # queries at most in which stripes are drawn until some lower the margin
REDRAWS = 20  # of a square that would change nothing, where all of it is at the end of the box
CANDIDATES = 12  # squares drawn, of which one is asked about
LEAST = 0.05  # of the mean sensitivity, added to a square's, so that none is taken for insensitive altogether
LEVELS = (1, 2, 4, 8)  # taken off at once
# A share grows after a query that took levels off and shrinks after one that lost the goal, so that about a third succeed.
GROW, SHRINK = 2.0, 0.75
BOUNDS = (1e-3, 64.0)  # of that factor


class Squares:
    """Squares of other signs until the goal is met; then half of the queries take levels off, and half make good for it.

    photo (3,H,W) in whole levels; margin: the goal's without a perturbation; required: score units by which it is to be
    negative. z (3,H,W), the present perturbation, is of whole levels, at most epsilon, and photo + z within 0 to 255.
    """

    def __init__(self, photo: Tensor, margin: float, epsilon: int, square: float, required: float, seed: int) -> None:
        self.photo, self.epsilon, self.square, self.required = photo, epsilon, square, required
        self.z, self.margin, self.at_start = torch.zeros_like(photo), margin, margin
        self.sensitivity = Sensitivity(photo.shape[1], photo.shape[2])
        self.draw = Draw(seed)
        self._factor = dict.fromkeys(LEVELS, 1.0)
        self._where: Square | None = None  # of the perturbation that was asked about
        self._levels = 0  # that it takes off

    @property
    def met(self) -> bool:
        return self.margin <= -self.required

    def propose(self, index: int) -> Tensor:
        """The perturbation (3,H,W) for query `index`, the first being 1."""
        self._where, self._levels = None, 0
        nothing = not bool(self.z.any())
        if not self.met and nothing and index <= STRIPES:
            signs = self.draw.signs(1, self.photo.shape[2]).to(self.photo)  # vertical ones, the ECCV paper's start
            return self._in_box(signs * self.epsilon + self.z)
        if self.met and not nothing and self.draw.coin():
            return self._shorter()
        return self._resigned(share_at(self.square, index))

    def see(self, z: Tensor, margin: float) -> bool:
        """Learn from the margin at the z that was proposed; whether it is the present one now."""
        before, after = _square_sum(self.z), _square_sum(z)
        if self._where is not None:
            self.sensitivity.see(self._where, margin - self.margin, _square_sum(z - self.z))
        # Once the goal is met no proposal is longer than z, so that a lower margin costs no norm.
        better = margin < self.margin or (self.met and after < before and margin <= -self.required)
        if self._levels:
            low, high = BOUNDS
            changed = self._factor[self._levels] * (GROW if better else SHRINK)
            self._factor[self._levels] = min(high, max(low, changed))
        if better:
            self.z, self.margin = z, margin
        return better

    def _resigned(self, share: float) -> Tensor:
        """z with other signs in a square where the margin is sensitive: ±epsilon before the goal is met, the same size after."""
        size = self.z.abs()
        for _ in range(REDRAWS):
            where = self._square(share, self._felt)
            inside, signs = where.inside, self.draw.signs(1, 1).to(self.photo)
            z = self.z.clone()
            z[inside] = self._in_box(signs * (size[inside] if self.met else self.epsilon), inside)
            if not torch.equal(z, self.z):
                break
        self._where = where
        return z

    def _shorter(self) -> Tensor:
        """z with some levels less in a square where much of it does little.

        By linearisation the margin is lost in proportion to the levels taken off, which says how large a square what the
        margin has to spare is enough for; that is corrected by how often it was.
        """
        spare = -self.required - self.margin
        levels = LEVELS[self.draw.below(len(LEVELS))]
        enough = spare / (self.at_start - self.margin) * float(self.z.abs().mean()) / levels
        where = self._square(enough * self._factor[levels], self._idle)
        z, inside = self.z.clone(), where.inside
        z[inside] = z[inside].sign() * (z[inside].abs() - levels).clamp(min=0)
        self._where, self._levels = where, levels
        return z

    def _felt(self, where: Square) -> float:
        return self.sensitivity.of(where) ** 2

    def _idle(self, where: Square) -> float:
        """How much of ‖z‖² is in a square for what the margin feels of it."""
        return float(self.z[where.inside].square().mean()) / (self.sensitivity.of(where) + LEAST)

    def _in_box(self, z: Tensor, inside: tuple[slice, slice, slice] = (slice(None),) * 3) -> Tensor:
        """What is left of z once photo + z is clamped to the 256 levels."""
        return (self.photo[inside] + z).clamp(0, 255) - self.photo[inside]

    def _square(self, share: float, weight: Callable[[Square], float]) -> Square:
        """One of CANDIDATES squares of this share of the image, each with a chance in proportion to its weight."""
        drawn = [self.draw.square(self.photo.shape[1], self.photo.shape[2], share) for _ in range(CANDIDATES)]
        return drawn[self.draw.one_of([weight(where) for where in drawn])]


def share_at(first: float, query: int) -> float:
    """Of the image, under the square of a query: Square Attack's schedule, cut off where the budget ends."""
    return first / 2 ** sum(query > halving for halving in HALVINGS)


def _square_sum(z: Tensor) -> float:
    """‖z‖², in double: a sum of whole numbers, so that norms compare exactly."""
    return float(z.double().square().sum())
