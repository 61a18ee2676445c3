"""The interval of a share that was counted on some photos."""

from scipy.stats import binomtest


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; `trials` is 1 or more."""
    low, high = binomtest(successes, trials).proportion_ci(method="wilson")
    return float(low), float(high)


def share(successes: int, trials: int) -> str:
    """A share in % with its interval; a dash where nothing was tried."""
    if not trials:
        return "–"
    low, high = wilson_interval(successes, trials)
    return f"{100 * successes / trials:.1f} [{100 * low:.1f}–{100 * high:.1f}]"
