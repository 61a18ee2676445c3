"""The attacks by the names that are printed, and the goals that each can have."""

import torch
from torch import Tensor

from tkml_core.attacks.blackbox.blackbox import BlackBox
from tkml_core.attacks.common.base import Attack
from tkml_core.attacks.cwk import CWk
from tkml_core.attacks.kfool import KFool
from tkml_core.attacks.minnorm.minnorm import MinNorm
from tkml_core.attacks.mlap import MLAP
from tkml_core.attacks.quadattack import QuadAttacK
from tkml_core.attacks.tkmia import TKMIA
from tkml_core.attacks.tkmlap_t import TkMLAPT
from tkml_core.attacks.tkmlap_u import TkMLAPU
from tkml_core.attacks.universal.base import Universal
from tkml_core.attacks.universal.kuap import KUAP
from tkml_core.attacks.universal.tkmlap_uv import TkMLAPUv
from tkml_core.goals import Goal
from tkml_core.ranking import topk
from tkml_core.targets import target_order

ATTACKS: dict[str, type[Attack]] = {
    attack.name: attack
    for attack in (TkMLAPU, TkMLAPT, TkMLAPUv, KFool, KUAP, MLAP, CWk, QuadAttacK, MinNorm, TKMIA, BlackBox)
}

# Those that make one z for a set, at their defaults; the paper's also with another surrogate, see `universal.md`.
UNIVERSAL: dict[str, Universal] = {
    "TkML-AP-Uv": TkMLAPUv(), "TkML-AP-Uv, margin": TkMLAPUv(surrogate="margin"), "kUAPs": KUAP()
}  # fmt: skip


def own_goal(attack: Attack, logits: Tensor, true: Tensor, k: int, case: str = "best", seed: int = 0) -> Goal:
    """The first of the attack's goals; targets, where it takes any, by `target_order`; the best true label to be hidden.

    logits (B,m); true bool (B,m) or (1,m).
    """
    kind = attack.goals[0]
    if not kind.asks_for:
        return kind.of(true, k)
    if kind.asks_for == "hidden":
        return kind.of(true, k, topk(logits.masked_fill(~true, -torch.inf), 1))
    return kind.of(true, k, target_order(case, logits, true, k, seed))


def goal_name(attack: str, wanted: str = "", targets: bool = False) -> str:
    """Which goal is meant: the one `wanted`; else the attack's own, or "targeted" where there are targets for it.

    ValueError, naming those that the attack can have, for any other.
    """
    own, able = ATTACKS[attack].goals[0], [kind.name for kind in ATTACKS[attack].goals]
    if not wanted:
        return "targeted" if targets and not own.asks_for and "targeted" in able else own.name
    if wanted not in able:
        raise ValueError(f"The goal of {attack} must be one of {', '.join(map(repr, able))}; got {wanted!r:.200}.")
    return wanted
