"""MinNorm's last steps, on whole levels: each image is the 8-bit one that x + z rounds to."""

from collections.abc import Generator

import torch
from torch import Tensor

from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.rows import add, replace
from tkml_core.attacks.minnorm.multipliers import BISECTIONS, FIRST, LAST, SLACK, Dual, evaluate_and_record
from tkml_core.images import each, quantize
from tkml_core.metrics import l2_norm
from tkml_core.pixel_grid import bisect, needed
from tkml_core.step import Step

ROUGH = 0.97  # of the length that the grid search found: where the steps on whole levels begin


def on_levels(state: BatchState, dual: Dual, index: int, count: int) -> Generator[Step, bool | None, None]:
    """Go on from the 8-bit successes for `count` steps, on 8-bit images alone, to the shortest of them."""
    rows = (state.done & (state.steps > 0)).nonzero()[:, 0]
    if not len(rows) or count < 1:
        return
    x, goal = state.x[rows], state.goal.select(rows)
    shortest, length = state.x_adv[rows], state.norm[rows]

    def keep(images: Tensor, logits: Tensor) -> Tensor:
        """Keep those that hold and are shorter; returns which hold."""
        norm, holds = l2_norm(images - x), goal.margin(logits) <= -needed(state.confidence)
        shorter = holds & (norm < length)
        shortest[shorter], length[shorter] = images[shorter], norm[shorter]
        return holds

    def good(scale: Tensor) -> Tensor:
        images = quantize(x + each(scale) * z)
        state.forwards = add(state.forwards, rows)
        with torch.no_grad():
            return keep(images, state.annotator(images))

    z = state.best[rows] - x
    scale = _scale_to(ROUGH * length, z)
    z, dual.w = each(scale) * z, replace(dual.w, rows, scale[:, None] * dual.w[rows])
    state.mark(replace(state.done, rows, torch.zeros_like(rows, dtype=torch.bool)))
    stopped = None
    for taken in range(count + 1):
        state.x_adv = replace(state.x_adv, rows, quantize(x + z))
        evaluation = evaluate_and_record(state, rows)
        state.certified = replace(state.certified, rows, keep(state.x_adv[rows], evaluation.f))
        if taken:
            stopped = yield state.step(index + taken)
        if stopped or taken == count:
            break
        share = LAST + (FIRST - LAST) * (1 - taken / count)
        z = (x + (1 - share) * z - share * dual.descend(evaluation, SLACK)).clamp(0, 1) - x
        state.steps = add(state.steps, rows)
    if not stopped:
        bisect(good, torch.full_like(length, 0.97), torch.full_like(length, 1.2), BISECTIONS)
    state.end(rows, shortest)


def _scale_to(length: Tensor, z: Tensor) -> Tensor:
    """The factors (B,) that make z (B,3,H,W), in [0,1] units, `length` (B,) long once rounded to whole levels."""

    def reached(scale: Tensor) -> Tensor:
        return l2_norm((255 * each(scale) * z).round() / 255) >= length

    return bisect(reached, torch.ones_like(length), torch.full_like(length, 8.0), 12)
