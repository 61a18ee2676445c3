"""The search on the integer grid that ends every attack: the 8-bit image a person can save must meet the goal.

A float perturbation of a fraction of a level rounds away. Among perturbations q of whole levels, the shortest with a
given first-order effect ⟨g, q⟩ is `round(s·g)` for some scale s: it spends level n of a pixel only where |g| is worth
its cost 2n − 1 in ‖q‖². A minimal float perturbation is nearly parallel to that gradient, so the search scales it up,
rounds it and bisects s for the smallest that holds. Where no scale does, it spends levels where the gradient at the rounded
image is largest until it holds. Then it takes back, cheapest first, the levels that are not needed.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple

import torch
from torch import Tensor

from tkml_core.annotator import Annotator
from tkml_core.goals import Goal
from tkml_core.images import each, quantize

TOLERANCE = 1e-3  # logits by which a reported margin must be negative: kernels differ by 1e-6 between batch sizes
# Scales tried until one holds. At .2 levels rms about 1.5 is needed; where many targets must pass each other, the window is
# a few per cent.
LADDER = (1.0, 1.04, 1.08, 1.12, 1.18, 1.25, 1.35, 1.5, 1.8, 2.2, 2.7, 3.4, 4.5)
SPENDS = 12  # rounds of mending what no scale gets right, one gradient each
BISECTIONS = 7  # four leave a grid of 6%, and images that are the longer for it
ROUNDS = 2  # of taking back, one gradient each
# Called, in the thread that searches, as a search begins: it lasts as long as twenty steps, and a program can say so.
on_search: ContextVar[Callable[[], object]] = ContextVar("on_search", default=lambda: None)
# Asked there, and wherever an attack ends, between two passes: whether the time for it is over. What is left is then the least
# that a success needs, and after the step that is under way, if the attack is told to stop there, CLOSING_PASSES at most.
overdue: ContextVar[Callable[[], bool]] = ContextVar("overdue", default=lambda: False)
# Forward: a look at the last success, a search in vain (4), one that is not and its check (5), the result's own.
CLOSING_PASSES = 11
COARSE = 4  # where it is, only every so many of the LADDER's scales are tried


class Rounded(NamedTuple):
    x_adv: Tensor  # (B,3,H,W) on k/255 levels: the shortest that holds, or where none does the last one tried
    holds: Tensor  # (B,) bool
    forwards: Tensor  # (B,) long
    backwards: Tensor  # (B,) long


def holds(annotator: Annotator, goal: Goal, x: Tensor, confidence: float = 0.0) -> Tensor:
    """Whether images (B,3,H,W) meet the goal by the confidence and the tolerance; (B,) bool. One forward pass."""
    with torch.no_grad():
        return goal.margin(annotator(x)) <= -needed(confidence)


def needed(confidence: float) -> float:
    """Score units by which a margin is to be negative here, so that it is by one tolerance at batch 1, too."""
    return 2 * TOLERANCE + confidence


def search(
    annotator: Annotator, goal: Goal, x: Tensor, z: Tensor, most: Tensor | None = None, confidence: float = 0.0
) -> Rounded:
    """The shortest 8-bit image near x + z (both (B,3,H,W), [0,1] units) that meets the goal.

    most (B,): by how many levels a value changes at most, one more where nothing else holds; None: by any number.
    confidence: score units by which the goal is to be met.
    """
    on_search.get()()
    late = overdue.get()
    rows = len(x)
    most = torch.full_like(x[:, 0, 0, 0], 255) if most is None else most
    count = torch.zeros(rows, dtype=torch.long, device=x.device)
    base, levels = x * 255, z * 255
    found = torch.zeros(rows, dtype=torch.bool, device=x.device)
    low, high = torch.zeros(rows, device=x.device), torch.ones(rows, device=x.device)

    def at(scale: Tensor, which: Tensor) -> Tensor:
        cap = each(most[which])
        z_now = (each(scale) * levels[which]).clamp(-cap, cap)
        return (base[which] + z_now).round().clamp(0, 255) / 255

    for place, scale in enumerate(LADDER):
        open_ = (~found).nonzero()[:, 0]
        if not len(open_):
            break
        if place % COARSE and late():
            continue
        tried = torch.full_like(high, scale)
        good = holds(annotator, goal.select(open_), at(tried[open_], open_), confidence)
        count[open_] += 1
        found[open_] = good
        high[open_[good]] = scale
        low[open_[~good]] = scale
    kept = found.nonzero()[:, 0]
    if len(kept):
        of_kept = goal.select(kept)
        high[kept] = bisect(
            lambda scale: holds(annotator, of_kept, at(scale, kept), confidence), low[kept], high[kept], BISECTIONS
        )
        count[kept] += BISECTIONS
    x_adv = at(torch.where(found, high, 1.0), torch.arange(rows, device=x.device))
    backwards = torch.zeros_like(count)
    for spend in range(SPENDS):
        open_ = (~found).nonzero()[:, 0]
        if not len(open_) or late():
            break
        cap = most[open_] + (spend >= SPENDS // 2)
        x_adv[open_] = _spend(annotator, goal.select(open_), base[open_].round(), x_adv[open_], cap, confidence)
        found[open_] = holds(annotator, goal.select(open_), x_adv[open_], confidence)
        count[open_] += 2
        backwards[open_] += 1
    kept = found.nonzero()[:, 0]
    for _ in range(ROUNDS if len(kept) else 0):
        if late():
            break
        shorter, passes = _take_back(annotator, goal.select(kept), quantize(x[kept]), x_adv[kept], confidence)
        x_adv[kept] = shorter
        count[kept] += passes
        backwards[kept] += 1
    return Rounded(x_adv, found, count, backwards)


def _slope(annotator: Annotator, goal: Goal, x_adv: Tensor) -> tuple[Tensor, Tensor]:
    """Margin (B,) and its gradient (B,3,H,W) by one level of each pixel."""
    with torch.enable_grad():
        leaf = x_adv.detach().requires_grad_()
        margin = goal.margin(annotator(leaf))
        (gradient,) = torch.autograd.grad(margin.sum(), leaf)
    return margin.detach(), gradient / 255


def _spend(annotator: Annotator, goal: Goal, base: Tensor, x_adv: Tensor, most: Tensor, confidence: float) -> Tensor:
    """One level more wherever the margin's gradient is largest, on as few pixels as should close the margin by a half over.

    base (B,3,H,W): the photo's levels, from which none goes farther than `most` (B,).
    """
    margin, gradient = _slope(annotator, goal, x_adv)
    level = (x_adv * 255).round()
    low = (base - each(most)).clamp(min=0)  # a pixel at its end has no level to give
    high = (base + each(most)).clamp(max=255)
    free = torch.where(gradient > 0, level > low, level < high)
    gain = gradient.abs().masked_fill(~free, 0).flatten(1)
    sorted_gain, order = gain.sort(dim=1, descending=True)
    enough = sorted_gain.cumsum(1) - sorted_gain < 1.5 * (margin + (2 * TOLERANCE + needed(confidence)))[:, None]
    chosen = torch.zeros_like(gain).scatter(1, order, (enough & (sorted_gain > 0)).to(gain.dtype)).view_as(gradient)
    return (level - chosen * gradient.sign()) / 255


def _take_back(annotator: Annotator, goal: Goal, x: Tensor, x_adv: Tensor, confidence: float) -> tuple[Tensor, int]:
    """Remove one level from the pixels where that harms the margin least for what it saves; images that hold stay so."""
    _, gradient = _slope(annotator, goal, x_adv)
    q = ((x_adv - x) * 255).round()
    # A level nearer to the photo changes the margin by −g·sign(q) and ‖q‖² by 1 − 2|q|; where q = 0 there is none to take.
    harm = (-gradient * q.sign() / (2 * q.abs() - 1)).masked_fill(q == 0, torch.inf).flatten(1)
    order = harm.sort(dim=1).values
    spent = (q != 0).flatten(1).sum(1)

    def removed(share: Tensor) -> Tensor:
        place = (share * spent).long().clamp(max=harm.shape[1] - 1)
        cut = order.gather(1, place[:, None])
        fewer = q - q.sign() * (harm < cut).view_as(q)
        return ((x * 255).round() + fewer) / 255

    none, half = torch.zeros(len(x), device=x.device), torch.full((len(x),), 0.5, device=x.device)
    best = bisect(lambda share: holds(annotator, goal, removed(share), confidence), half, none, BISECTIONS)
    return torch.where(each(best > 0), removed(best), x_adv), BISECTIONS + 1


def bisect(good: Callable[[Tensor], Tensor], bad: Tensor, best: Tensor, rounds: int) -> Tensor:
    """Per row, the value (B,) nearest to `bad` that was seen to be good; `best` where none between was."""
    late = overdue.get()
    for _ in range(rounds):
        if late():
            break
        middle = (bad + best) / 2
        yes = good(middle)
        bad, best = torch.where(yes, bad, middle), torch.where(yes, middle, best)
    return best
