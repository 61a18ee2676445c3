"""A cell of the paper's tables, and the order in which cells stand."""

from typing import NamedTuple

import tkml_core as tk
from tkml_core.zoo.registry import data_set, place

KS, UNIVERSAL_KS = (3, 5, 10), (1, 2, 3)
CASES = ("untargeted", "universal", *tk.CASES)
PAPERS = ("TkML-AP-U", "TkML-AP-T", "TkML-AP-Uv")  # the paper's own: others are compared with these


class Cell(NamedTuple):
    """An annotator, how it is attacked (one of CASES), and k."""

    annotator: str
    case: str
    k: int

    @property
    def order(self) -> tuple[int, str, int, int]:
        """Where it stands in the tables."""
        return place(self.annotator), self.annotator, CASES.index(self.case), self.k

    @property
    def data_set(self) -> str:
        return data_set(self.annotator)

    def __str__(self) -> str:
        return f"{self.annotator}, {self.case}, k = {self.k}"
