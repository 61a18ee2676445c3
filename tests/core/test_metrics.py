"""Norms, Pert, PSNR, SSIM and measures of a top-k against their formulas."""

from itertools import combinations, permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import mask_of, repeatable
from torch import Tensor

import tkml_core as tk
from tkml_core.metrics import average_precision_at, ndcg_at, precision_at


def pair(seed: int, height: int, width: int, images: int = 3) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.rand(2, images, 3, height, width, generator=generator)
    return x, (0.9 * x + 0.1 * y).clamp(0, 1)


@repeatable(30)
@given(st.integers(0, 10**6), st.integers(7, 20), st.integers(7, 20))
def test_formulas(seed: int, height: int, width: int) -> None:
    x, x_adv = pair(seed, height, width)
    z = (x_adv - x).numpy().astype(np.float64) * 255
    l2 = np.sqrt((z**2).sum(axis=(1, 2, 3)))
    np.testing.assert_allclose(tk.l2_norm(x_adv - x), l2, rtol=1e-5)
    np.testing.assert_allclose(tk.linf_norm(x_adv - x), np.abs(z).max(axis=(1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(tk.pert(x_adv - x), l2 / (height * width), rtol=1e-5)
    np.testing.assert_allclose(tk.psnr(x, x_adv), 10 * np.log10(255**2 / (z**2).mean(axis=(1, 2, 3))), rtol=1e-5)


def test_units_by_hand() -> None:
    z = torch.zeros(2, 3, 4, 5)
    z[0, 0, 0, 0], z[0, 2, 3, 4], z[1] = 3 / 255, -4 / 255, 1 / 255
    torch.testing.assert_close(tk.l2_norm(z), torch.tensor([5.0, 60**0.5]))
    torch.testing.assert_close(tk.linf_norm(z), torch.tensor([4.0, 1.0]))
    torch.testing.assert_close(tk.pert(z), torch.tensor([5 / 20, 60**0.5 / 20]))


def edge_of_a_digit() -> tuple[Tensor, Tensor]:
    """8-bit images (1,3,64,64), one level apart at 10010 values: ‖z‖₂ is 100.04999, and more than 100.05 in float32."""
    x = torch.full((1, 3, 64, 64), 127) / 255
    x_adv = x.clone()
    x_adv.view(-1)[:10010] = 128 / 255
    return x, x_adv


def test_the_size_of_one_perturbation_is_exact_where_it_is_whole_levels() -> None:
    x, x_adv = edge_of_a_digit()
    for z in (x_adv - x, x_adv.double() - x.double()):
        assert tk.size_of(z) == pytest.approx((10010**0.5, 1, 10010**0.5 / 64**2), rel=1e-12)
    assert tk.l2_norm(x_adv - x).item() > 100.05
    levels = torch.randint(-255, 256, (1, 3, 40, 30), generator=torch.Generator().manual_seed(0))
    l2 = float(levels.double().square().sum().sqrt())
    assert tk.size_of(levels.float() / 255) == pytest.approx((l2, levels.abs().max().item(), l2 / 1200), abs=1e-6)


def test_the_size_of_any_other_perturbation_is_not_rounded() -> None:
    z = (torch.rand(1, 3, 9, 7, generator=torch.Generator().manual_seed(0)) - 0.5) / 50
    norms = (tk.l2_norm(z.double()).item(), tk.linf_norm(z.double()).item(), tk.pert(z.double()).item())
    assert tk.size_of(z) == pytest.approx(norms, rel=1e-12) and tk.size_of(0 * z) == (0, 0, 0)
    with pytest.raises(ValueError, match=r"got shape \(2, 3, 9, 7\)"):
        tk.size_of(z.repeat(2, 1, 1, 1))


def test_an_unchanged_image_has_infinite_psnr_and_ssim_1() -> None:
    x, x_adv = pair(0, 12, 16)
    assert torch.isinf(tk.psnr(x, x)).all() and (tk.psnr(x, x) > 0).all()
    assert tk.ssim(x, x).tolist() == [1.0, 1.0, 1.0]
    mixed = torch.cat([x[:1], x_adv[1:]])
    assert torch.isinf(tk.psnr(x, mixed)).tolist() == [True, False, False]


def ssim_written_out(a: np.ndarray, b: np.ndarray) -> float:
    """Wang et al. 2004 on one channel in [0,1]: 7×7 windows of equal weight, sample covariances."""
    values = []
    for top in range(a.shape[0] - 6):
        for left in range(a.shape[1] - 6):
            p, q = (image[top : top + 7, left : left + 7].ravel() for image in (a, b))
            covariance = np.cov(p, q)
            c1, c2 = 0.01**2, 0.03**2
            top_part = (2 * p.mean() * q.mean() + c1) * (2 * covariance[0, 1] + c2)
            low_part = (p.mean() ** 2 + q.mean() ** 2 + c1) * (covariance[0, 0] + covariance[1, 1] + c2)
            values.append(top_part / low_part)
    return float(np.mean(values))


def test_ssim_against_its_formula() -> None:
    x, x_adv = pair(1, 11, 13, images=2)
    for i, got in enumerate(tk.ssim(x, x_adv).tolist()):
        channels = [ssim_written_out(x[i, c].double().numpy(), x_adv[i, c].double().numpy()) for c in range(3)]
        assert got == pytest.approx(np.mean(channels), rel=1e-6)
        assert 0 < got < 1


def measures_by_hand(scores: list[float], true: set[int], k: int) -> tuple[float, float, float]:
    """P@k, AP@k, NDCG@k by their definitions, over a ranking without ties."""
    order = sorted(range(len(scores)), key=lambda j: -scores[j])[:k]
    precision = [len(true & set(order[: j + 1])) / (j + 1) for j in range(k)]
    hits = [label in true for label in order]
    gain = sum(1 / np.log2(j + 2) for j in range(k) if hits[j])
    most = sum(1 / np.log2(j + 2) for j in range(min(k, len(true))))
    found = sum(p for p, hit in zip(precision, hits, strict=True) if hit) / min(k, len(true))
    return precision[-1], found, gain / most


@pytest.mark.parametrize("k", [1, 2, 4])
def test_measures_of_a_top_k_over_all_rankings_and_truths(k: int) -> None:
    for order in permutations(range(4)):
        scores = [float(place) for place in order]
        for size in (1, 2, 3, 4):
            for true in combinations(range(4), size):
                asked = torch.tensor([scores]), mask_of(true, 4), k
                got = [float(measure(*asked)) for measure in (precision_at, average_precision_at, ndcg_at)]
                assert got == pytest.approx(measures_by_hand(scores, set(true), k))


def test_measures_of_many_images_by_one_row_of_truth_and_without_any() -> None:
    scores, true = torch.tensor([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]]), torch.tensor([[True, False, False]])
    assert precision_at(scores, true, 2).tolist() == [0.5, 0.0]
    assert average_precision_at(scores, true, 2).tolist() == ndcg_at(scores, true, 2).tolist() == [1.0, 0.0]
    nothing = torch.zeros_like(true)
    assert average_precision_at(scores, nothing, 2).tolist() == ndcg_at(scores, nothing, 2).tolist() == [0.0, 0.0]
