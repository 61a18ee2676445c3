"""MinNorm: the sides of each goal, the projection of its multipliers, and the exact optimum on linear annotators."""

from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from conftest import concluded, to_the_end
from hypothesis import given
from hypothesis import strategies as st
from oracles import (
    cleared_linf_optimum,
    cleared_optimum,
    hide_optimum,
    inconsistent_optimum,
    linear,
    mask_of,
    repeatable,
    targeted_linf_optimum,
    targeted_optimum,
    weights_of,
)
from test_attacks_linear import check, scores_of
from test_attacks_photos import annotator, guessed_truth, small
from torch import Tensor

import tkml_core as tk
from tkml_core.attacks.minnorm.multipliers import balanced
from tkml_core.step_generators import drain

NEAR = 1.02  # of the optimum: what a minimum-norm solver is held to


def goals_of(m: int, k: int, true: set[int]) -> list[tk.Goal]:
    """One of each kind that the numbers allow."""
    mask, others = mask_of(true, m), sorted(set(range(m)) - true)
    goals: list[tk.Goal] = [tk.Inconsistent(true=mask, k=k)]
    if len(others) >= k:
        goals += [tk.Cleared(true=mask, k=k), tk.Targeted(targets=mask_of(set(others[:k]), m), true=mask)]
    hidden, *kept = sorted(true)
    return [*goals, tk.Hide(hide=mask_of({hidden}, m), keep=mask_of(set(kept), m), k=k, true=mask)]


@repeatable(60)
@given(st.integers(2, 7), st.data())
def test_sides_say_whether_the_goal_holds(m: int, data: st.DataObject) -> None:
    """The goal holds where every label above leads every label below; for the paper's goals by exactly the margin."""
    k = data.draw(st.integers(1, m - 1))
    true = data.draw(st.sets(st.integers(0, m - 1), min_size=1, max_size=m - 1))
    f = torch.tensor([data.draw(st.lists(st.integers(-3, 3), min_size=m, max_size=m))], dtype=torch.float64)
    for goal in goals_of(m, k, true):
        above, below = goal.sides(f)
        assert not bool((above & below).any()) and bool(above.any()) and bool(below.any())
        lead = f[below].max() - f[above].min()
        if not isinstance(goal, tk.Hide):
            assert lead == goal.margin(f)
        elif len(set(f[0].tolist())) == m:  # tied fillers of the top-k are one above, one below
            assert bool(lead < 0) == bool(goal.margin(f) < 0)


@repeatable(15)
@given(st.integers(0, 10**6), st.integers(2, 9))
def test_balanced_is_the_projection_onto_balanced_weights(seed: int, m: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    u = 3 * torch.randn(2, m, generator=generator, dtype=torch.float64)
    side = torch.randint(3, (2, m), generator=generator)
    side[:, 0], side[:, 1] = 0, 1
    above, below = side == 0, side == 1
    w = balanced(u, above.double() - below.double())
    assert bool((w >= 0).all()) and not bool(w[side == 2].any())
    torch.testing.assert_close((w * above).sum(1), (w * below).sum(1))
    # Optimality: w − u is the same level ±λ wherever w > 0, and no less than it where w = 0.
    for i in range(2):
        signed = torch.where(above[i], w[i] - u[i], u[i] - w[i])[side[i] < 2]
        inside = (w[i] > 1e-12)[side[i] < 2]
        low = above[i][side[i] < 2]
        if inside.any():
            level = signed[inside].mean()
            torch.testing.assert_close(signed[inside], level.expand(int(inside.sum())))
            assert bool((signed[~inside & low] >= level - 1e-9).all())
            assert bool((signed[~inside & ~low] <= level + 1e-9).all())


def test_balanced_is_exact_in_float32_among_ten_thousand_labels() -> None:
    """Also where three labels are to rise and all others to fall, and the sum of one side is of very many small weights."""
    for seed, above in ((0, 3), (1, 5000)):
        generator = torch.Generator().manual_seed(seed)
        u = torch.randn(2, 10_000, generator=generator)
        side = torch.where(torch.arange(10_000) < above, 1.0, -1.0).expand(2, -1)
        w, exact = balanced(u, side), balanced(u.double(), side.double())
        assert (w - exact).abs().max() <= 1e-6 * u.abs().max()
        torch.testing.assert_close((exact * side).sum(1), torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-9)


# ---- linear annotators ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "k"), [(2, 1), (9, 4), (20, 10), (80, 1), (80, 10)])
def test_targeted_within_2_per_cent_of_the_optimum(m: int, k: int) -> None:
    """One run a network, with a row for each case of targets."""
    found, x = linear(m + k, m)
    scores = scores_of(found, x)
    true = mask_of(set(np.argsort(-scores)[: min(2, m - k)].tolist()), m)
    targets = torch.cat([tk.choose_targets(case, found(x), true=true, k=k, seed=1) for case in tk.CASES])
    goal, x = tk.Targeted(targets=targets, true=true), x.expand(len(targets), -1, -1, -1)
    optima = [targeted_optimum(weights_of(found), scores, set(row.nonzero()[:, 0].tolist())) for row in targets]
    result = tk.MinNorm()(found, x, goal)
    check(result, x, optima, goal, found)
    assert bool((result.norm_float <= NEAR * 255 * torch.tensor(optima)).all())


@pytest.mark.parametrize("kappa", [0.05, 1.0])
def test_with_a_confidence_within_2_per_cent_of_what_that_takes(kappa: float) -> None:
    """κ less on every target is the same programme without a confidence."""
    found, x = linear(13, 20)
    scores = scores_of(found, x)
    true = mask_of(set(np.argsort(-scores)[:2].tolist()), 20)
    targets = tk.choose_targets("worst", found(x), true=true, k=3)
    chosen = targets[0].nonzero()[:, 0].tolist()
    scores[chosen] -= kappa
    optimum = 255 * targeted_optimum(weights_of(found), scores, set(chosen))
    result = tk.MinNorm(confidence=kappa)(found, x, tk.Targeted(targets=targets, true=true))
    assert result.achieved.item() and optimum * (1 - 1e-6) <= result.norm_float.item() <= NEAR * optimum


@repeatable(2)
@given(st.integers(0, 10**6), st.integers(5, 8), st.data())
def test_the_other_goals_within_2_per_cent(seed: int, m: int, data: st.DataObject) -> None:
    """The nearest way to these goals may be another than the one that looks nearest at the image. A truth for each image."""
    found, x = linear(seed, m, images=4)
    weight, k = weights_of(found), data.draw(st.integers(1, m - 2))
    scores = found(x).detach().numpy()
    true = [set(np.argsort(-row)[: data.draw(st.integers(1, min(m - k, 3)))].tolist()) for row in scores]
    mask = torch.cat([mask_of(labels, m) for labels in true])
    for kind, optimum in ((tk.Cleared, cleared_optimum), (tk.Inconsistent, inconsistent_optimum)):
        optima = [optimum(weight, row, labels, k) for row, labels in zip(scores, true, strict=True)]
        goal = kind(true=mask, k=k)
        result = tk.MinNorm()(found, x, goal)
        check(result, x, optima, goal, found)
        assert bool((result.norm_float <= NEAR * 255 * torch.tensor(optima)).all())


def test_hiding_within_2_per_cent() -> None:
    found, x = linear(4, 8)
    scores = scores_of(found, x)
    order = np.argsort(-scores).tolist()
    hide, keep = {order[0]}, {order[1], order[2]}
    goal = tk.Hide(hide=mask_of(hide, 8), keep=mask_of(keep, 8), k=4)
    optimum = hide_optimum(weights_of(found), scores, hide, keep, 4)
    result = tk.MinNorm()(found, x, goal)
    assert result.achieved.item()
    assert 255 * optimum * (1 - 1e-6) <= result.norm_float.item() <= NEAR * 255 * optimum


def linf_of_the_run(found: tk.Annotator, x: Tensor, goal: tk.Goal) -> tuple[float, float]:
    """Least ‖z‖_∞ of the float iterates that succeeded, and ‖z‖_∞ of the 8-bit image, in 0–255 units."""
    steps, result = to_the_end(tk.MinNorm(norm="linf").steps(found, x, goal))
    assert result.achieved.item() and goal.margin(found(result.x_adv)).item() < 0
    won = [
        tk.linf_norm(step.x_adv - x).item() for step in steps[:-1] if step.achieved.item()
    ]  # the last is on the grid
    return min(won), tk.linf_norm(result.x_adv - x).item()


@pytest.mark.parametrize(("m", "k"), [(2, 1), (9, 4), (20, 10), (80, 10)])
def test_linf_targeted_within_2_per_cent_of_the_linear_programme(m: int, k: int) -> None:
    """And in 8 bits the next whole number of levels, below which there is nothing."""
    found, x = linear(m + k, m)
    scores = scores_of(found, x)
    true = mask_of(set(np.argsort(-scores)[: min(2, m - k)].tolist()), m)
    targets = tk.choose_targets("worst", found(x), true=true, k=k)
    optimum = 255 * targeted_linf_optimum(weights_of(found), scores, set(targets[0].nonzero()[:, 0].tolist()))
    shortest, whole = linf_of_the_run(found, x, tk.Targeted(targets=targets, true=true))
    assert optimum * (1 - 1e-6) <= shortest <= NEAR * optimum
    assert optimum <= round(whole) <= optimum + 1


@repeatable(3)
@given(st.integers(0, 10**6), st.integers(3, 6), st.data())
def test_linf_cleared_within_5_per_cent(seed: int, m: int, data: st.DataObject) -> None:
    found, x = linear(seed, m)
    scores = scores_of(found, x)
    k = data.draw(st.integers(1, m - 2))
    true = set(np.argsort(-scores)[: data.draw(st.integers(1, min(m - k, 2)))].tolist())
    optimum = 255 * cleared_linf_optimum(weights_of(found), scores, true, k)
    shortest, whole = linf_of_the_run(found, x, tk.Cleared(true=mask_of(true, m), k=k))
    assert optimum * (1 - 1e-6) <= shortest <= 1.05 * optimum
    assert optimum <= round(whole) <= optimum + 2


def test_an_image_that_is_done_stays_as_it_is() -> None:
    """Two goals, one much farther off: the nearer one is done while the other goes on."""
    found, x = linear(7, 20, images=2)
    logits = found(x)
    true = tk.topk_mask(logits, 1)
    near = tk.choose_targets("best", logits[:1], true=true[:1], k=10)
    far = tk.choose_targets("worst", logits[1:], true=true[1:], k=10)
    attack = tk.MinNorm(max_steps=100, schedule=2, rounded=0)
    goal = tk.Targeted(targets=torch.cat([near, far]), true=true)
    steps, result = to_the_end(attack.steps(found, x, goal))
    first, last = result.steps.min().item(), result.steps.max().item()
    assert first < last and result.achieved.all()
    row = int(result.steps.argmin())
    for step in steps[first:]:
        assert torch.equal(step.x_adv[row], result.x_adv[row]) and step.certified[row]


def test_a_scaled_network_gives_the_same_perturbation() -> None:
    """Logits a thousand times as large: no setting is in score units, but for the hairlines."""
    found, x = linear(5, 9)
    goal = tk.Cleared(true=tk.topk_mask(found(x), 2), k=3)
    bigger = tk.Annotator(torch.nn.Sequential(found.module, Times(1000.0)), found.labels)
    norms = [tk.MinNorm(max_steps=100)(own, x, goal).norm_float.item() for own in (found, bigger)]
    assert norms[1] == pytest.approx(norms[0], rel=0.01)


class Times(torch.nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, scores: Tensor) -> Tensor:
        return self.factor * scores


@pytest.mark.parametrize("margin", [0.0, 0.01])
def test_an_image_at_the_edge_of_its_goal(margin: float) -> None:
    found, x = linear(6, 6, side=32)
    order = tk.topk(found(x), 6)[0].tolist()
    with torch.no_grad():
        found.module.bias[order[2]] += found(x)[0, order[3]] - margin - found(x)[0, order[2]]  # type: ignore[index, operator, union-attr]
    goal = tk.Cleared(true=mask_of({order[3]}, 6), k=3)
    assert goal.margin(found(x)).item() == pytest.approx(margin, abs=1e-12)
    result = tk.MinNorm(max_steps=100)(found, x, goal)
    assert result.achieved.item() and 0 < result.norm.item() < 200


# ---- far from linear ------------------------------------------------------------------------------------------------


def crooked(images: int) -> tuple[tk.Annotator, Tensor, tk.Goal]:
    """A small random network, and noise to be cleared of its best two labels."""
    torch.manual_seed(5)
    body = torch.nn.Sequential(
        torch.nn.Conv2d(3, 12, 5, 2), torch.nn.SiLU(), torch.nn.Conv2d(12, 16, 3, 2), torch.nn.SiLU()
    )
    module = torch.nn.Sequential(body, torch.nn.Flatten(), torch.nn.Linear(16 * 25, 12), Times(40.0))
    own = tk.Annotator(module, [f"label {j}" for j in range(12)], device="cpu")
    x = torch.randint(0, 256, (12, 3, 25, 25))[:images].float() / 255
    return own, x, tk.Cleared(true=tk.topk_mask(own(x).detach(), 2), k=3)


def targeted(case: str, own: tk.Annotator, x: Tensor, goal: tk.Goal) -> tk.Goal:
    """The targets of a case, with the truth of `goal`."""
    targets = tk.choose_targets(case, own(x).detach(), true=goal.true, k=3)
    return tk.Targeted(targets=targets, true=goal.true)


def test_no_step_is_longer_than_trust_allows() -> None:
    """In 25 steps, a quarter of those that the gains are for, `trust` counts fourfold: 0.25 is the first step's own length."""
    x, own = small()[:1], annotator("voc20")
    logits = own(x)
    true = guessed_truth(logits)
    goal = tk.Targeted(targets=tk.choose_targets("worst", logits, true=true, k=3), true=true)

    def lengths(trust: float, count: int) -> list[float]:
        """Of the first moves, over the very first."""
        steps = islice(tk.MinNorm(max_steps=25, rounded=0, trust=trust).steps(own, x, goal), count + 1)
        moves = [float((after - before).norm()) for before, after in pairwise([step.x_adv for step in steps])]
        return [move / moves[0] for move in moves]

    bounded, free = lengths(0.25, 25), lengths(float("inf"), 12)
    assert max(bounded[:12]) <= 1.001 < 1.5 < max(free)
    assert max(bounded) > 1.001  # half of the steps, an odd number, brought no success
    with pytest.raises(ValueError, match="trust = 0"):
        tk.MinNorm(trust=0)


def test_linf_is_flatter_than_l2() -> None:
    """Worst targets: the largest change of a value is well below that of the L2 solver."""
    own, x, goal = crooked(3)
    goal = targeted("worst", own, x, goal)
    flat, round_ = (tk.MinNorm(norm=norm)(own, x, goal) for norm in ("linf", "l2"))
    assert flat.achieved.all() and round_.achieved.all()
    largest = [tk.linf_norm(result.x_adv - x) for result in (flat, round_)]
    assert bool((2 * largest[0] <= largest[1]).all()) and bool((flat.norm > round_.norm).all())


def test_steps_on_whole_levels_shorten_the_saved_image_alone() -> None:
    """On a linear annotator, where the float optimum is found and a whole level is a good part of each change."""
    found, x = linear(7, 20, images=3)
    goal = tk.Cleared(true=tk.topk_mask(found(x), 2), k=3)
    without, result = (
        tk.MinNorm(max_steps=60 + rounded, schedule=60, rounded=rounded, starts=0)(found, x, goal)
        for rounded in (0, 20)
    )
    assert result.achieved.all()
    assert torch.equal(result.norm_float, without.norm_float)
    assert bool((result.norm <= without.norm).all()) and bool((result.norm < without.norm).any())


def test_too_few_steps_may_end_with_a_success_further_the_same_way() -> None:
    own, x, goal = crooked(1)
    (*_, last), result = to_the_end(tk.MinNorm(max_steps=2).steps(own, x, goal))
    assert not last.achieved.item() and result.achieved.item()
    assert result.steps.item() == 2 and result.norm_float > last.norm


@pytest.mark.parametrize(("max_steps", "taken"), [(0, 0), (40, 40), (105, 105), (290, 290)])
def test_all_steps_are_at_most_max_steps(max_steps: int, taken: int) -> None:
    found, x = linear(3, 6)
    goal = tk.Cleared(true=tk.topk_mask(found(x), 2), k=3)
    result = tk.MinNorm(max_steps=max_steps)(found, x, goal)
    assert result.steps.item() == taken and result.achieved.item() == (taken > 0)


def test_stopping_among_the_last_steps_keeps_a_success() -> None:
    own, x, goal = crooked(1)
    steps = tk.MinNorm(max_steps=50, schedule=40, rounded=10, starts=0).steps(own, x, goal)
    for step in steps:
        if step.index == 43:
            break
    result = concluded(steps)
    assert result.achieved.item() and goal.margin(own(result.x_adv)).item() < 0
    assert result.steps.item() == 43


def test_bad_settings() -> None:
    with pytest.raises(ValueError, match="schedule = 0"):
        tk.MinNorm(schedule=0)
    with pytest.raises(ValueError, match="norm = 'l1'"):
        tk.MinNorm(norm="l1")
    with pytest.raises(ValueError, match="rounded = -1"):
        tk.MinNorm(rounded=-1)
    for starts in (-1, 5):
        with pytest.raises(ValueError, match=f"starts = {starts}"):
            tk.MinNorm(starts=starts)


# ---- from outside ---------------------------------------------------------------------------------------------------


class Walled(torch.nn.Module):
    """A true label at 3; a, that rises evenly along pixel 0; b, along pixel 1 beyond a wall, which is lower far out."""

    def forward(self, x: Tensor) -> Tensor:
        z = 255 * (x.flatten(1)[:, :2] - 0.5)
        a, b = 0.5 + z[:, 0] / 24, 30 * torch.sigmoid(z[:, 1] - 9 + z[:, 0] / 15)
        return torch.stack([torch.full_like(a, 3.0), a, b], 1)


def test_a_way_that_shows_only_from_its_other_side_is_found_from_outside() -> None:
    """From the photo a leads, to the boundary 60 levels away; coming back from beyond, b does, to 7."""
    own = tk.Annotator(Walled(), ["true", "a", "b"], device="cpu")
    x = torch.full((1, 3, 4, 4), 0.5)
    goal = tk.Cleared(true=mask_of({0}, 3), k=1)
    inside, outside = (tk.MinNorm(starts=starts, rounded=0)(own, x, goal) for starts in (0, 4))
    assert inside.achieved.item() and inside.norm_float.item() == pytest.approx(60, abs=1)
    assert outside.achieved.item() and outside.norm_float.item() == pytest.approx(6.8, abs=0.2)


def test_starts_outside_are_for_goals_with_several_ways() -> None:
    own, x, goal = crooked(4)
    few, one_way = x[:1], goal.select(torch.tensor([0]))
    one_way = targeted("best", own, few, one_way)
    none, four = (tk.MinNorm(max_steps=60, starts=starts)(own, few, one_way) for starts in (0, 4))
    assert torch.equal(none.x_adv, four.x_adv) and torch.equal(none.backwards, four.backwards)
    none, four = (tk.MinNorm(max_steps=200, starts=starts, rounded=0)(own, x, goal) for starts in (0, 4))
    assert bool((four.steps == 200).all()) and four.achieved.all()
    assert four.norm_float.mean() < 1.01 * none.norm_float.mean()


def test_stopping_outside_keeps_the_successes_so_far() -> None:
    own, x, goal = crooked(4)
    for stop_at in (0, 40, 75, 185):
        seen = torch.zeros(len(x), dtype=torch.bool)
        steps = tk.MinNorm(rounded=0).steps(own, x, goal)
        for step in steps:
            seen |= step.achieved
            if step.index == stop_at:
                break
        result = concluded(steps)
        assert bool(result.achieved[seen].all()) and (stop_at == 0 or bool(seen.all()))
        assert bool((result.steps == stop_at).all())


def test_presets_by_effort() -> None:
    """Of a goal with one way, where a run ends soon after its schedule."""
    own, x, goal = crooked(2)
    goal = targeted("worst", own, x, goal)
    results = [attack(own, x, goal) for attack in (tk.MinNorm.preview(), tk.MinNorm(), tk.MinNorm.thorough())]
    assert all(result.achieved.all() for result in results)
    steps = [result.steps.max().item() for result in results]
    assert steps[0] == 30 and 30 < steps[1] <= 290 and steps[1] < steps[2] <= 1000
    norms = [result.norm_float.mean().item() for result in results]
    assert norms[2] <= 1.01 * norms[1] <= 1.02 * norms[0]


# ---- from another attack's image ------------------------------------------------------------------------------------


def test_from_a_success_it_ends_with_one_at_most_as_large_wherever_it_is_stopped() -> None:
    own, x, goal = crooked(2)
    found = tk.TkMLAPU(confidence=0.5)(own, x, goal)
    attack = tk.MinNorm(confidence=0.5, schedule=12, max_steps=18)
    for stop_at in (0, 3, 15, None):
        steps = attack.steps(own, x, goal, start=found.x_adv)
        assert torch.equal(next(steps).x_adv, found.x_adv)
        for _ in range(stop_at or 0):
            next(steps)
        result = drain(steps) if stop_at is None else concluded(steps)
        margins = torch.cat([goal.select(torch.tensor([i])).margin(own(result.x_adv[i : i + 1])) for i in range(2)])
        assert result.achieved.all() and bool((margins <= -0.501).all())
        assert bool((result.norm <= found.norm).all())
    assert bool((result.norm < 0.9 * found.norm).all())  # to the end


def test_a_start_that_is_the_optimum_stays_one() -> None:
    found, x = linear(3, 6)
    goal = tk.Cleared(true=tk.topk_mask(found(x), 2), k=3)
    best = tk.MinNorm()(found, x, goal)
    again = drain(tk.MinNorm(max_steps=1).steps(found, x, goal, start=best.x_adv))
    assert again.achieved.all() and bool((again.norm <= best.norm).all())
    with pytest.raises(ValueError, match=r"start has shape \(1, 3, 4, 4\)"):
        tk.MinNorm().steps(found, x, goal, start=torch.zeros(1, 3, 4, 4))
