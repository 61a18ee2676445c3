"""A run on a GPU that is lent for it (ZeroGPU Spaces), or else right here; `loop.run_here` is the loop in both places."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

import torch

import tkml_core as tk
from demo.engine import loop, zero_gpu
from demo.engine.frames import Frame
from demo.engine.outcome import Outcome
from demo.engine.plan import Plan, make_plan
from tkml_core.step_generators import WithResult


def run_plan(
    plan: Plan, stop_asked: Callable[[], bool] = lambda: False, budget: loop.Clock = loop.BUDGET_SECONDS
) -> Generator[Frame, None, Outcome]:
    """`loop.run_here`, on a GPU that is lent where there is one."""
    if not zero_gpu.lends_now():
        return (yield from loop.run_here(plan, stop_asked, budget))
    flag = zero_gpu.Flag()
    frames = _run_there(plan, flag, loop.seconds_of(budget))  # what happens here later is not known there
    try:
        for frame in frames:
            if isinstance(frame, Outcome):
                return replace(frame, plan=plan)
            if stop_asked():
                flag.up()
            yield frame
    finally:
        frames.close()
        flag.down()
    raise RuntimeError("The run ended without a result.")


@zero_gpu.lent(loop.BUDGET_SECONDS + 15)
def _run_there(plan: Plan, flag: zero_gpu.Flag, budget: float) -> Iterator[Frame | Outcome]:
    """`loop.run_here` in the process that has the GPU: frames, and the Outcome last. Tensors come back to the CPU."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    photo = replace(plan.photo, x=plan.photo.x.to(device), logits=plan.photo.logits.to(device))
    there = make_plan(plan.request, tk.load(plan.request.annotator, device), photo)
    there = replace(there, guessed=plan.guessed, start=plan.start)
    frames = WithResult(loop.run_here(there, flag.is_up, budget))
    for frame in frames:
        yield replace(frame, x_adv=frame.x_adv.cpu(), logits=frame.logits.cpu())
    outcome = frames.result
    yield replace(outcome, plan=plan, logits=outcome.logits.cpu())
