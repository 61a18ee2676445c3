"""Other attacks than the paper's: on linear annotators, never below the exact optimum, and on the bundled ones, as they come."""

from dataclasses import replace
from functools import cache
from itertools import pairwise, permutations

import numpy as np
import pytest
import torch
from conftest import concluded, to_the_end
from hypothesis import given
from hypothesis import strategies as st
from oracles import (
    Linear,
    cleared_optimum,
    hide_optimum,
    inconsistent_optimum,
    linear,
    mask_of,
    ordered_optimum,
    repeatable,
    targeted_optimum,
    weights_of,
)
from test_attacks_linear import check, scores_of
from test_attacks_photos import annotator, guessed_truth, on_levels, photo, small
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.common.base import Attack

shapes = st.tuples(st.integers(0, 10**6), st.integers(2, 8))


def best(scores: np.ndarray, count: int) -> set[int]:
    return set(np.argsort(-scores)[:count].tolist())


# ---- the optima -----------------------------------------------------------------------------------------------------


def test_the_ordered_optimum_by_hand() -> None:
    """Orthonormal rows, scores 1 and 0: to swap them costs 1/√2; three in reverse, 0 1 2 to 1 1 1, √2."""
    weight = np.eye(3, 5)
    assert ordered_optimum(weight, np.array([1.0, 0.0, -9.0]), [1, 0]) == pytest.approx(0.5**0.5)
    assert ordered_optimum(weight, np.array([0.0, 1.0, 2.0]), [0, 1]) == pytest.approx(2**0.5)
    assert ordered_optimum(weight, np.array([0.0, 1.0, 2.0]), [2, 1]) == 0


@repeatable(15)
@given(shapes, st.data())
def test_an_order_costs_no_less_than_its_set(shape: tuple[int, int], data: st.DataObject) -> None:
    """The cheapest order of a set costs what the set costs: the set's optimum leaves its labels in some order."""
    found, x = linear(*shape)
    scores, m = scores_of(found, x), shape[1]
    order = data.draw(st.permutations(range(m)))[: data.draw(st.integers(1, min(3, m - 1)))]
    every = [ordered_optimum(weights_of(found), scores, list(p)) for p in permutations(order)]
    assert min(every) == pytest.approx(targeted_optimum(weights_of(found), scores, set(order)), rel=1e-6, abs=1e-9)


@repeatable(15)
@given(shapes, st.data())
def test_hiding_the_true_labels_costs_what_clearing_them_costs(shape: tuple[int, int], data: st.DataObject) -> None:
    found, x = linear(*shape)
    scores, m = scores_of(found, x), shape[1]
    k = data.draw(st.integers(1, m - 1))
    hide = best(scores, data.draw(st.integers(1, m - k)))
    weight = weights_of(found)
    cleared = cleared_optimum(weight, scores, hide, k)
    assert hide_optimum(weight, scores, hide, set(), k) == pytest.approx(cleared, rel=1e-6, abs=1e-9)
    keep = {int(np.argmin(scores))} - hide
    assert hide_optimum(weight, scores, hide, keep, k) >= cleared * (1 - 1e-6)


# ---- linear annotators ----------------------------------------------------------------------------------------------


@repeatable(15)
@given(shapes, st.data())
def test_ml_ap(shape: tuple[int, int], data: st.DataObject) -> None:
    found, x = linear(*shape)
    scores, m = scores_of(found, x), shape[1]
    true = best(scores, data.draw(st.integers(1, m - 1)))
    k = data.draw(st.integers(1, m - len(true)))
    case = data.draw(st.sampled_from(tk.CASES))
    targets = tk.choose_targets(case, found(x), true=mask_of(true, m), k=k, seed=shape[0])
    optimum = targeted_optimum(weights_of(found), scores, set(targets[0].nonzero()[:, 0].tolist()))
    goal = tk.Targeted(targets=targets, true=mask_of(true, m))
    result = tk.MLAP()(found, x, goal)
    check(result, x, optimum, goal, found)
    assert result.norm_float.item() < 1.25 * 255 * optimum


@repeatable(2)
@given(st.tuples(st.integers(0, 10**6), st.integers(3, 6)), st.data())
def test_cw_k_in_order_and_without(shape: tuple[int, int], data: st.DataObject) -> None:
    """An order of its own for each of three images."""
    found, x = linear(*shape, images=3)
    scores, m = found(x).detach().numpy(), shape[1]
    truth, weight = tk.topk_mask(found(x), 1), weights_of(found)
    k = data.draw(st.integers(1, m - 1))
    orders = [data.draw(st.permutations((~row).nonzero()[:, 0].tolist()))[:k] for row in truth]
    attack = tk.CWk(max_steps=200)
    goal = tk.Ordered(targets=torch.tensor(orders), true=truth)
    optima = [ordered_optimum(weight, row, order) for row, order in zip(scores, orders, strict=True)]
    result = attack(found, x, goal)
    check(result, x, optima, goal, found)
    assert bool((result.norm_float < 1.25 * 255 * torch.tensor(optima)).all())
    assert tk.topk(found(result.x_adv), k).tolist() == orders
    free = tk.Targeted(targets=torch.cat([mask_of(tuple(order), m) for order in orders]), true=truth)
    optima = [targeted_optimum(weight, row, set(order)) for row, order in zip(scores, orders, strict=True)]
    result = attack(found, x, free)
    check(result, x, optima, free, found)
    assert bool((result.norm_float < 1.25 * 255 * torch.tensor(optima)).all())


@repeatable(15)
@given(shapes, st.data())
def test_kfool_with_one_true_label(shape: tuple[int, int], data: st.DataObject) -> None:
    found, x = linear(*shape)
    scores, m = scores_of(found, x), shape[1]
    k = data.draw(st.integers(1, m - 1))
    true = best(scores, 1)
    weight, truth = weights_of(found), mask_of(true, m)
    for goal, optimum in (
        (tk.Cleared(true=truth, k=k), cleared_optimum(weight, scores, true, k)),
        (tk.Inconsistent(true=truth, k=k), inconsistent_optimum(weight, scores, true, k)),
    ):
        result = tk.KFool()(found, x, goal)
        check(result, x, optimum, goal, found)
        assert result.norm_float.item() < (k + 1) * 255 * optimum  # it goes as far as k distances add up to


def test_kfool_is_deepfool_where_there_are_two_labels() -> None:
    """m = 2, linear: one step along w' by (1 + η) times the distance, and the few thousandths of a logit beyond."""
    found, x = linear(3, 2)
    scores, weight = scores_of(found, x), weights_of(found)
    first = int(scores.argmax())
    goal = tk.Cleared(true=mask_of({first}, 2), k=1)
    w, gap = weight[1 - first] - weight[first], scores[first] - scores[1 - first]
    steps = list(tk.KFool(overshoot=0.1, max_steps=1).steps(found, x, goal))
    assert steps[1].achieved.tolist() == [True]
    result = tk.KFool(overshoot=0.1)(found, x, goal)
    assert result.steps.tolist() == [1]
    assert result.norm_float.item() == pytest.approx(255 * 1.1 * (gap + 4e-3) / np.linalg.norm(w), rel=1e-9)


def test_kfool_steps_along_the_sum_of_the_unit_normals() -> None:
    """The formula by hand, on a smooth network: as far as the |f'_j|/‖w'_j‖ add up to, along Σ w'_j/‖w'_j‖."""
    torch.manual_seed(1)
    module = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(192, 6), torch.nn.Softplus(), torch.nn.Linear(6, 7)
    )
    module[1].weight.data *= 8  # so steep that the step stays inside the box
    module[3].weight.data *= 4
    module[3].bias.data[[1, 4]] += 2
    found, x = tk.Annotator(module.double(), list("abcdefg")), torch.full((1, 3, 8, 8), 0.5, dtype=torch.float64)
    true = mask_of({1, 4}, 7)
    before, after = list(tk.KFool(max_steps=1, overshoot=0.02).steps(found, x, tk.Cleared(true=true, k=2)))[:2]
    f = before.logits[0]
    c = 1 if f[1] > f[4] else 4
    jacobian = torch.autograd.functional.jacobian(lambda image: found(image)[0], x).flatten(1)
    three = [j for j in tk.topk(before.logits, 3)[0].tolist() if j != c]
    w = [jacobian[j] - jacobian[c] for j in three]
    aimed = f + 4e-3 * true[0]
    distance = sum((aimed[c] - aimed[j]).abs() / v.norm() for j, v in zip(three, w, strict=True))
    way = sum(v / v.norm() for v in w)
    assert after.x_adv.min() > 0 and after.x_adv.max() < 1
    expected = 1.02 * distance * way / way.norm()  # type: ignore[union-attr, operator]
    torch.testing.assert_close((after.x_adv - x).flatten(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("signed_sum", "fixed_label"), [(False, False), (True, False), (False, True), (True, True)])
def test_kfools_options_step_as_the_formula_says(signed_sum: bool, fixed_label: bool) -> None:
    """Linear, two true labels with another between them: two steps, written out, away from the c that each has."""
    found, x = linear(3, 9, side=24)
    weight, bias = weights_of(found), scores_of(found, x)
    order = np.argsort(-bias).tolist()
    true = {order[0], order[2]}
    goal = tk.Cleared(true=mask_of(true, 9), k=3)
    attack = tk.KFool(max_steps=2, signed_sum=signed_sum, fixed_label=fixed_label)
    steps = list(attack.steps(found, x, goal))
    changed = []
    for before, after in pairwise(steps):
        f = before.logits[0].numpy() + 4e-3 * mask_of(true, 9)[0].numpy()
        c = order[0] if fixed_label else max(true, key=lambda j, f=f: f[j])  # type: ignore[misc]
        others = [j for j in np.argsort(-f).tolist()[:4] if j != c][:3]
        w = [weight[j] - weight[c] for j in others]
        parts = [(f[c] - f[j]) / np.linalg.norm(v) for j, v in zip(others, w, strict=True)]
        length = abs(sum(parts)) if signed_sum else sum(map(abs, parts))
        way = sum(v / np.linalg.norm(v) for v in w)
        expected = 1.02 * length * way / np.linalg.norm(way)
        np.testing.assert_allclose((after.x_adv - before.x_adv).numpy().ravel(), expected, rtol=1e-9, atol=1e-12)
        changed.append(c)
    assert len(set(changed)) == (1 if fixed_label else 2)  # the lead changes in the first step
    assert steps[-1].x_adv.min() > 0 and steps[-1].x_adv.max() < 1


def test_kfools_signed_sum_is_the_shorter_where_a_label_is_above_already() -> None:
    found, x = linear(3, 9)
    order = np.argsort(-scores_of(found, x)).tolist()
    goal = tk.Cleared(true=mask_of({order[1]}, 9), k=3)
    plain, signed = (list(tk.KFool(max_steps=1, signed_sum=s).steps(found, x, goal))[1].norm for s in (False, True))
    assert signed < plain
    leading = tk.Cleared(true=mask_of({order[0]}, 9), k=3)
    one, other = (tk.KFool(max_steps=1, signed_sum=s)(found, x, leading).norm_float for s in (False, True))
    assert torch.equal(one, other)  # none is above: all signs agree


def test_kfool_counts_a_backward_pass_for_each_label() -> None:
    found, x = linear(3, 9)
    goal = tk.Cleared(true=mask_of(best(scores_of(found, x), 3), 9), k=3)
    result = tk.KFool(max_steps=1)(found, x, goal)
    assert not result.achieved.item()  # or the grid search's passes would be among them
    assert result.steps.item() == 1 and result.backwards.item() == 3 + 1


def test_two_true_labels_take_turns_under_kfool() -> None:
    """The adapted method pushes the leading one and lifts the other."""
    found, x = linear(3, 9)
    first, second = np.argsort(-scores_of(found, x))[:2].tolist()
    goal = tk.Cleared(true=mask_of({first, second}, 9), k=3)
    seen = [step.logits[0] for step in tk.KFool(max_steps=40).steps(found, x, goal)]
    leads = [bool(logits[first] > logits[second]) for logits in seen]
    assert leads[0] and [now != after for now, after in pairwise(leads)].count(True) >= 2


EVERY = pytest.mark.parametrize(
    "attack", [tk.KFool(max_steps=40), tk.MLAP(max_steps=60), tk.CWk(max_steps=60, searches=3)], ids=lambda a: a.name
)


@EVERY
def test_rows_of_a_batch_are_as_if_alone(attack: Attack) -> None:
    """Truths and targets of their own, one image met at the start."""
    found, x = linear(8, 6, images=4)
    x[3] = x[0]
    logits = found(x).detach()
    true = torch.zeros(4, 6, dtype=torch.bool).scatter(1, tk.topk(logits, 1), True)
    goal = tk.own_goal(attack, logits, true, 2).fit(4, x.device)
    met = {
        tk.Cleared: lambda: tk.Cleared(true=torch.cat([true[:3], tk.ranks(logits)[3:] == 6]), k=2),
        tk.Targeted: lambda: tk.Targeted(targets=_with(goal, tk.topk_mask(logits, 2)), true=_with_true(true, logits)),
        tk.Ordered: lambda: tk.Ordered(targets=_with(goal, tk.topk(logits, 2)), true=_with_true(true, logits)),
    }
    goal = met[type(goal)]().fit(4, x.device)
    result = attack(found, x, goal)
    assert result.achieved.all()
    assert result.steps[3] == 0 and torch.equal(result.x_adv[3], x[3]) and result.backwards[3] == 0
    for i in range(4):
        row = torch.tensor([i])
        alone = attack(found, x[row], goal.select(row))
        assert torch.equal(alone.x_adv[0], result.x_adv[i])
        for name in ("norm", "norm_float", "steps", "forwards", "backwards"):
            if name == "backwards" and isinstance(attack, tk.MLAP):
                continue  # a descent counts one pass more for an image that ends while others go on
            assert getattr(alone, name)[0].item() == pytest.approx(getattr(result, name)[i].item(), rel=1e-9)


def _with(goal: tk.Goal, last: Tensor) -> Tensor:
    return torch.cat([goal.targets[:3], last[3:]])  # type: ignore[attr-defined]


def _with_true(true: Tensor, logits: Tensor) -> Tensor:
    return torch.cat([true[:3], tk.ranks(logits)[3:] == 6])


@pytest.mark.parametrize("seed", range(3))
def test_two_labels(seed: int) -> None:
    """m = 2, k = 1: every goal is that the other label leads, at the distance of one hyperplane."""
    found, x = linear(seed, 2)
    scores, weight = scores_of(found, x), weights_of(found)
    first = int(scores.argmax())
    optimum = abs(scores[0] - scores[1]) / np.linalg.norm(weight[0] - weight[1])
    true, other = mask_of({first}, 2), mask_of({1 - first}, 2)
    pairs: list[tuple[Attack, tk.Goal]] = [
        (tk.KFool(), tk.Cleared(true=true, k=1)),
        (tk.KFool(), tk.Inconsistent(true=true, k=1)),
        (tk.MLAP(), tk.Targeted(targets=other, true=true)),
        (tk.CWk(max_steps=200), tk.Targeted(targets=other, true=true)),
        (tk.CWk(max_steps=200), tk.Ordered(targets=torch.tensor([[1 - first]]), true=true)),
    ]
    for attack, goal in pairs:
        result = attack(found, x, goal)
        check(result, x, optimum, goal, found)
        assert result.norm_float.item() < 1.1 * 255 * optimum


@EVERY
def test_what_cannot_be_done_is_not_reported_as_done(attack: Attack) -> None:
    """An annotator that does not look, and one that would need pixels above white."""
    blind = tk.Annotator(Linear(torch.zeros(4, 192).double(), torch.tensor([3.0, 2, 1, 0]).double()), list("abcd"))
    x = torch.full((1, 3, 8, 8), 200 / 255, dtype=torch.float64)
    result = attack(blind, x, tk.own_goal(attack, blind(x), mask_of({0}, 4), 2))
    assert result.achieved.tolist() == [False] and result.steps.tolist() == [attack.max_steps]
    torch.testing.assert_close(result.x_adv, x)
    weight = torch.zeros(2, 192).double()
    weight[1] = 0.01
    if isinstance(attack, tk.CWk):
        attack = replace(attack, rate=0.02, constant=1e4)  # far enough, and keen enough, to be stopped by the box
    bright = tk.Annotator(Linear(weight, torch.tensor([1.5, 0.0]).double()), ["a", "b"])
    steps = list(attack.steps(bright, x, tk.own_goal(attack, bright(x), mask_of({0}, 2), 1)))
    assert max(step.x_adv.max().item() for step in steps) <= 1 and not any(step.achieved.any() for step in steps)
    assert max(step.x_adv.max().item() for step in steps) == 1


def test_cw_k_searches_over_the_constant() -> None:
    """From a hopelessly small and a needlessly large first constant it comes to the same perturbation."""
    found, x = linear(11, 5)
    order = tk.topk(found(x), 5)[0].tolist()
    goal = tk.Ordered(targets=torch.tensor([[order[2], order[1]]]), true=mask_of({order[0]}, 5))
    optimum = 255 * ordered_optimum(weights_of(found), scores_of(found, x), [order[2], order[1]])
    norms = [tk.CWk(max_steps=400, searches=8, constant=c)(found, x, goal).norm_float.item() for c in (1e-4, 1e3)]
    assert max(norms) < 1.1 * optimum
    alone = [tk.CWk(max_steps=50, searches=1, constant=c)(found, x, goal) for c in (1e-4, 1e3)]
    assert [run.achieved.item() for run in alone] == [False, True]
    assert alone[1].norm_float.item() > max(norms)


def test_kappa_asks_for_more() -> None:
    found, x = linear(11, 5)
    order = tk.topk(found(x), 5)[0].tolist()
    goal = tk.Ordered(targets=torch.tensor([[order[2], order[1]]]), true=mask_of({order[0]}, 5))
    last = [
        list(tk.CWk(max_steps=100, searches=1, constant=100.0, kappa=kappa).steps(found, x, goal))[-2].logits
        for kappa in (0.0, 2.0)
    ]
    assert goal.margin(last[1]).item() < -1.5 < goal.margin(last[0]).item()


# ---- the bundled annotators -----------------------------------------------------------------------------------------


@cache
def ran(attack: Attack, name: str) -> tuple[Tensor, tk.Goal, list[tk.Step], tk.Result]:
    x = small()[:2]
    with torch.no_grad():
        logits = annotator(name)(x)
    true = guessed_truth(logits) if not isinstance(attack, tk.KFool) else tk.ranks(logits) == 1
    goal = tk.own_goal(attack, logits, true, 2)
    return x, goal, *to_the_end(attack.steps(annotator(name), x, goal))


BUNDLED = pytest.mark.parametrize(
    ("attack", "name"),
    [
        (tk.KFool(), "voc20"),
        (tk.KFool(), "mobilenet-coco80"),
        (tk.MLAP(max_steps=150), "voc20"),
        (tk.MLAP(max_steps=150), "mobilenet-coco80"),
        (tk.CWk(max_steps=60, searches=2), "voc20"),
    ],
    ids=lambda value: getattr(value, "name", value),
)


@BUNDLED
def test_photos(attack: Attack, name: str) -> None:
    x, goal, steps, result = ran(attack, name)
    assert result.achieved.all() and not result.consistent.any() and on_levels(result.x_adv)
    torch.testing.assert_close(result.norm, tk.l2_norm(result.x_adv - x))
    assert bool((result.norm < 800).all())  # at 64 × 64 this is 7 levels rms
    assert [step.index for step in steps] == list(range(len(steps))) and torch.equal(steps[0].x_adv, x)
    assert result.steps.max().item() == len(steps) - 1 and steps[-1].certified.all()
    for i in range(2):
        logits = annotator(name)(result.x_adv[i : i + 1])
        assert goal.fit(2, x.device).select(torch.tensor([i])).margin(logits).item() <= -1e-3
        if isinstance(goal, tk.Ordered):
            assert tk.topk(logits, 2)[0].tolist() == goal.targets[i].tolist()


@BUNDLED
def test_a_step_says_what_its_image_shows(attack: Attack, name: str) -> None:
    _, goal, steps, _ = ran(attack, name)
    for step in steps[:: max(1, len(steps) // 4)]:
        logits = annotator(name)(step.x_adv)
        torch.testing.assert_close(step.logits, logits, rtol=1e-3, atol=1e-3)
        going = ~step.certified
        kth = logits.sort(dim=1, descending=True).values[:, goal.k - 1]
        torch.testing.assert_close(step.threshold[going], kth[going], rtol=1e-3, atol=1e-3)  # f_[k]
        sure = goal.margin(logits).abs() > 1e-3
        assert torch.equal(step.achieved[sure], (goal.margin(logits) < 0)[sure])
        assert step.x_adv.min() >= 0 and step.x_adv.max() <= 1 and bool((step.loss >= 0).all())


@pytest.mark.parametrize(("case", "share"), [("untargeted", 0.85), ("worst", 0.9)])
def test_minnorm_is_shorter_than_the_papers_attack_on_photos(case: str, share: float) -> None:
    """Mean float norm over two parts of photos, with the fewest gradients of its presets."""
    x, own = small()[:2], annotator("voc20")
    logits = own(x)
    true = guessed_truth(logits)
    if case == "untargeted":
        goal: tk.Goal = tk.Cleared(true=true, k=3)
        other: tk.Result = tk.TkMLAPU()(own, x, goal)
    else:
        goal = tk.Targeted(targets=tk.choose_targets(case, logits, true=true, k=3), true=true)
        other = tk.TkMLAPT()(own, x, goal)
    ours = tk.MinNorm.preview()(own, x, goal)
    assert ours.achieved.all() and other.achieved.all()
    assert ours.norm_float.mean() < share * other.norm_float.mean()


@EVERY
def test_again_is_the_same_bit_for_bit_and_true_concludes(attack: Attack) -> None:
    """A photo that is not square."""
    x = annotator("voc20").prepare(photo("chelsea"))[:, :, ::2, ::2][:, :, :64, :96].contiguous()
    with torch.no_grad():
        logits = annotator("voc20")(x)
    goal = tk.own_goal(attack, logits, tk.ranks(logits) == 1, 3)
    short = type(attack)(max_steps=8)
    first, second = (short(annotator("voc20"), x, goal) for _ in range(2))
    assert torch.equal(first.x_adv, second.x_adv) and torch.equal(first.forwards, second.forwards)
    assert first.x_adv.shape == x.shape and on_levels(first.x_adv) and not torch.equal(first.x_adv, x)
    run = attack.steps(annotator("voc20"), x, goal)
    next(run), next(run)
    result = concluded(run)
    assert isinstance(result, tk.Result) and result.steps.item() <= 1
    nothing = list(type(attack)(max_steps=0).steps(annotator("voc20"), x, goal))
    assert len(nothing) == 1 and torch.equal(nothing[0].x_adv, x)


def test_sending_true_keeps_a_success_of_an_earlier_search() -> None:
    """CW^k goes on after its first success, from the image itself; who stops it then has that success."""
    found, x = linear(11, 5)
    order = tk.topk(found(x), 5)[0].tolist()
    goal = tk.Ordered(targets=torch.tensor([[order[2], order[1]]]), true=mask_of({order[0]}, 5))
    run, seen = tk.CWk(max_steps=300, searches=6, constant=10.0).steps(found, x, goal), False
    for step in run:
        seen |= bool(step.achieved.item())
        if seen and step.index > 50 and not step.achieved.item():
            break
    result = concluded(run)
    assert seen and result.achieved.item() and goal.margin(found(result.x_adv)).item() < 0
