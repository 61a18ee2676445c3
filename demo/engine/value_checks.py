"""Checks of single values that a visitor or a program sent. Errors name the value and what is allowed."""

import math
import re
from typing import Any

import tkml_core as tk
from demo.photos.selection import MOST_NAMED


def whole(name: str, value: Any, low: int, high: int, why: str = "") -> int:
    """`value` as an int in [low, high]; ValueError that names the value and the range otherwise."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if number is None or not low <= number <= high or int(number) != number:  # NaN is in no range
        raise ValueError(f"{name} must be a whole number from {low} to {high}{why}; got {value!r:.200}.")
    return int(number)


def real(name: str, value: Any) -> float | None:
    """`value` as a float, None where nothing came; ValueError that names what is no number. Ranges are for the core to check."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name} must be a number such as 0.5; got {value!r:.200}.")
    try:
        return float(value)
    except OverflowError:  # JSON has whole numbers of any length
        return math.inf if value > 0 else -math.inf


def one_of(name: str, value: Any, allowed: Any) -> str:
    """`value` if it is one of the `allowed` names; ValueError listing them otherwise."""
    if value not in tuple(allowed):
        raise ValueError(f"{name} must be one of {', '.join(repr(item) for item in allowed)}; got {value!r:.200}.")
    return str(value)


LONGEST_ADDRESS = 2000  # characters, of a link to settings


def web_address(name: str, value: Any) -> str:
    """`value` if it is an address of a page in printable ASCII, as browsers write them; ValueError otherwise."""
    if not isinstance(value, str) or not re.fullmatch(r"https?://[!-~]+", value) or len(value) > LONGEST_ADDRESS:
        raise ValueError(
            f"{name} must be an address such as https://example.org/?k=3, of at most {LONGEST_ADDRESS} characters; "
            f"got {value!r:.200}."
        )
    return value


def label_names(name: str, value: Any, annotator: tk.Annotator) -> tuple[str, ...]:
    """A list of label names in the annotator's own spelling, each once, in the order given."""
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ValueError(
            f'{name} must be a list of label names, such as ["{annotator.labels[0]}"]; got {value!r:.200}.'
        )
    if len(value) > MOST_NAMED:
        raise ValueError(f"{name} must be at most {MOST_NAMED} label names; {len(value)} came.")
    return tuple(dict.fromkeys(annotator.labels[annotator.index(item)] for item in value))
