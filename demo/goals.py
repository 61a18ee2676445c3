"""The goals in a visitor's words, and how each is made of the labels that a visitor names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

import tkml_core as tk
from demo.words import are, listed

Labels = Sequence[str]


@dataclass(frozen=True)
class GoalChoice:
    """One kind of goal.

    names: which labels a visitor names for it: "" none, "targets" k that are not true, "hidden" some of the true ones.
    reached(k, named, others): what holds once it is reached, `others` being the true labels that are not named.
    build(true, named, k): the core's object, from the mask (1,m) and the positions of the named labels in order.
    """

    title: str
    kind: type[tk.Goal]
    names: str
    reached: Callable[[int, Labels, Labels], str]
    build: Callable[[Tensor, list[int], int], tk.Goal]


def _mask(named: list[int], like: Tensor) -> Tensor:
    mask = torch.zeros_like(like)
    mask[0, named] = True
    return mask


def _hide(true: Tensor, named: list[int], k: int) -> tk.Goal:
    hide = _mask(named, true)
    return tk.Hide(hide=hide, keep=true & ~hide, k=k, true=true)


def _hidden(k: int, named: Labels, others: Labels) -> str:
    stay = f", and {listed(others)} {are(others)} in it" if others else ""
    return f"{listed(named)} {are(named)} out of the top {k}{stay}"


GOALS = {
    "cleared": GoalChoice(
        "no true label left in the top-k",
        tk.Cleared,
        "",
        lambda k, named, others: f"no true label is left in the top {k}",
        lambda true, named, k: tk.Cleared(true=true, k=k),
    ),
    "inconsistent": GoalChoice(
        "top-k contradicts the truth (E = 0)",
        tk.Inconsistent,
        "",
        lambda k, named, others: f"the top {k} contradicts the truth",
        lambda true, named, k: tk.Inconsistent(true=true, k=k),
    ),
    "targeted": GoalChoice(
        "the top-k is exactly the targets",
        tk.Targeted,
        "targets",
        lambda k, named, others: f"the top {k} is exactly the targets",
        lambda true, named, k: tk.Targeted(targets=_mask(named, true), true=true),
    ),
    "ordered": GoalChoice(
        "the top-k is the targets in their order",
        tk.Ordered,
        "targets",
        lambda k, named, others: f"the top {k} is the targets in the order asked for",
        lambda true, named, k: tk.Ordered(targets=torch.tensor([named], device=true.device), true=true),
    ),
    "hide": GoalChoice(
        "some true labels leave, the others stay", tk.Hide, "hidden", _hidden, _hide
    ),
}  # fmt: skip
