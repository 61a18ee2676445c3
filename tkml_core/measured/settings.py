"""Which lines were made with settings that a method has no longer."""

from collections.abc import Mapping

import tkml_core as tk
from tkml_core.measured.cells import Cell
from tkml_core.measured.summary import Rows


def earlier(cells: Mapping[Cell, Mapping[str, Rows]], method: str) -> set[Cell]:
    """The cells with lines of the attack, at its defaults, that were not made with the defaults of now."""
    now = repr(tk.ATTACKS[method]())
    return {cell for cell, found in cells.items() if any(row["attack"] != now for row in found.get(method, ()))}
