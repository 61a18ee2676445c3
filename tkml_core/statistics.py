"""What was counted on some photos: a share's interval, tests of two methods on the same photos, and curves over a budget."""

from collections.abc import Sequence
from math import inf, isfinite, nan, sqrt

# SciPy's tests take as long to import as all else on the page, which reads what they said: the experiments import them.

Z = 1.959963984540054  # the standard normal distribution's 97.5th percentile


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share (1927); `trials` is 1 or more."""
    found, more = successes / trials, Z**2 / trials
    centre = (found + more / 2) / (1 + more)
    half = sqrt(more * (found * (1 - found) + more / 4)) / (1 + more)
    return 0.0 if successes == 0 else centre - half, 1.0 if successes == trials else centre + half


def share(successes: int, trials: int) -> str:
    """A share in % with its interval; a dash where nothing was tried."""
    if not trials:
        return "–"
    low, high = wilson_interval(successes, trials)
    return f"{100 * successes / trials:.1f} [{100 * low:.1f}–{100 * high:.1f}]"


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Two-sided exact p of McNemar's test (1947): whether two methods succeed equally often on the same photos.

    first, second: success of each method, a value a photo. Only photos on which they differ count; 1 without any.
    """
    from scipy.stats import binomtest

    pairs = list(zip(first, second, strict=True))
    one, other = sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)
    return float(binomtest(one, one + other).pvalue) if one + other else 1.0


def signed_rank(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided p of Wilcoxon's signed-rank test (1945): whether two norms on the same photos differ in location.

    Photos with equal norms are left out; 1 where no other is there.
    """
    from scipy.stats import wilcoxon

    differences = [a - b for a, b in zip(first, second, strict=True) if a != b]
    return float(wilcoxon(differences).pvalue) if differences else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values of several tests, each multiplied as Holm (1979) does, so that they may be read together."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def holm_beside(names: Sequence[str], p_values: Sequence[float]) -> list[float]:
    """Holm's correction over all tests beside the same method; the one place that says which tests are read together.

    names: the method of each test; nan, where there was nothing to test, stays and is not counted. A lead is "sure" by these.
    """
    adjusted = list(p_values)
    for name in set(names):
        ours = [i for i, other in enumerate(names) if other == name and isfinite(p_values[i])]
        for i, p in zip(ours, holm([p_values[i] for i in ours]), strict=True):
            adjusted[i] = p
    return adjusted


def least_chance(photos: int) -> float:
    """The least p that McNemar's or Wilcoxon's test can give: all photos for the same side. nan of none."""
    return min(1.0, 2.0 ** (1 - photos)) if photos else nan


def success_curve(needed: Sequence[float]) -> list[tuple[float, float]]:
    """A security curve: (budget, share of photos that are attacked within it), ascending, from (0, share at 0).

    needed: for each photo the norm, or the number of steps, with which the attack succeeds; inf where it does not.
    """
    finite, total = sorted(value for value in needed if isfinite(value)), max(len(needed), 1)
    curve = [(0.0, sum(value <= 0 for value in finite) / total)]
    for rank, value in enumerate(finite, 1):
        if value > curve[-1][0]:
            curve.append((value, rank / total))
        elif value > 0:
            curve[-1] = (value, rank / total)
    return curve


def share_within(needed: Sequence[float], budget: float) -> float:
    """The share of photos that are attacked within the budget; `needed` as in `success_curve`."""
    return sum(value <= budget for value in needed) / max(len(needed), 1)


def smallest_of_each(methods: Sequence[Sequence[float]]) -> list[float]:
    """An ensemble: for each photo the least that any of the methods needs; a sequence as in `success_curve` a method."""
    return [min(values) for values in zip(*methods, strict=True)] if methods else []


def local_optimality(needed: Sequence[float], ensemble: Sequence[float]) -> float:
    """How near a method comes to the best known success on every photo, in [0,1] (AttackBench, Cinà et al., AAAI 2025).

    The area under its security curve over that of the ensemble's, up to the budget at which the ensemble has had all of its
    successes; 1 where that area is 0 and the method has as much.
    """
    end = max((value for value in ensemble if isfinite(value)), default=inf)
    if end == inf:
        return 1.0
    area, best = (sum(max(0.0, end - value) for value in values) for values in (needed, ensemble))
    return area / best if best else float(share_within(needed, end) == share_within(ensemble, end))
