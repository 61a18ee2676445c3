"""A cell of the paper's tables, and the order in which cells stand."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import tkml_core as tk
from tkml_core.zoo.registry import data_set, place
from tkml_core.zoo.universal_perturbations import XI

KS, UNIVERSAL_KS = (3, 5, 10), (1, 2, 3)
CASES = ("untargeted", "universal", *tk.CASES)
PAPERS = ("TkML-AP-U", "TkML-AP-T", "TkML-AP-Uv")  # the paper's own: others are compared with these


class Cell(NamedTuple):
    """An annotator, how it is attacked (one of CASES), k, and of a universal perturbation the norm budget ξ."""

    annotator: str
    case: str
    k: int
    xi: float | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Cell":
        """What a line, or a row of a CSV, is about; lines of before budgets were noted are of the usual one."""
        xi = row.get("xi") or (XI if row["case"] == "universal" else None)
        return cls(row["annotator"], row["case"], int(row["k"]), None if xi is None else float(xi))

    @property
    def noted(self) -> dict[str, Any]:
        """As it stands in a line."""
        return {name: value for name, value in self._asdict().items() if value is not None}

    @property
    def order(self) -> tuple[int, str, int, int, float]:
        """Where it stands in the tables."""
        return place(self.annotator), self.annotator, CASES.index(self.case), self.k, self.xi or 0.0

    @property
    def data_set(self) -> str:
        return data_set(self.annotator)

    @property
    def bounded(self) -> str:
        """Its case, with the norm budget."""
        return self.case if self.xi is None else f"{self.case}, {bound_words(self.xi)}"

    def __str__(self) -> str:
        return f"{self.annotator}, {self.bounded}, k = {self.k}"


def bound_words(xi: float) -> str:
    return f"‖z‖₂ ≤ {xi:g}"
