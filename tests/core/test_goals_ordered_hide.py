"""Ordered and Hide against what they say about orders and sets: every tie, every k, by enumeration."""

from itertools import combinations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import mask_of, repeatable, top_orders, top_sets

import tkml_core as tk

few = st.integers(-2, 2).map(float)  # full of ties
any_score = st.floats(-20, 20, allow_nan=False, width=32)


def lists(score: st.SearchStrategy[float], least: int = 2) -> st.SearchStrategy[list[float]]:
    return st.integers(least, 6).flatmap(lambda m: st.lists(score, min_size=m, max_size=m))


def achieved(goal: tk.Goal, scores: list[float]) -> bool:
    return bool((goal.margin(torch.tensor([scores])) < 0)[0])


def ordered(order: tuple[int, ...] | list[int], m: int) -> tk.Ordered:
    other = next(j for j in range(m) if j not in order)
    return tk.Ordered(targets=torch.tensor([list(order)]), true=mask_of({other}, m))


@repeatable(100)
@given(st.one_of(lists(few), lists(any_score)), st.data())
def test_ordered_is_negative_exactly_when_the_top_k_is_in_that_order(scores: list[float], data: st.DataObject) -> None:
    m = len(scores)
    k = data.draw(st.integers(1, m - 1))
    ranked = top_orders(scores, k)
    near = list(ranked[0])  # a guess that is right where there are no ties, or one swap away from it
    i, j = data.draw(st.integers(0, k - 1)), data.draw(st.integers(0, k - 1))
    near[i], near[j] = near[j], near[i]
    for order in (ranked[0], tuple(near), tuple(data.draw(st.permutations(range(m)))[:k])):
        assert achieved(ordered(order, m), scores) == (ranked == [order])


@repeatable(100)
@given(st.one_of(lists(few), lists(any_score)), st.data())
def test_hide_is_negative_exactly_when_every_top_k_keeps_and_hides(scores: list[float], data: st.DataObject) -> None:
    """Every k and every number of kept labels, more than k too: the top-k sets are enumerated, however ties break."""
    m = len(scores)
    order = data.draw(st.permutations(range(m)))
    hidden = data.draw(st.integers(1, m - 1))
    kept = data.draw(st.integers(0, m - hidden))
    hide, keep = set(order[:hidden]), set(order[hidden : hidden + kept])
    true = mask_of({order[0]}, m)
    for k in range(1, m - hidden + 1):
        holds = all(not hide & top and len(keep & top) == min(k, kept) for top in top_sets(scores, k))
        assert achieved(tk.Hide(hide=mask_of(hide, m), keep=mask_of(keep, m), k=k, true=true), scores) == holds


def test_all_sets_to_hide_and_to_keep_of_five_labels() -> None:
    """Exhaustive on one order of five scores, which stands for all of them: both outcomes at every k."""
    scores, seen = [5.0, 4.0, 3.0, 2.0, 1.0], set()
    for hidden in range(1, 5):
        for hide in map(set, combinations(range(5), hidden)):
            rest = sorted(set(range(5)) - hide)
            for kept in range(6 - hidden):
                for keep in map(set, combinations(rest, kept)):
                    for k in range(1, 6 - hidden):
                        top = set(range(k))
                        goal = tk.Hide(hide=mask_of(hide, 5), keep=mask_of(keep, 5), k=k, true=mask_of({0}, 5))
                        holds = not hide & top and len(keep & top) == min(k, kept)
                        assert achieved(goal, scores) == holds
                        seen.add((k, holds))
    assert seen == {(k, holds) for k in range(1, 5) for holds in (True, False)}


@repeatable(100)
@given(lists(any_score), st.data())
def test_the_sides_of_hide_are_one_way_to_it(scores: list[float], data: st.DataObject) -> None:
    """Where every label above leads every label below the goal holds; where it holds, and nothing is tied, they do."""
    m = len(scores)
    order = data.draw(st.permutations(range(m)))
    hidden = data.draw(st.integers(1, m - 1))
    hide, keep = set(order[:hidden]), set(order[hidden : hidden + data.draw(st.integers(0, m - hidden))])
    logits = torch.tensor([scores])
    for k in range(1, m - hidden + 1):
        goal = tk.Hide(hide=mask_of(hide, m), keep=mask_of(keep, m), k=k, true=mask_of({order[0]}, m))
        above, below = goal.sides(logits)
        assert above.sum() == k and not bool((above & below).any())
        lifted = (logits + 1000 * above - 1000 * below)[0].tolist()
        assert achieved(goal, lifted)
        if achieved(goal, scores) and len(set(scores)) == m:
            assert logits[above].min() > logits[below].max()


def test_five_true_labels_one_to_hide_three_places() -> None:
    """More labels to keep than places: the places go to some of them, whichever are on top."""
    hide, keep = mask_of({4}, 8), mask_of({0, 1, 2, 3}, 8)
    goal = tk.Hide(hide=hide, keep=keep, k=3)
    assert goal.margin(torch.tensor([[9.0, 8.0, 7.0, 2.0, 5.0, 6.0, 1.0, 0.0]])).item() == 6 - 7  # the best free label
    assert goal.margin(torch.tensor([[9.0, 8.0, 7.0, 2.0, 6.5, 6.0, 1.0, 0.0]])).item() == 6.5 - 7  # the one to hide
    assert goal.margin(torch.tensor([[9.0, 8.0, 3.0, 2.0, 1.5, 6.0, 1.0, 0.0]])).item() == 6 - 3


@repeatable(60)
@given(lists(any_score), st.data())
def test_hide_without_keep_is_cleared_and_filled_by_keep_is_targeted(scores: list[float], data: st.DataObject) -> None:
    m, logits = len(scores), torch.tensor([scores])
    order = data.draw(st.permutations(range(m)))
    k = data.draw(st.integers(1, m - 1))
    hide, none = mask_of(set(order[: m - k]), m), mask_of(set(), m)
    assert torch.equal(tk.Hide(hide=hide, keep=none, k=k).margin(logits), tk.Cleared(true=hide, k=k).margin(logits))
    assert torch.equal(
        tk.Hide(hide=hide, keep=none, k=k).margin(logits), tk.Targeted(targets=~hide, true=hide).margin(logits)
    )


def test_margins_are_differences_in_score_units() -> None:
    scores = torch.tensor([[9.0, 7.0, 4.0, 2.0, 1.0]])
    assert ordered([0, 1], 5).margin(scores).item() == 7 - 9  # the narrowest of 7 − 9 and 4 − 7
    assert ordered([1, 0], 5).margin(scores).item() == 9 - 7
    assert ordered([4, 3], 5).margin(scores).item() == 9 - 2
    assert ordered([0, 3], 5).margin(scores).item() == 7 - 2
    assert ordered([2], 5).margin(scores).item() == 9 - 4
    first, third = mask_of({0}, 5), mask_of({2}, 5)
    assert tk.Hide(hide=first, keep=third, k=2).margin(scores).item() == 9 - 4  # two labels above the first
    assert tk.Hide(hide=mask_of({4}, 5), keep=third, k=2).margin(scores).item() == 7 - 4  # one label above the third
    assert tk.Hide(hide=mask_of({3}, 5), keep=third, k=3).margin(scores).item() == 2 - 4


def test_a_tie_is_no_success() -> None:
    scores = torch.tensor([[2.0, 1.0, 1.0, 0.0]])
    assert ordered([0, 1], 4).margin(scores).tolist() == [0.0]
    assert ordered([1, 2], 4).margin(scores).item() == 1
    for hide, keep in (({1}, set()), ({3}, {1})):
        assert tk.Hide(hide=mask_of(hide, 4), keep=mask_of(keep, 4), k=2).margin(scores).tolist() == [0.0]


@pytest.mark.parametrize("m", [2, 3])
def test_few_labels(m: int) -> None:
    scores = torch.tensor([[3.0, 2.0, 1.0][:m]])
    assert ordered([0], m).margin(scores).item() == -1 and ordered([1], m).margin(scores).item() == 1
    none = mask_of(set(), m)
    assert tk.Hide(hide=mask_of({0}, m), keep=none, k=1).margin(scores).item() == 1
    assert tk.Hide(hide=mask_of({1}, m), keep=none, k=1).margin(scores).item() == -1


def test_rows_of_their_own_are_selected() -> None:
    """Orders, truths and keeps that differ by image, and numbers of them that differ."""
    scores = torch.randn(3, 6, generator=torch.Generator().manual_seed(0))
    targets, true = torch.tensor([[4, 2], [1, 5], [3, 0]]), torch.cat([mask_of({j}, 6) for j in (1, 2, 4)])
    hide = torch.cat([mask_of(s, 6) for s in ({0}, {1, 2}, {5})])
    keep = torch.cat([mask_of(s, 6) for s in ({1, 2}, set(), {4})])
    goals = [tk.Ordered(targets=targets, true=true), tk.Hide(hide=hide, keep=keep, k=3)]
    ones = [
        [tk.Ordered(targets=targets[i : i + 1], true=true[i : i + 1]) for i in range(3)],
        [tk.Hide(hide=hide[i : i + 1], keep=keep[i : i + 1], k=3) for i in range(3)],
    ]
    for goal, alone in zip(goals, ones, strict=True):
        expected = torch.cat([one.margin(scores[i : i + 1]) for i, one in enumerate(alone)])
        assert torch.equal(goal.margin(scores), expected)
        some = torch.tensor([2, 0])
        picked = goal.fit(3, torch.device("cpu")).select(some)
        assert torch.equal(picked.margin(scores[some]), expected[some]) and picked.k == goal.k
        assert torch.equal(picked.true, goal.true[some])


def test_what_goals_say_of_themselves() -> None:
    goal = ordered([3, 1], 5)
    assert goal.k == 2 and goal.target_mask.tolist() == [[False, True, False, True, False]]
    hide, keep = mask_of({0}, 4), mask_of({2}, 4)
    assert tk.Hide(hide=hide, keep=keep, k=2).true.tolist() == [[True, False, True, False]]
    whole = mask_of({0, 1, 2}, 4)
    assert torch.equal(tk.Hide(hide=hide, keep=keep, k=2, true=whole).true, whole)


def test_goals_by_name_are_made_of_what_they_ask_for() -> None:
    """Each as if built by hand; targets in order, best first; to hide is to keep the other true labels."""
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(2))
    true, named = mask_of({0, 3}, 7), torch.tensor([[5, 1]])
    by_hand = {
        "cleared": tk.Cleared(true=true, k=2),
        "inconsistent": tk.Inconsistent(true=true, k=2),
        "targeted": tk.Targeted(targets=mask_of({1, 5}, 7), true=true),
        "ordered": tk.Ordered(targets=named, true=true),
        "hide": tk.Hide(hide=mask_of({3}, 7), keep=mask_of({0}, 7), k=2, true=true),
    }
    assert list(by_hand) == list(tk.GOALS)
    asks_for = {"": None, "targets": named, "hidden": torch.tensor([[3]])}
    for name, goal in by_hand.items():
        made = tk.GOALS[name].of(true, 2, asks_for[tk.GOALS[name].asks_for])
        assert type(made) is type(goal) and torch.equal(made.margin(logits), goal.margin(logits))


@pytest.mark.parametrize("name", ["targeted", "ordered", "hide"])
def test_a_goal_that_asks_for_labels_is_not_made_without(name: str) -> None:
    with pytest.raises(ValueError, match=r"[Nn]ame"):
        tk.GOALS[name].of(mask_of({0}, 5), 2)


def test_only_true_labels_are_hidden() -> None:
    with pytest.raises(ValueError, match="Label 4 of image 0 is not true"):
        tk.Hide.of(mask_of({0, 1}, 5), 2, torch.tensor([[0, 4]]))


@pytest.mark.parametrize("name", list(tk.ATTACKS))
def test_an_attacks_own_goal_wants_the_chosen_targets_the_best_scored_on_top(name: str) -> None:
    logits = torch.randn(3, 9, generator=torch.Generator().manual_seed(4))
    true = tk.topk_mask(logits, 2)
    goal = tk.own_goal(tk.ATTACKS[name](), logits, true, 3, "worst")
    assert type(goal) is tk.ATTACKS[name].goals[0] and goal.k == 3
    worst = tk.choose_targets("worst", logits, true, 3)
    if isinstance(goal, tk.Targeted):
        assert torch.equal(goal.targets, worst)
    if isinstance(goal, tk.Ordered):
        assert torch.equal(goal.target_mask, worst)
        scores = logits.gather(1, goal.targets)
        assert bool((scores[:, :-1] >= scores[:, 1:]).all())
