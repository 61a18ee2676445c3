"""What the paper's tables are made of: cells, and the methods that stand beside each other in one."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import tkml_core as tk
from tkml_core.attacks.common.base import Attack
from tkml_core.attacks.common.budget import AUTHORS, Budget
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.attacks.universal.base import Universal
from tkml_core.attacks.universal.norm_ball import noise_like
from tkml_core.attacks.universal.precomputed import Precomputed
from tkml_core.measured.cells import KS, UNIVERSAL_KS, Cell
from tkml_core.measured.settings import read_settings
from tkml_core.step import Steps
from tkml_core.zoo.universal_perturbations import XI, load_universal, path_of

TABLES = {2: ("untargeted",), 3: ("untargeted",), 4: ("universal",), 5: tk.CASES}  # which cases a table is about
DEFAULT = ("TkML-AP-U", "kFool", "TkML-AP-T", "ML-AP", "MinNorm")
PRINTED = "as printed"  # in place of settings, or before them
# Names of their own in the tables: what the papers have in print, where an attack of this project differs from it.
NAMED = {
    "TkML-AP-U, as printed": "TkML-AP-U(as printed)",
    "TkML-AP-U, Lemma 1's λ": "TkML-AP-U(lemma_1=True)",
    "TkML-AP-T, as printed": "TkML-AP-T(as printed)",
    "TkML-AP-T, λ's own steps": "TkML-AP-T(lemma_1=False)",
    "kFool, signed sum": "kFool(signed_sum=True, fixed_label=True)",
    "CW^k, as published": "CW^k(published=True)",
}
NOISE = "noise"  # Gaussian, beside universal perturbations of its length


class Runs(Protocol):
    """An attack, or something that is made in advance and put on."""

    def steps(self, annotator: tk.Annotator, x: Any, goal: tk.Goal) -> Steps: ...


class Method(NamedTuple):
    """What runs, and the words that tell it from the same method with other settings."""

    attack: Runs
    settings: str


def cells(
    tables: Sequence[int], annotators: Sequence[str], cases: Sequence[str], ks: Sequence[int],
    budgets: Sequence[float] = (XI,),
) -> list[Cell]:  # fmt: skip
    """The cells of some of the paper's tables, each once, in their order. Table 3 is judged on those of Table 2 with k = 3.

    budgets: ‖z‖₂ of the universal perturbations, each with cells of its own.
    """
    found = {
        Cell(name, case, k, xi): None
        for table in tables
        for name in annotators
        for case in TABLES[table]
        for k in (KS[:1] if table == 3 else UNIVERSAL_KS if table == 4 else KS)
        if case in cases and k in ks
        for xi in (budgets if case == "universal" else (None,))
    }
    return sorted(found, key=lambda cell: cell.order)


@cache
def attack_of(text: str) -> Attack:
    """The attack that a method's name says: "MinNorm", one of NAMED, or with settings, "TkML-AP-T(step=0.1, patience=20)".

    "TkML-AP-U(as printed)", "TkML-AP-T(as printed, eta=0.1)": the paper's algorithms with one η, and nothing
    that adapts; what is not in the print even so, `attacks/common/as_printed.py` says.
    ValueError, saying what is expected, for anything else. Universal attacks are made beforehand and are none of these.
    """
    name, bracket, rest = NAMED.get(text, text).partition("(")
    able = [name for name, kind in tk.ATTACKS.items() if not issubclass(kind, Universal)]
    if name not in able:
        there = ", ".join([*able, *(f'"{named}"' for named in NAMED)])
        raise ValueError(f"No method is called {name!r:.200}; there are {there}.")
    kind: Callable[..., Attack] = tk.ATTACKS[name]
    if rest.startswith(PRINTED) and isinstance(kind, type) and hasattr(kind, "as_printed"):
        kind, rest = kind.as_printed, rest.removeprefix(PRINTED).lstrip(", ")
    try:
        return kind(**read_settings(f"{name}{bracket}{rest}"))
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{text!r}: settings are written as in Python, such as {name}(max_steps=100) ({error})."
        ) from error


def methods(cell: Cell, names: Sequence[str], budget: str, perturbations: Path) -> dict[str, Method]:
    """What runs in the cell, by the names that tables print.

    names: attacks as `attack_of` reads them; those that cannot have the cell's goal are left out. budget: "none", "authors"
    (see `attacks/common/budget.py`), or the ‖z‖₂ that no perturbation may exceed. perturbations: the folder of universal ones;
    those that it has for the cell run there.
    """
    if cell.case == "universal":
        return _universal(cell, perturbations)
    goal = tk.Cleared if cell.case == "untargeted" else tk.Targeted
    norm = AUTHORS["untargeted" if cell.case == "untargeted" else "targeted"] if budget == "authors" else None
    norm = norm if budget in ("authors", "none") else float(budget)
    made = {}
    for name in names:
        attack = attack_of(name)
        if goal in attack.goals:
            attack = attack if norm is None else Budget(attack, norm=norm)
            made[name] = Method(attack, repr(attack))
    return made


def _universal(cell: Cell, folder: Path) -> dict[str, Method]:
    made: dict[str, Method] = {}
    for name in UNIVERSAL:
        path = path_of(name, cell.annotator, cell.k, folder, cell.xi or XI)
        if path.exists():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            z = load_universal(path)
            made.setdefault(NOISE, Method(Precomputed(noise_like(z, 0)), f"as long as {path.name} {digest}"))
            made[name] = Method(Precomputed(z), f"{path.name} {digest}")
    return made
