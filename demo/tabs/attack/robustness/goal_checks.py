"""Whether a list of labels, of any length, has what a goal is about. At the goal's own k this is the goal itself."""

from collections.abc import Callable, Collection, Sequence

Labels = Sequence[str]


def _nested(one: Collection[str], other: Collection[str]) -> bool:
    return set(one) <= set(other) or set(other) <= set(one)


def consistent(top: Labels, true: Labels) -> bool:
    """E of Eq. 1 for a list of any length."""
    return _nested(top, true)


def _cleared(top: Labels, named: Labels, true: Labels) -> bool:
    return not set(top) & set(true)


def _inconsistent(top: Labels, named: Labels, true: Labels) -> bool:
    return not consistent(top, true)


def _targeted(top: Labels, named: Labels, true: Labels) -> bool:
    return _nested(top, named) and _cleared(top, named, true)


def _ordered(top: Labels, named: Labels, true: Labels) -> bool:
    return list(top[: len(named)]) == list(named[: len(top)]) and _cleared(top, named, true)


def _hide(top: Labels, named: Labels, true: Labels) -> bool:
    return not set(top) & set(named) and _nested(top, set(true) - set(named))


# By the names in `demo.catalog.goals.GOALS`: (top labels best first, labels that the goal names, true labels) -> bool. In longer
# lists targets may have others after them, but no true one; in shorter ones there are targets only.
SHOWN: dict[str, Callable[[Labels, Labels, Labels], bool]] = {
    "cleared": _cleared,
    "inconsistent": _inconsistent,
    "targeted": _targeted,
    "ordered": _ordered,
    "hide": _hide,
}
