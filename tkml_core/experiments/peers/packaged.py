"""Peers as their own authors' package has them: adv-lib (Jérôme Rony; BSD licence), which is optional: `tests/peers.txt`.

These attacks are written for a network that chooses one class. A goal among many labels is given to them as such a choice:
class 0 while the goal is not met, class 1 once it is, with the margin as the difference of the two scores. So they see the
same exact margin as MinNorm does, and whatever they evaluate counts, as it does for the peers that are written here.
"""

import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tkml_core.experiments.peers.alma import alpha_of
from tkml_core.experiments.peers.problem import Problem

MISSING = (
    "adv-lib, from which this peer is taken, is not installed: PIP_CONSTRAINT=tests/peers.txt pip install -r tests/peers.txt. "
    "Peers without (adv-lib) in their names need no package."
)
EDGE = 1e-6  # score units: FMN aims at where both scores are equal, where the first would still win


class MetOrNot(nn.Module):
    """x (B,3,H,W) to scores (B,2) of "not met" and "met"; (B,3) where a third one is asked for.

    third: a score below both by the spread of the annotator's own, f_[1] − f_[k+2], for ALMA, which divides the difference
    of the first two by that of the best and the third.
    """

    def __init__(self, problem: Problem, third: bool) -> None:
        super().__init__()
        self.problem, self.third = problem, third

    def forward(self, x: Tensor) -> Tensor:
        margin, spread = self.problem.judge(x.to(self.problem.x.dtype))
        scores = [margin + EDGE, torch.zeros_like(margin)]
        if self.third:
            scores.append(margin.detach().clamp(max=0) - spread)
        return torch.stack(scores, dim=1).to(x.dtype)


def _peer(name: str, third: bool = False, **options: Any) -> Callable[[Problem, int], None]:
    def attack(problem: Problem, steps: int) -> None:
        try:
            known = getattr(importlib.import_module("adv_lib.attacks"), name)
        except ImportError as error:
            raise SystemExit(MISSING) from error
        settings: dict[str, Any] = {"num_steps" if name in ("alma", "pdpgd") else "steps": steps} | options
        if name == "alma":
            settings["α"] = alpha_of(steps)
        not_met = torch.zeros(len(problem.x), dtype=torch.long, device=problem.x.device)
        known(MetOrNot(problem, third), problem.x.float(), not_met, **settings)

    return attack


# As the package has them by default, but for L2 and what ALMA's paper says for so many steps; levels come later, for all alike.
PACKAGED: dict[str, Callable[[Problem, int], None]] = {
    "DDN (adv-lib)": _peer("ddn", levels=None),
    "FMN (adv-lib)": _peer("fmn", norm=2),
    "ALMA (adv-lib)": _peer("alma", third=True, distance="l2", init_lr_distance=1.0),
    "PDPGD (adv-lib)": _peer("pdpgd", norm=2),
}
