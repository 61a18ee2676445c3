"""Small pieces of English that several sentences are made of."""

from collections.abc import Sequence

TITLE = "Fool the top-k labels of a photo"  # of the page


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names as people write them: "cat, sofa and person"; a long list is cut and says by how much."""
    names = list(names)
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"


def span(numbers: Sequence[int]) -> str:
    """Such as "200", or "8 to 12" where they differ; "0" of none."""
    least, most = min(numbers, default=0), max(numbers, default=0)
    return f"{most}" if least == most else f"{least} to {most}"


def counted(number: int | str, one: str, many: str = "") -> str:
    """Such as "1 photo" and "12 photos"; the number may be a span or a share: "1 to 2 photos", "1 of 1 photo".

    many: the plural, where it takes more than an s.
    """
    return f"{number} {one if str(number).rpartition(' ')[2] == '1' else many or f'{one}s'}"


def in_percent(share: float, digits: int = 0) -> str:
    """Such as "54%" or "54.3%": without a space, as beside the labels, wherever a share or a probability is written."""
    return f"{100 * share:.{digits}f}%"


def duration(seconds: float) -> str:
    """Such as "48 s" or "3 min 5 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def top_words(k: int) -> str:
    """What the top-k is called in a sentence."""
    return "top label" if k == 1 else f"top {k}"


def in_top(k: int) -> str:
    """Where a label stands that is among the top-k, in a sentence."""
    return "on top" if k == 1 else f"in the top {k}"


def are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
