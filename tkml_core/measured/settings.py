"""What the attacks of some lines were asked for, by the settings that stand in the lines."""

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from math import isqrt
from typing import Any

from tkml_core.measured.cells import Cell
from tkml_core.measured.lines import Outcome
from tkml_core.measured.summary import BEST, Rows


@cache
def read_settings(text: str) -> Mapping[str, Any]:
    """Settings as Python writes them behind a name: "MinNorm(max_steps=290, norm='l2')"; none of a name alone.

    Those of an attack among them, such as a Budget's, are a mapping of their own. ValueError for anything else.
    """
    _, bracket, rest = text.partition("(")
    try:
        return _keywords(ast.parse(f"f({rest}" if bracket else "f()", mode="eval").body)
    except SyntaxError as error:
        raise ValueError(str(error)) from error


def _keywords(call: ast.expr) -> dict[str, Any]:
    if not isinstance(call, ast.Call) or call.args or any(word.arg is None for word in call.keywords):
        raise ValueError(f"Expected name=value, got {ast.unparse(call)!r:.200}.")
    return {
        str(word.arg): _keywords(word.value) if isinstance(word.value, ast.Call) else ast.literal_eval(word.value)
        for word in call.keywords
    }


def conditions(cells: Mapping[Cell, Mapping[str, Rows]]) -> str:
    """At which κ, with how many steps at most and on pictures of which size the attacks ran, as a sentence.

    Lines of before attacks had κ are of κ = 0. Nothing is said of one change for all photos, which no run made.
    """
    rows = [
        row
        for cell, found in cells.items()
        for name, ours in found.items()
        for row in ours
        if cell.case != "universal" and name != BEST
    ]
    if not rows:
        return ""
    margins = sorted({_setting(row, "confidence") or 0.0 for row in rows})
    kappa = " or ".join(f"{margin:g}" for margin in margins) + " (the goal just met)" * (margins == [0.0])
    steps = _by((_setting(row, "max_steps"), row["method"]) for row in rows)
    limits = [f"{limit:g} ({', '.join(names)})" for limit, names in steps.items() if limit]
    sides = [
        f"{side} × {side} pixels ({', '.join(names)})"
        for side, names in _by((isqrt(row["pixels"]), row["annotator"]) for row in rows).items()
    ]
    most = f", with at most so many steps: {', '.join(limits)};" if limits else ""
    return f"Every attack ran at κ = {kappa}{most} on pictures of {' or '.join(sides)}."


def _setting(row: Outcome, name: str) -> float | None:
    """A number among the settings of the attack, a Budget's before those of what it holds; None where none has this name."""
    found = read_settings(row["attack"])
    value = {**found.get("attack", {}), **found}.get(name)
    return None if value is None else float(value)


def _by(pairs: Iterable[tuple[float | None, str]]) -> dict[float | None, dict[str, None]]:
    """Names by what they have in common, each once."""
    found: dict[float | None, dict[str, None]] = {}
    for key, name in pairs:
        found.setdefault(key, {})[name] = None
    return found
