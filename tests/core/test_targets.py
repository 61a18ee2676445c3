"""Best, Random and Worst: which labels a targeted attack is sent after."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import repeatable
from torch import Tensor

import tkml_core as tk


@st.composite
def asked(draw: st.DrawFn) -> tuple[Tensor, Tensor, int]:
    """Scores (B,m) with some ties, truths with a count of their own a row, and a k that every row has room for."""
    m, images = draw(st.integers(2, 8)), draw(st.integers(1, 4))
    row = st.lists(st.integers(-4, 4).map(float), min_size=m, max_size=m)
    scores = draw(st.lists(row, min_size=images, max_size=images))
    sets = draw(st.lists(st.sets(st.integers(0, m - 1), min_size=1, max_size=m - 1), min_size=images, max_size=images))
    true = torch.tensor([[j in labels for j in range(m)] for labels in sets])
    return torch.tensor(scores), true, draw(st.integers(1, int((~true).sum(1).min())))


@repeatable(80)
@given(asked(), st.sampled_from(tk.CASES))
def test_k_labels_a_row_none_of_them_true(ask: tuple[Tensor, Tensor, int], case: str) -> None:
    scores, true, k = ask
    targets = tk.choose_targets(case, scores, true=true, k=k, seed=5)
    assert targets.dtype == torch.bool and targets.shape == scores.shape
    assert targets.sum(1).tolist() == [k] * len(scores)
    assert not (targets & true).any()
    left = ~true & ~targets
    for i in range(len(scores)):  # best: none left out scores more; worst: none left out scores less
        if left[i].any() and case == "best":
            assert scores[i][targets[i]].min() >= scores[i][left[i]].max()
        if left[i].any() and case == "worst":
            assert scores[i][targets[i]].max() <= scores[i][left[i]].min()
    assert tk.Targeted(targets=targets, true=true).k == k


def test_best_and_worst_by_hand() -> None:
    scores = torch.tensor([[9.0, 1.0, 5.0, 3.0, 7.0]])
    true = torch.tensor([[True, False, False, False, False]])
    assert tk.choose_targets("best", scores, true=true, k=2).tolist() == [[False, False, True, False, True]]
    assert tk.choose_targets("worst", scores, true=true, k=2).tolist() == [[False, True, False, True, False]]


def test_image_i_draws_random_with_seed_plus_i() -> None:
    scores = torch.zeros(6, 30)
    true = torch.arange(30)[None] < 3
    together = tk.choose_targets("random", scores, true=true, k=4, seed=11)
    for i in range(6):
        alone = tk.choose_targets("random", scores[i : i + 1], true=true, k=4, seed=11 + i)
        assert torch.equal(alone[0], together[i])
    assert torch.equal(together, tk.choose_targets("random", torch.randn(6, 30), true=true, k=4, seed=11))
    assert torch.equal(together[1:], tk.choose_targets("random", scores, true=true, k=4, seed=12)[:-1])
    assert len({tuple(row) for row in together.tolist()}) == 6


def test_random_is_uniform_over_the_labels_that_are_not_true() -> None:
    true = torch.tensor([[True, False, False, False, False, True]])
    drawn = tk.choose_targets("random", torch.arange(6.0).expand(3000, 6), true=true, k=2, seed=0)
    share = drawn.double().mean(0)
    assert share[[0, 5]].tolist() == [0.0, 0.0]
    torch.testing.assert_close(share[1:5], torch.full((4,), 0.5).double(), atol=0.04, rtol=0)  # 4 deviations
    pairs = {tuple(row.nonzero()[:, 0].tolist()) for row in drawn}
    assert len(pairs) == 6  # every pair occurs


def test_random_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    tk.choose_targets("random", torch.zeros(2, 5), true=torch.arange(5)[None] < 1, k=2, seed=3)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"case": "nearest"}, "'nearest'.*best, random, worst"),
        ({"k": 0}, "k = 0"),
        ({"k": -2}, "k = -2"),
        ({"k": 2.0}, r"k = 2\.0"),
        ({"logits": torch.full((2, 5), float("nan"))}, "NaN"),
        ({"k": 4}, "Image 0 has 3 labels .* k = 4"),
        ({"true": torch.ones(1, 4, dtype=torch.bool)}, r"\(1, 4\)"),
        ({"true": torch.ones(3, 5, dtype=torch.bool)}, r"\(3, 5\)"),
        ({"true": torch.ones(1, 5)}, "bool"),
    ],
)
def test_bad_asks_are_named(change: dict[str, object], words: str) -> None:
    ask = {"case": "best", "logits": torch.zeros(2, 5), "true": torch.arange(5)[None] < 2, "k": 2} | change
    with pytest.raises(ValueError, match=words):
        tk.choose_targets(**ask)
