"""Top-k sets, ranks, consistency E, and the two lemmas, against definitions spelled out."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import agree, mask_of, repeatable

import tkml_core as tk
from tkml_core.ranking import average_topk_bound

small = st.integers(-3, 3).map(float)  # so few values that most rows have ties
rows = st.integers(2, 7).flatmap(lambda m: st.lists(st.lists(small, min_size=m, max_size=m), min_size=1, max_size=4))


def by_hand(row: list[float], k: int) -> list[int]:
    return sorted(range(len(row)), key=lambda j: (-row[j], j))[:k]


@repeatable(50)
@given(rows)
def test_topk_is_best_first_and_ties_go_to_the_lower_index(table: list[list[float]]) -> None:
    scores = torch.tensor(table)
    for k in range(1, len(table[0]) + 1):
        top = tk.topk(scores, k)
        assert top.dtype == torch.long and top.tolist() == [by_hand(row, k) for row in table]
        expected = [[j in by_hand(row, k) for j in range(len(row))] for row in table]
        assert tk.topk_mask(scores, k).tolist() == expected


def test_ties_among_many_labels_go_to_the_lower_index() -> None:
    """Sorts that are stable for short rows only would pass the small cases above."""
    scores = torch.zeros(3, 1000)
    scores[1, 500:] = 1
    assert torch.equal(tk.topk(scores, 40)[0], torch.arange(40))
    assert torch.equal(tk.topk(scores, 40)[1], torch.arange(500, 540))
    assert torch.equal(tk.ranks(scores)[2], torch.arange(1, 1001))


@repeatable()
@given(rows)
def test_ranks_count_from_one_and_invert_the_order(table: list[list[float]]) -> None:
    ranks = tk.ranks(torch.tensor(table))
    assert ranks.dtype == torch.long
    for row, got in zip(table, ranks.tolist(), strict=True):
        order = by_hand(row, len(row))
        assert got == [order.index(j) + 1 for j in range(len(row))]


@repeatable(50)
@given(rows, st.data())
def test_consistency_is_containment_of_one_set_in_the_other(table: list[list[float]], data: st.DataObject) -> None:
    m = len(table[0])
    true = data.draw(st.lists(st.sets(st.integers(0, m - 1), min_size=1), min_size=len(table), max_size=len(table)))
    masks = torch.cat([mask_of(labels, m) for labels in true])
    for k in range(1, m):
        got = tk.consistent(torch.tensor(table), masks, k)
        assert got.dtype == torch.bool
        assert got.tolist() == [agree(y, set(by_hand(row, k))) for row, y in zip(table, true, strict=True)]


def test_consistency_is_an_indicator_where_the_printed_sum_is_three() -> None:
    scores, true = torch.tensor([[3.0, 2.0, 1.0, 0.0]]), torch.tensor([[True, True, False, False]])
    e = tk.consistent(scores, true, 2)  # Y equals the top-2, so that all three indicators of Eq. 1 hold
    assert e.dtype == torch.bool and e.tolist() == [True]
    assert tk.asr(scores, true, 2) == 0.0


def test_consistency_accepts_one_mask_for_all_images() -> None:
    scores = torch.tensor([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]])
    assert tk.consistent(scores, torch.tensor([[True, False, False]]), 1).tolist() == [True, False]


@repeatable(50)
@given(rows)
def test_lemma_1(table: list[list[float]]) -> None:
    """φ_k = min over λ of the bound, which is convex, attained on all of [f_[k+1], f_[k]] and nowhere else."""
    scores = torch.tensor(table, dtype=torch.float64)
    ordered = scores.sort(dim=1, descending=True).values
    for k in range(1, scores.shape[1]):
        phi = ordered[:, :k].mean(1)
        torch.testing.assert_close(tk.average_topk(scores, k), phi)
        low, high = ordered[:, k], ordered[:, k - 1]
        for share in (0.0, 0.3, 1.0):
            torch.testing.assert_close(average_topk_bound(scores, k, low + share * (high - low)), phi)
        grid = torch.linspace(-4, 4, 81, dtype=torch.float64)
        bound = torch.stack([average_topk_bound(scores, k, lam.expand(len(scores))) for lam in grid], dim=1)
        assert bool((bound >= phi[:, None] - 1e-12).all())
        assert bool((bound[:, 2:] - 2 * bound[:, 1:-1] + bound[:, :-2] >= -1e-12).all())  # convex on the grid
        outside = (grid[None] < low[:, None] - 1e-9) | (grid[None] > high[:, None] + 1e-9)
        assert bool((bound > phi[:, None] + 1e-9)[outside].all())


@pytest.mark.parametrize("m", [2, 5, 80])
def test_the_average_of_the_k_largest_is_no_less_than_the_kth(m: int) -> None:
    scores = torch.randn(20, m, generator=torch.Generator().manual_seed(m), dtype=torch.float64)
    for k in range(1, m):
        assert bool((tk.average_topk(scores, k) >= scores.sort(dim=1).values[:, -k] - 1e-12).all())
    torch.testing.assert_close(tk.average_topk(torch.full((1, m), 0.7), m - 1), torch.tensor([0.7]))


@repeatable(100)
@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 5))
def test_lemma_2(a: float, x: float, lam: float) -> None:
    """[[a − x]_+ − λ]_+ = [a − x − λ]_+ for λ ≥ 0, and not for a negative λ: why U keeps its λ at 0 or above."""
    assert max(max(a - x, 0) - lam, 0) == pytest.approx(max(a - x - lam, 0), abs=1e-12)
    assert max(max(0 - 1, 0) + 2, 0) != max(0 - 1 + 2, 0)


def test_the_success_rate_is_the_share_that_is_inconsistent() -> None:
    scores = torch.tensor([[3.0, 2, 1, 0], [0, 1, 2, 3], [0, 3, 2, 1], [2, 3, 1, 0]])
    assert tk.asr(scores, torch.tensor([[True, False, False, False]]), 1) == 0.75
    assert tk.asr(scores, torch.tensor([[True, False, False, False]]), 2) == 0.5
