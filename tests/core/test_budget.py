"""A budget around any attack: nothing exceeds it, what it bounds ends, and a success beyond it does not count."""

import pytest
import torch
from conftest import to_the_end
from torch import Tensor, nn

import tkml_core as tk
from tkml_core.attacks.common.base import Attack
from tkml_core.attacks.registry import UNIVERSAL

LABELS = 6


class Small(nn.Module):
    """A fixed random network, smooth enough for every attack."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 5, stride=3), nn.Tanh(), nn.Flatten(), nn.LazyLinear(LABELS))

    def forward(self, x: Tensor) -> Tensor:
        return 6 * self.layers(x)


@pytest.fixture(scope="module")
def annotator() -> tk.Annotator:
    module = Small()
    module(torch.zeros(1, 3, 32, 32))
    return tk.Annotator(module, [f"label {i}" for i in range(LABELS)])


def images() -> Tensor:
    return tk.quantize(torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 0.6 + 0.2)


def goal_of(annotator: tk.Annotator, attack: Attack, x: Tensor) -> tk.Goal:
    logits = annotator(x)
    return tk.own_goal(attack, logits, tk.topk_mask(logits, 1), 2, "worst")


ATTACKS = [
    tk.TkMLAPU(max_steps=200),
    tk.TkMLAPT(max_steps=200),
    tk.MLAP(max_steps=200),
    tk.KFool(),
    tk.CWk(max_steps=60, searches=2, constant=30.0, rate=0.01),
    tk.MinNorm(max_steps=40),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_perturbation_is_longer_than_the_norm_budget(annotator: tk.Annotator, attack: Attack) -> None:
    x = images()
    goal = goal_of(annotator, attack, x)
    free = attack(annotator, x, goal)
    wide = tk.Budget(attack, norm=float(free.norm.max()) * 4)(annotator, x, goal)
    assert bool((wide.achieved == free.achieved).all())  # what is never reached changes nothing
    norm = float(free.norm[free.achieved].max()) * 0.4
    steps, result = to_the_end(tk.Budget(attack, norm=norm).steps(annotator, x, goal))
    assert all(bool((step.norm[~step.certified] <= norm * (1 + 1e-4)).all()) for step in steps)
    assert bool((tk.l2_norm(result.x_adv - x) <= norm * (1 + 1e-5)).all())
    torch.testing.assert_close(result.norm, tk.l2_norm(result.x_adv - x))
    assert not bool(result.achieved.all())  # at 0.4 of what it needs, some image is out of reach
    with torch.no_grad():
        logits = torch.cat([annotator(image[None]) for image in result.x_adv])
    assert torch.equal(result.achieved, goal.margin(logits) <= -1e-3)
    assert torch.equal(result.consistent, tk.consistent(logits, goal.true, goal.k))


def test_steps_and_gradients_end_a_run(annotator: tk.Annotator) -> None:
    x, attack = images(), tk.TkMLAPT(patience=500, step=0.02)
    goal = goal_of(annotator, attack, x)
    assert int(tk.Budget(attack, max_steps=7)(annotator, x, goal).steps.max()) == 7
    assert int(tk.Budget(attack, gradients=9)(annotator, x, goal).steps.max()) == 9
    fool = tk.KFool(max_steps=50)
    after = tk.Budget(fool, gradients=4, norm=1.0)(annotator, x, goal_of(annotator, fool, x))
    assert int(after.steps.max()) == 2  # k + 1 = 3 gradients a step


def test_what_a_budget_says_and_refuses(annotator: tk.Annotator) -> None:
    budget = tk.Budget(tk.KFool(), norm=10.0)
    assert budget.name == "kFool" and budget.goals == tk.KFool.goals and budget.max_steps == tk.KFool().max_steps
    assert "norm=10.0" in repr(budget) and "KFool(" in repr(budget)
    with pytest.raises(ValueError, match="xi"):
        tk.Budget(UNIVERSAL["TkML-AP-Uv"], norm=10.0)
    for wrong in ({"norm": 0.0}, {"gradients": 0}, {"max_steps": -1}):
        with pytest.raises(ValueError, match=r"expected|above 0"):
            tk.Budget(tk.KFool(), **wrong)
    with pytest.raises(ValueError, match="goal of kFool"):
        budget(annotator, images(), goal_of(annotator, tk.TkMLAPT(), images()))
