"""Intervals, paired tests and curves against values by hand and by enumeration."""

from itertools import product
from math import comb, inf, sqrt
from statistics import NormalDist

import pytest
from scipy.stats import binomtest

from tkml_core import statistics


def test_wilsons_interval() -> None:
    """8 of 10 gives 49.0–94.3% (Wilson 1927, as in the textbooks); certainty is never claimed at the ends."""
    assert statistics.wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert statistics.wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert statistics.wilson_interval(20, 20) == pytest.approx((0.8389, 1), abs=1e-4)
    for trials in (1, 7, 658):
        for successes in {0, 1, trials // 3, trials}:
            theirs = binomtest(successes, trials).proportion_ci(method="wilson")
            assert statistics.wilson_interval(successes, trials) == pytest.approx(tuple(theirs), abs=1e-12)
            found = successes / trials
            for true in statistics.wilson_interval(
                successes, trials
            ):  # each end is as far from what was found as it defines
                apart = NormalDist().inv_cdf(0.975) * sqrt(true * (1 - true) / trials)
                assert abs(found - true) == pytest.approx(apart, abs=1e-9) or true == found


def test_mcnemar_counts_only_photos_on_which_two_methods_differ() -> None:
    """Nine on one side and one on the other: 2 (C(10,0) + C(10,1)) / 2¹⁰."""
    first = [True] * 9 + [False] + [True] * 50 + [False] * 7
    second = [False] * 9 + [True] + [True] * 50 + [False] * 7
    by_hand = 2 * (comb(10, 0) + comb(10, 1)) / 2**10
    assert statistics.mcnemar(first, second) == statistics.mcnemar(second, first) == pytest.approx(by_hand)
    assert statistics.mcnemar([True, False], [True, False]) == 1


def test_the_signed_rank_test_is_exact_on_few_photos() -> None:
    """p is the share of all sign patterns whose rank sum is as far out."""
    differences = [1.0, 2.0, 3.0, 4.0, -5.0, 6.0]
    total = 21
    seen = sum(rank for rank, d in enumerate(differences, 1) if d > 0)
    far = max(seen, total - seen)
    sums = [sum(r for r, sign in enumerate(signs, 1) if sign) for signs in product((0, 1), repeat=6)]
    by_hand = sum(s >= far or s <= total - far for s in sums) / len(sums)
    assert statistics.signed_rank(differences, [0.0] * 6) == pytest.approx(by_hand)
    assert statistics.signed_rank([1.0, 2.0], [1.0, 2.0]) == 1


def test_holms_correction_by_hand() -> None:
    assert statistics.holm([0.03, 0.01, 0.04]) == pytest.approx([0.06, 0.03, 0.06])
    assert statistics.holm([]) == [] and statistics.holm([0.9, 0.8]) == [1.0, 1.0]


def test_a_security_curve_counts_successes_within_each_budget() -> None:
    needed = [5.0, inf, 2.0, 5.0, 0.0]
    curve = statistics.success_curve(needed)
    assert curve == [(0.0, 0.2), (2.0, 0.4), (5.0, 0.8)]
    for budget, share in curve:
        assert share == pytest.approx(statistics.share_within(needed, budget))
    assert statistics.success_curve([]) == [(0.0, 0.0)] and statistics.success_curve([inf]) == [(0.0, 0.0)]


def test_local_optimality_is_one_for_the_best_and_falls_with_what_is_needed() -> None:
    ours, other = [1.0, 4.0, inf], [2.0, 3.0, 8.0]
    ensemble = statistics.smallest_of_each([ours, other])
    assert ensemble == [1.0, 3.0, 8.0]
    assert statistics.local_optimality(ensemble, ensemble) == 1
    # up to 8: (7 + 4 + 0) and (6 + 5 + 0) of (7 + 5 + 0)
    assert statistics.local_optimality(ours, ensemble) == pytest.approx(11 / 12)
    assert statistics.local_optimality(other, ensemble) == pytest.approx(11 / 12)
