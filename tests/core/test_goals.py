"""The paper's three margins against what the goals say about sets: every label set, every tie, every k."""

from itertools import combinations

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import agree, mask_of, repeatable, top_sets

import tkml_core as tk

few = st.integers(-2, 2).map(float)  # full of ties
any_score = st.floats(-20, 20, allow_nan=False, width=32)


def cases(score: st.SearchStrategy[float]) -> st.SearchStrategy[tuple[list[float], set[int]]]:
    """Scores of 2 to 6 labels and a set Y that is neither empty nor everything."""

    def both(m: int) -> st.SearchStrategy[tuple[list[float], set[int]]]:
        return st.tuples(
            st.lists(score, min_size=m, max_size=m), st.sets(st.integers(0, m - 1), min_size=1, max_size=m - 1)
        )

    return st.integers(2, 6).flatmap(both)


def achieved(goal: tk.Goal, scores: list[float]) -> bool:
    return bool((goal.margin(torch.tensor([scores])) < 0)[0])


@repeatable(100)
@given(st.one_of(cases(few), cases(any_score)))
def test_cleared_is_negative_exactly_when_no_true_label_can_be_in_the_top_k(case: tuple[list[float], set[int]]) -> None:
    scores, true = case
    m = len(scores)
    for k in range(1, m - len(true) + 1):
        holds = all(not (true & top) for top in top_sets(scores, k))
        assert achieved(tk.Cleared(true=mask_of(true, m), k=k), scores) == holds


@repeatable(150)
@given(st.one_of(cases(few), cases(any_score)))
def test_inconsistent_is_negative_exactly_when_e_is_0_however_ties_break(case: tuple[list[float], set[int]]) -> None:
    scores, true = case
    m = len(scores)
    for k in range(1, m):
        holds = all(not agree(true, top) for top in top_sets(scores, k))
        goal = tk.Inconsistent(true=mask_of(true, m), k=k)
        assert achieved(goal, scores) == holds
        if achieved(goal, scores):
            assert tk.consistent(torch.tensor([scores]), mask_of(true, m), k).tolist() == [False]


@repeatable(100)
@given(st.one_of(cases(few), cases(any_score)), st.data())
def test_targeted_is_negative_exactly_when_the_top_k_is_the_target_set(
    case: tuple[list[float], set[int]], data: st.DataObject
) -> None:
    scores, true = case
    m = len(scores)
    others = sorted(set(range(m)) - true)
    targets = data.draw(st.sets(st.sampled_from(others), min_size=1))
    assume(len(targets) < m)
    holds = top_sets(scores, len(targets)) == [targets]
    assert achieved(tk.Targeted(targets=mask_of(targets, m), true=mask_of(true, m)), scores) == holds


@pytest.mark.parametrize("m", [7, 20])
def test_every_k_and_every_count_of_true_labels_over_random_scores(m: int) -> None:
    """Without ties: the margins' signs against sets, |Y| below, at and above k, many images with |Y| of their own."""
    generator = torch.Generator().manual_seed(m)
    scores = torch.randn(400, m, generator=generator)
    counts = torch.randint(1, m, (400,), generator=generator)
    true = tk.ranks(torch.rand(400, m, generator=generator)) <= counts[:, None]
    for k in range(1, m):
        top = tk.topk_mask(scores, k)
        contained = ~(true & ~top).any(1) | ~(top & ~true).any(1)
        assert torch.equal(tk.Inconsistent(true=true, k=k).margin(scores) < 0, ~contained)
        enough = (~true).sum(1) >= k
        goal = tk.Cleared(true=true[enough], k=k)
        assert torch.equal(goal.margin(scores[enough]) < 0, ~(true & top).any(1)[enough])


def test_a_margin_of_0_is_not_a_success_even_where_the_tie_break_gives_e_0() -> None:
    scores, true = torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([[False, True, False]])
    assert tk.consistent(scores, true, 1).tolist() == [False]  # the tie goes to label 0
    for goal in (tk.Cleared(true=true, k=1), tk.Inconsistent(true=true, k=1)):
        assert goal.margin(scores).tolist() == [0.0]
    targets = torch.tensor([[True, False, False]])
    assert tk.Targeted(targets=targets, true=true).margin(scores).tolist() == [0.0]


def test_margins_are_the_printed_differences_in_score_units() -> None:
    scores = torch.tensor([[9.0, 7.0, 4.0, 2.0, 1.0]])
    first = torch.tensor([[True, False, False, False, False]])
    both = torch.tensor([[True, True, True, False, False]])
    last = torch.tensor([[False, False, False, True, True]])
    assert tk.Cleared(true=first, k=2).margin(scores).item() == 9 - 4  # max_Y f − f^N_(2)
    assert tk.Cleared(true=first, k=4).margin(scores).item() == 9 - 1
    assert tk.Inconsistent(true=both, k=2).margin(scores).item() == 7 - 2  # |Y| > k: f^Y_(2) − f^N_(1)
    assert tk.Inconsistent(true=both, k=3).margin(scores).item() == 4 - 2  # |Y| = k: min_Y f − f^N_(1)
    assert tk.Inconsistent(true=first, k=3).margin(scores).item() == 9 - 2  # |Y| < k: min_Y f − f^N_(3)
    assert tk.Targeted(targets=last, true=first).margin(scores).item() == 9 - 1  # max_{j∉T} f − min_{j∈T} f
    assert tk.Targeted(targets=last, true=first).k == 2


def every_goal(m: int = 5) -> list[tk.Goal]:
    true = torch.arange(m)[None] < 2
    targets = torch.arange(m)[None] >= m - 2
    return [
        tk.Cleared(true=true, k=2),
        tk.Inconsistent(true=true, k=3),
        tk.Targeted(targets=targets, true=true),
        tk.Ordered(targets=torch.tensor([[m - 1, m - 2]]), true=true),
        tk.Hide(hide=mask_of({0}, m), keep=mask_of({1}, m), k=3),
    ]


@pytest.mark.parametrize("goal", every_goal(), ids=repr)
def test_gradients_flow_to_the_two_scores_that_decide(goal: tk.Goal) -> None:
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(30, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    margin = goal.margin(scores)
    assert margin.shape == (30,) and margin.dtype == torch.float64
    (gradient,) = torch.autograd.grad(margin.sum(), scores)
    assert torch.isfinite(gradient).all()
    assert torch.equal(gradient.sort(dim=1).values, torch.tensor([-1.0, 0, 0, 0, 1]).double().expand(30, 5))
    torch.testing.assert_close((gradient * scores).sum(1), margin)  # a difference of two scores


@pytest.mark.parametrize("goal", every_goal(), ids=repr)
def test_one_row_of_masks_serves_every_image(goal: tk.Goal) -> None:
    scores = torch.randn(6, 5, generator=torch.Generator().manual_seed(1))
    together = goal.margin(scores)
    assert together.tolist() == [goal.margin(scores[i : i + 1]).item() for i in range(6)]
    assert goal.fit(6, torch.device("cpu")).margin(scores).tolist() == together.tolist()
    chosen = torch.tensor([4, 1])
    picked = goal.fit(6, torch.device("cpu")).select(chosen)
    assert picked.margin(scores[chosen]).tolist() == together[chosen].tolist() and picked.k == goal.k


def test_targets_of_one_row_and_truths_of_many() -> None:
    true = torch.tensor([[True, False, False, False], [False, True, False, False]])
    goal = tk.Targeted(targets=torch.tensor([[False, False, False, True]]), true=true)
    scores = torch.tensor([[4.0, 3, 2, 1], [0, 1, 2, 3]])
    assert goal.margin(scores).tolist() == [3.0, -1.0]
    picked = goal.fit(2, torch.device("cpu")).select(torch.tensor([1]))
    assert picked.margin(scores[1:]).tolist() == [-1.0]


def test_rows_with_different_numbers_of_true_labels() -> None:
    true = torch.tensor([[True, False, False, False], [True, True, False, False], [True, True, True, False]])
    scores = torch.tensor([[4.0, 3, 2, 1]] * 3)
    assert tk.Inconsistent(true=true, k=2).margin(scores).tolist() == [4 - 2, 3 - 2, 3 - 1]
    assert tk.Cleared(true=true, k=1).margin(scores).tolist() == [4 - 3, 4 - 2, 4 - 1]


@pytest.mark.parametrize("goal", every_goal(), ids=repr)
def test_a_goal_prints_what_it_is(goal: tk.Goal) -> None:
    assert repr(goal).startswith(type(goal).__name__) and f"k={goal.k}" in repr(goal)


@pytest.mark.parametrize("goal", every_goal(), ids=repr)
def test_scores_of_the_wrong_shape_are_refused(goal: tk.Goal) -> None:
    with pytest.raises(ValueError, match=r"\(2, 4\)"):
        goal.margin(torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"\(5,\)"):
        goal.margin(torch.zeros(5))


def test_all_sets_of_five_labels_at_once() -> None:
    """Exhaustive, no sampling: all orders of 5 scores are one order up to renaming, so all (Y, k) on one suffice."""
    scores = [5.0, 4.0, 3.0, 2.0, 1.0]
    for size in range(1, 5):
        for true in map(set, combinations(range(5), size)):
            for k in range(1, 5):
                top = set(range(k))
                assert achieved(tk.Inconsistent(true=mask_of(true, 5), k=k), scores) == (not agree(true, top))
                if 5 - size >= k:
                    assert achieved(tk.Cleared(true=mask_of(true, 5), k=k), scores) == (not true & top)
            for count in range(1, 6 - size):
                for targets in map(set, combinations(set(range(5)) - true, count)):
                    goal = tk.Targeted(targets=mask_of(targets, 5), true=mask_of(true, 5))
                    assert achieved(goal, scores) == (targets == set(range(count)))


@repeatable(100)
@given(st.one_of(cases(few), cases(any_score)))
def test_cleared_beside_eq_7(case: tuple[list[float], set[int]]) -> None:
    """The margin is positive where Eq. 7's hinge is, and where true labels tie at places k and k + 1; equal for one label."""
    scores, true = case
    falling, best_true = sorted(scores, reverse=True), max(scores[j] for j in true)
    for k in range(1, len(scores) - len(true) + 1):
        goal = tk.Cleared(true=mask_of(true, len(scores)), k=k)
        margin = float(goal.margin(torch.tensor([scores], dtype=torch.float64))[0])
        hinge = max(best_true - falling[k], 0.0)
        tied = sum(scores[j] == best_true for j in true) > 1 and falling[k - 1] == falling[k] == best_true
        assert max(margin, 0.0) >= hinge
        assert (margin > 0) <= (hinge > 0 or tied)
        if len(true) == 1:
            assert max(margin, 0.0) == hinge
