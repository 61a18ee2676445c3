"""The paper's steps: with no momentum, TkML-AP-U and -T move z and λ exactly as Eq. 9 and Eq. 13 say."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import tkml_core as tk
from tkml_core import pixel_grid
from tkml_core.attacks.common.descent import Descent

M, K, STEPS = 7, 2, 4


def smooth() -> tuple[tk.Annotator, Tensor]:
    """A small network without kinks, in float64, whose two best labels are far ahead; two grey images."""
    torch.manual_seed(3)
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Softplus(), nn.Flatten(), nn.Linear(5 * 36, M)).double()
    with torch.no_grad():
        module[0].weight.mul_(4)  # scores as steep as a trained network's: a level here and there is felt
        module[3].weight.mul_(4)
        module[3].bias.copy_(torch.tensor([3.0, 2.5, 0.4, -0.1, 0.2, -0.5, -0.9]))
    return tk.Annotator(module, [f"label {j}" for j in range(M)]), 0.4 + 0.2 * torch.rand(
        2, 3, 8, 8, dtype=torch.float64
    )


TRUE = torch.tensor([[True, True, False, False, False, False, False]])
TARGETS = torch.tensor([[False, False, False, False, False, True, True]])


def eq_8(f: Tensor, lam: Tensor) -> Tensor:
    best = torch.maximum(f[0], f[1])
    return lam + torch.relu(best - f - lam).sum() / (M - K)


def eq_12(f: Tensor, lam: Tensor) -> Tensor:
    return torch.relu(lam - f[5:]).sum() + torch.relu(f[:5] - lam).sum()


def derivatives(
    annotator: tk.Annotator, x: Tensor, z: Tensor, lam: float, attack: Descent
) -> tuple[float, Tensor, float]:
    """The loss with its β term, βz + ∂L/∂z and ∂L/∂λ of one image (3,H,W), by automatic differentiation."""
    loss = eq_8 if isinstance(attack, tk.TkMLAPU) else eq_12
    squash = torch.sigmoid if attack.score_space == "probability" else (lambda f: f)
    leaf, here = z.clone().requires_grad_(), torch.tensor(lam, dtype=torch.float64, requires_grad=True)
    f = squash(annotator((x + leaf)[None])[0])
    value = attack.beta / 2 * leaf.square().sum() + loss(f, here)
    by_z, by_lambda = torch.autograd.grad(value, (leaf, here))
    return value.item(), by_z, by_lambda.item()


def ask(kind: type[Descent]) -> tk.Goal:
    return tk.Cleared(true=TRUE, k=K) if kind is tk.TkMLAPU else tk.Targeted(targets=TARGETS, true=TRUE)


def lambdas(step: tk.Step, attack: Descent) -> Tensor:
    """λ of each image, back from the threshold that is drawn: max_Y f − λ in U, λ in T."""
    f = step.logits.sigmoid() if attack.score_space == "probability" else step.logits
    return f[:, :2].amax(1) - step.threshold if isinstance(attack, tk.TkMLAPU) else step.threshold


BOTH = pytest.mark.parametrize("kind", [tk.TkMLAPU, tk.TkMLAPT])
SPACES = pytest.mark.parametrize("space", ["logits", "probability"])


@BOTH
@SPACES
def test_the_steps_are_eq_9_and_eq_13(kind: type[Descent], space: str) -> None:
    """Whatever η_l: z moves against βz + ∂L/∂z, and λ against ∂L/∂λ by the same η_l. β is large, so that it would show."""
    annotator, x = smooth()
    lam = {tk.TkMLAPU: {"logits": 1.2, "probability": 0.5}, tk.TkMLAPT: {"logits": 0.3, "probability": 0.3}}[kind][
        space
    ]
    attack = kind(max_steps=STEPS, step=0.05, beta=2.0, lambda_0=lam, score_space=space)
    steps = list(attack.steps(annotator, x, ask(kind)))
    assert [step.index for step in steps] == list(range(STEPS + 1)) and not steps[-1].achieved.any()
    torch.testing.assert_close(lambdas(steps[0], attack), torch.full((2,), lam, dtype=torch.float64))
    assert torch.equal(steps[0].x_adv, x)
    for i in range(2):
        for before, after in pairwise(steps):
            z, here = before.x_adv[i] - x[i], lambdas(before, attack)[i].item()
            loss, by_z, by_lambda = derivatives(annotator, x[i], z, here, attack)
            assert before.loss[i].item() == pytest.approx(loss, rel=1e-9)
            assert before.norm[i].item() == pytest.approx(255 * z.norm().item(), rel=1e-9, abs=1e-9)
            torch.testing.assert_close(before.logits[i], annotator((x[i] + z)[None])[0], rtol=1e-9, atol=1e-9)
            moved = after.x_adv[i] - before.x_adv[i]
            eta = moved.norm().item() / by_z.norm().item()
            assert eta > 0 and after.x_adv.min() > 0.01 and after.x_adv.max() < 0.99  # the box is not met
            torch.testing.assert_close(moved, -eta * by_z, rtol=1e-6, atol=1e-9)
            assert lambdas(after, attack)[i].item() == pytest.approx(here - eta * by_lambda, rel=1e-7, abs=1e-9)
        assert lambdas(steps[1], attack)[i].item() != pytest.approx(
            lam, rel=1e-4
        )  # λ moves, so that a wrong step shows


@BOTH
def test_step_sets_the_length_of_the_first_update(kind: type[Descent]) -> None:
    annotator, x = smooth()
    ran = [list(kind(max_steps=1, step=step).steps(annotator, x, ask(kind))) for step in (0.01, 0.02)]
    torch.testing.assert_close(2 * ran[0][1].norm, ran[1][1].norm)
    assert bool((ran[0][1].norm > 0).all())


@BOTH
@SPACES
def test_without_a_first_lambda_lemma_1_chooses_it(kind: type[Descent], space: str) -> None:
    """U: max_Y f − f_[k+1], so that f_[k+1] is drawn; T: anywhere between f_[k+1] and f_[k]."""
    annotator, x = smooth()
    start = next(kind(score_space=space).steps(annotator, x, ask(kind)))
    f = annotator(x).sigmoid() if space == "probability" else annotator(x)
    ordered = f.sort(dim=1, descending=True).values
    if kind is tk.TkMLAPU:
        torch.testing.assert_close(start.threshold, ordered[:, K])
    else:
        assert bool(((ordered[:, K] <= start.threshold) & (start.threshold <= ordered[:, K - 1])).all())


@pytest.mark.parametrize(
    ("attack", "low", "high"),
    [
        (tk.TkMLAPU(lambda_0=-3.0), 0.0, 0.0),
        (tk.TkMLAPU(lambda_0=-3.0, score_space="probability"), 0.0, 0.0),
        (tk.TkMLAPU(lambda_0=3.0, score_space="probability"), 1.0, 1.0),
        (tk.TkMLAPU(lambda_0=3.0), 3.0, 3.0),
        (tk.TkMLAPT(lambda_0=-3.0), -3.0, -3.0),
        (tk.TkMLAPT(lambda_0=-3.0, score_space="probability"), 0.0, 0.0),
        (tk.TkMLAPT(lambda_0=3.0, score_space="probability"), 1.0, 1.0),
    ],
)
def test_a_first_lambda_outside_the_valid_range_is_brought_back(attack: Descent, low: float, high: float) -> None:
    annotator, x = smooth()
    lam = lambdas(next(attack.steps(annotator, x, ask(type(attack)))), attack)
    assert bool(((lam >= low - 1e-12) & (lam <= high + 1e-12)).all())


@BOTH
@SPACES
def test_lambda_stays_in_its_range_all_along(kind: type[Descent], space: str) -> None:
    """Long steps from a bound, towards it: λ ≥ 0 in U, in [0,1] on probabilities."""
    annotator, x = smooth()
    untargeted = kind is tk.TkMLAPU
    goal = tk.Cleared(true=TRUE, k=5) if untargeted else ask(kind)
    attack = kind(max_steps=25, step=1.5, lambda_0=0.02, score_space=space)
    for step in attack.steps(annotator, x, goal):
        lam = lambdas(step, attack)[
            ~step.certified
        ]  # a finished image shows its 8-bit scores beside its last threshold
        assert bool((lam >= -1e-9).all()) or (not untargeted and space == "logits")
        assert bool((lam <= 1 + 1e-9).all()) or space == "logits"
        assert step.x_adv.min() >= 0 and step.x_adv.max() <= 1


def test_a_success_too_small_for_whole_levels_does_not_cost_a_larger_one(monkeypatch: pytest.MonkeyPatch) -> None:
    annotator, x = smooth()
    attack, goal = tk.TkMLAPT(step=0.2, patience=30, max_steps=80), ask(tk.TkMLAPT)
    search, tried = pixel_grid.search, []

    def at_the_second_time(annotator: tk.Annotator, goal: tk.Goal, x: Tensor, z: Tensor, *rest: Tensor | None) -> Any:
        tried.append(tk.l2_norm(z))
        found = search(annotator, goal, x, z, *rest)
        return found._replace(holds=found.holds & (len(tried) > 1))

    monkeypatch.setattr(pixel_grid, "search", at_the_second_time)
    result = attack(annotator, x, goal)
    assert len(tried) == 2 and (tried[1] >= tried[0]).all()  # the smallest success, then the one kept in reserve
    assert result.achieved.all() and torch.allclose(result.norm_float, tried[1])


def test_a_larger_beta_holds_the_perturbation_back() -> None:
    annotator, x = smooth()
    goal = ask(tk.TkMLAPT)
    runs = [list(tk.TkMLAPT(max_steps=6, step=0.02, beta=beta).steps(annotator, x, goal)) for beta in (0.0, 30.0)]
    assert bool((runs[1][6].norm < 0.95 * runs[0][6].norm).all())
