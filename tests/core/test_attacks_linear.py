"""Attacks on linear annotators, where the shortest perturbation is an exact quadratic program: never below it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import (
    Linear,
    cleared_optimum,
    inconsistent_optimum,
    least_norm,
    linear,
    mask_of,
    repeatable,
    targeted_optimum,
    weights_of,
)
from scipy.optimize import minimize
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.common.descent import Descent


def scores_of(annotator: tk.Annotator, x: Tensor) -> np.ndarray:
    return annotator(x)[0].detach().numpy()


def check(result: tk.Result, x: Tensor, optimum: float | list[float], goal: tk.Goal, annotator: tk.Annotator) -> None:
    """Success, on levels, and neither the float nor the 8-bit perturbation shorter than any can be: one optimum an image."""
    least = 255 * torch.tensor(optimum, dtype=torch.float64) * (1 - 1e-6)
    assert result.achieved.all()
    assert bool((goal.margin(annotator(result.x_adv)) < 0).all())
    assert result.x_adv.min() >= 0 and result.x_adv.max() <= 1
    torch.testing.assert_close(result.x_adv * 255, (result.x_adv * 255).round(), rtol=0, atol=1e-9)
    assert bool((result.norm_float >= least).all())
    assert bool((result.norm >= least).all())
    torch.testing.assert_close(result.norm, tk.l2_norm(result.x_adv - x))


# ---- the oracle itself ----------------------------------------------------------------------------------------------


@repeatable(20)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(2, 6))
def test_the_quadratic_program_against_a_general_solver(seed: int, constraints: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    rows, inside = rng.standard_normal((constraints, d)), rng.standard_normal(d)
    least = rows @ inside - rng.random(constraints)  # feasible: `inside` is in it
    found = minimize(
        lambda z: z @ z, inside, jac=lambda z: 2 * z, method="SLSQP", options={"ftol": 1e-12, "maxiter": 500},
        constraints={"type": "ineq", "fun": lambda z: rows @ z - least, "jac": lambda z: rows},
    )  # fmt: skip
    assert least_norm(rows, least) == pytest.approx(np.linalg.norm(found.x), rel=1e-4, abs=1e-5)


def test_the_optima_by_hand() -> None:
    """Orthonormal rows: one label that must rise above another by 1 costs 1/√2; above two others, √(2/3)."""
    weight, scores = np.eye(3, 5), np.array([1.0, 0.0, 1.0])
    assert cleared_optimum(weight, scores, {0, 2}, 1) == pytest.approx((2 / 3) ** 0.5)
    assert targeted_optimum(weight, scores, {1}) == pytest.approx((2 / 3) ** 0.5)
    assert inconsistent_optimum(weight, scores, {0, 2}, 2) == pytest.approx(0.5**0.5)
    assert cleared_optimum(weight, np.array([0.0, 1.0, 2.0]), {0}, 2) == 0


# ---- the attacks ----------------------------------------------------------------------------------------------------

shapes = st.tuples(st.integers(0, 10**6), st.integers(3, 9))


@repeatable(20)
@given(shapes, st.data())
def test_untargeted_cleared(shape: tuple[int, int], data: st.DataObject) -> None:
    annotator, x = linear(*shape)
    scores, m = scores_of(annotator, x), shape[1]
    k = data.draw(st.integers(1, m - 1))
    true = set(np.argsort(-scores)[: data.draw(st.integers(1, min(m - k, 4)))].tolist())
    goal = tk.Cleared(true=mask_of(true, m), k=k)
    check(tk.TkMLAPU()(annotator, x, goal), x, cleared_optimum(weights_of(annotator), scores, true, k), goal, annotator)


@repeatable(20)
@given(shapes, st.data())
def test_untargeted_inconsistent(shape: tuple[int, int], data: st.DataObject) -> None:
    annotator, x = linear(*shape)
    scores, m = scores_of(annotator, x), shape[1]
    k = data.draw(st.integers(1, m - 1))
    true = set(np.argsort(-scores)[: data.draw(st.integers(1, m - 1))].tolist())
    goal = tk.Inconsistent(true=mask_of(true, m), k=k)
    result = tk.TkMLAPU()(annotator, x, goal)
    check(result, x, inconsistent_optimum(weights_of(annotator), scores, true, k), goal, annotator)
    assert result.consistent.tolist() == [False]


def test_inconsistent_where_most_labels_are_true() -> None:
    """Six of seven are true and k = 6: only one of them can leave, and Eq. 8 over all six asks for what cannot be."""
    annotator, x = linear(0, 7)
    scores = scores_of(annotator, x)
    true = set(np.argsort(-scores)[:6].tolist())
    goal = tk.Inconsistent(true=mask_of(true, 7), k=6)
    optimum = inconsistent_optimum(weights_of(annotator), scores, true, 6)
    result = tk.TkMLAPU()(annotator, x, goal)
    check(result, x, optimum, goal, annotator)
    assert result.norm_float.item() < 1.1 * 255 * optimum


@repeatable(20)
@given(shapes, st.data())
def test_targeted(shape: tuple[int, int], data: st.DataObject) -> None:
    annotator, x = linear(*shape)
    scores, m = scores_of(annotator, x), shape[1]
    true = set(np.argsort(-scores)[: data.draw(st.integers(1, m - 1))].tolist())
    k = data.draw(st.integers(1, m - len(true)))
    case = data.draw(st.sampled_from(tk.CASES))
    targets = tk.choose_targets(case, annotator(x), true=mask_of(true, m), k=k, seed=shape[0])
    goal = tk.Targeted(targets=targets, true=mask_of(true, m))
    optimum = targeted_optimum(weights_of(annotator), scores, set(targets[0].nonzero()[:, 0].tolist()))
    check(tk.TkMLAPT()(annotator, x, goal), x, optimum, goal, annotator)


@pytest.mark.parametrize("m", [2, 3, 5, 9])
def test_k_up_to_m_minus_1_asks_for_no_wild_jump(m: int) -> None:
    """At k = m − 1 and Lemma 1's λ no hinge of Eq. 8 is active: the first subgradient by z is zero, and only λ moves."""
    for seed in range(2):
        annotator, x = linear(seed, m)
        scores = scores_of(annotator, x)
        true = {int(scores.argmax())}
        goal = tk.Cleared(true=mask_of(true, m), k=m - 1)
        optimum = cleared_optimum(weights_of(annotator), scores, true, m - 1)
        for attack in (tk.TkMLAPU(), tk.TkMLAPU(lemma_1=True)):
            result = attack(annotator, x, goal)
            check(result, x, optimum, goal, annotator)
            assert result.norm_float.item() < 4 * 255 * optimum
        first, second = list(tk.TkMLAPU(max_steps=1).steps(annotator, x, goal))[:2]
        assert (
            torch.equal(first.x_adv, second.x_adv) and second.threshold > first.threshold
        )  # max_Y f − λ: λ has come down
        first, second = list(tk.TkMLAPU(max_steps=1, lemma_1=True).steps(annotator, x, goal))[:2]
        assert not torch.equal(first.x_adv, second.x_adv)
    for beta in (0.0, 1.0):
        assert tk.TkMLAPU(beta=beta)(annotator, x, goal).achieved.item()


@pytest.mark.parametrize("attack", [tk.TkMLAPU(lemma_1=True, max_steps=12), tk.TkMLAPT(lemma_1=True, max_steps=12)])
def test_lambda_is_lemma_1s_at_every_iterate(attack: tk.TkMLAPU | tk.TkMLAPT) -> None:
    """Midway between the least and the largest λ that minimise the loss at the scores of that very step."""
    annotator, x = linear(4, 9)
    true, k = tk.topk_mask(annotator(x).detach(), 2), 3
    planted = tk.choose_targets("worst", annotator(x).detach(), true=true, k=k)
    goal = tk.Cleared(true=true, k=k) if isinstance(attack, tk.TkMLAPU) else tk.Targeted(targets=planted, true=true)
    for step in attack.steps(annotator, x, goal):
        if step.certified.item():
            break  # on the 8-bit image from here
        f = step.logits[0]
        if isinstance(attack, tk.TkMLAPU):
            t = (f[true[0]].max() - f).clamp(min=0).sort(descending=True).values
            expected = f[true[0]].max() - (t[9 - k - 1] + t[9 - k]) / 2
        else:
            expected = f.sort(descending=True).values[k - 1 : k + 1].mean()
        torch.testing.assert_close(step.threshold[0], expected)


def test_two_labels() -> None:
    """m = 2, k = 1: every goal is that the other label leads, at the distance of one hyperplane."""
    annotator, x = linear(3, 2)
    scores, weight = scores_of(annotator, x), weights_of(annotator)
    first = int(scores.argmax())
    optimum = abs(scores[0] - scores[1]) / np.linalg.norm(weight[0] - weight[1])
    true, other = mask_of({first}, 2), mask_of({1 - first}, 2)
    goals = [tk.Cleared(true=true, k=1), tk.Inconsistent(true=true, k=1), tk.Targeted(targets=other, true=true)]
    for attack, goal in zip((tk.TkMLAPU(), tk.TkMLAPU(), tk.TkMLAPT()), goals, strict=True):
        result = attack(annotator, x, goal)
        check(result, x, optimum, goal, annotator)
        assert result.norm.item() < 4 * 255 * optimum


def at_the_boundary(kind: type[Descent], margin: float) -> tuple[tk.Annotator, Tensor, tk.Goal]:
    """An image whose third label is just above the fourth, or just below it: the goal of `kind` lacks `margin`."""
    annotator, x = linear(1, 5, side=32)
    order = tk.topk(annotator(x), 5)[0].tolist()
    scores = annotator(x)[0].detach()
    module = annotator.module
    assert isinstance(module, Linear)
    with torch.no_grad():
        module.bias[order[2]] += scores[order[3]] - margin - scores[order[2]]
    true, wanted = mask_of({order[3], order[4]}, 5), mask_of(set(order[:3]), 5)
    goal = tk.Cleared(true=true, k=3) if kind is tk.TkMLAPU else tk.Targeted(targets=wanted, true=true)
    assert goal.margin(annotator(x)).item() == pytest.approx(margin, rel=1e-6)
    return annotator, x, goal


@pytest.mark.parametrize("kind", [tk.TkMLAPU, tk.TkMLAPT])
@pytest.mark.parametrize("margin", [0.1, 0.02, 0.004, 1e-5, -1e-4, -5e-4, -1.5e-3])
def test_a_photo_at_the_boundary_is_pushed_over_by_what_8_bits_can_say(kind: type[Descent], margin: float) -> None:
    """Here the float perturbation is a small part of a level, or nothing: the goal holds, but not by the hairline."""
    annotator, x, goal = at_the_boundary(kind, margin)
    result = kind(max_steps=150)(annotator, x, goal)
    assert result.achieved.tolist() == [True]
    assert goal.margin(annotator(result.x_adv)).item() <= -1e-3
    assert result.norm.item() < 30  # some levels in some of 3072 values


@pytest.mark.parametrize("kind", [tk.TkMLAPU, tk.TkMLAPT])
@pytest.mark.parametrize("margin", [0.1, 0.004])
def test_nearly_there_is_not_there(kind: type[Descent], margin: float) -> None:
    annotator, x, goal = at_the_boundary(kind, margin)
    result = kind(max_steps=0)(annotator, x, goal)
    assert result.achieved.tolist() == [False]
    assert torch.equal(result.x_adv, x)


@pytest.mark.parametrize("attack", [tk.TkMLAPU(), tk.TkMLAPT()], ids=["U", "T"])
def test_images_of_a_batch_have_each_its_own_optimum(attack: Descent) -> None:
    """Different truths and targets a row, one met at the start: each row as if it were alone."""
    m, k = 6, 2
    annotator, x = linear(8, m, images=4)
    x[3] = x[0]
    scores = annotator(x).detach()
    order = tk.topk(scores, m)
    true = torch.zeros(4, m, dtype=torch.bool)
    for i in range(4):
        true[i, order[i, : i + 1] if i < 3 else order[i, -1:]] = True
    targets = tk.choose_targets("best", scores, true=true, k=k)
    goal = tk.Cleared(true=true, k=k) if isinstance(attack, tk.TkMLAPU) else tk.Targeted(targets=targets, true=true)
    result = attack(annotator, x, goal)
    assert result.achieved.all() and result.steps[3] == 0 and torch.equal(result.x_adv[3], x[3])
    assert result.norm[3] == 0 and result.norm_float[3] == 0
    for i in range(4):
        row = torch.tensor([i])
        alone = attack(annotator, x[row], goal.fit(4, x.device).select(row))
        assert torch.equal(alone.x_adv[0], result.x_adv[i])
        for name in ("norm", "norm_float", "steps", "forwards"):
            assert getattr(alone, name)[0].item() == pytest.approx(getattr(result, name)[i].item(), rel=1e-9)


@pytest.mark.parametrize("space", ["logits", "probability"])
def test_scores_far_apart(space: str) -> None:
    """Twenty times the usual gap: hundreds of levels would be too short a box, so weights grow with it."""
    annotator, x = linear(4, 7, spread=3.0)
    scores = scores_of(annotator, x)
    true = {int(scores.argmax())}
    goal = tk.Cleared(true=mask_of(true, 7), k=3)
    result = tk.TkMLAPU(score_space=space)(annotator, x, goal)
    assert result.achieved.item()
    assert result.norm_float.item() >= 255 * cleared_optimum(weights_of(annotator), scores, true, 3) * (1 - 1e-6)


def test_what_cannot_be_done_is_not_reported_as_done() -> None:
    """An annotator that does not look: no perturbation changes it."""
    weight = torch.zeros(4, 3 * 64, dtype=torch.float64)
    annotator = tk.Annotator(Linear(weight, torch.tensor([3.0, 2.0, 1.0, 0.0], dtype=torch.float64)), list("abcd"))
    x = torch.full((1, 3, 8, 8), 100 / 255, dtype=torch.float64)
    true, targets = mask_of({0}, 4), mask_of({3}, 4)
    for attack, goal in (
        (tk.TkMLAPU(max_steps=30), tk.Cleared(true=true, k=1)),
        (tk.TkMLAPT(max_steps=30), tk.Targeted(targets=targets, true=true)),
    ):
        result = attack(annotator, x, goal)
        assert result.achieved.tolist() == [False] and result.consistent.tolist() == [True]
        assert result.steps.tolist() == [30] and torch.isfinite(result.x_adv).all()
        torch.testing.assert_close(result.x_adv, x)


def test_what_the_box_forbids_is_not_reported_as_done() -> None:
    """Label b would need pixels above white."""
    weight = torch.zeros(2, 3 * 64, dtype=torch.float64)
    weight[1] = 0.01
    annotator = tk.Annotator(Linear(weight, torch.tensor([1.5, 0.0], dtype=torch.float64)), ["a", "b"])
    x = torch.full((1, 3, 8, 8), 200 / 255, dtype=torch.float64)
    steps = list(tk.TkMLAPU(max_steps=60).steps(annotator, x, tk.Cleared(true=mask_of({0}, 2), k=1)))
    assert max(step.x_adv.max().item() for step in steps) <= 1 and not any(step.achieved.any() for step in steps)
    result = tk.TkMLAPU(max_steps=60)(annotator, x, tk.Cleared(true=mask_of({0}, 2), k=1))
    assert result.achieved.tolist() == [False] and result.x_adv.max() <= 1
