"""Bundled universal perturbations: see `assets/universal/README.md` for their making and what they do."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from tkml_core.zoo.checksums import record, tensors

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "universal"


XI = 4000.0  # the norm budget ξ of those that are bundled, in 0–255 units


def path_of(attack_name: str, annotator_name: str, k: int, folder: Path = FOLDER, xi: float = XI) -> Path:
    """Where the perturbation is, or would be: such as `tkml-ap-uv_voc20_k3.safetensors`, with another ξ `…_k3_xi1000.…`."""
    budget = "" if xi == XI else f"_xi{xi:g}"
    return folder / f"{attack_name.lower().replace(', ', '-')}_{annotator_name}_k{k}{budget}.safetensors"


def save_universal(z: Tensor, path: Path, notes: dict[str, str]) -> None:
    """Write z (1,3,H,W), whole levels k/255 in [0,1] units, as int8, with `notes` in the header."""
    levels = z.detach().cpu().mul(255)
    whole = levels.round()
    if not torch.allclose(levels, whole, rtol=0, atol=1e-3) or float(whole.abs().max()) > 127:
        raise ValueError("A perturbation is saved as int8: every value a whole level k/255, |k| at most 127.")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    save_file({"z": whole.to(torch.int8).contiguous()}, fresh, metadata=notes)
    fresh.replace(path)  # so that an interruption never leaves half a file
    record(path)


def load_universal(path: Path) -> Tensor:
    """z (1,3,H,W), float32 in [0,1] units, from a file that `save_universal` wrote."""
    return tensors(path)["z"].float().div(255)


def notes_of(path: Path) -> dict[str, str]:
    """What the header says: attack, annotator, k, settings, rates; and `side`, the pixels of a side of z."""
    with safe_open(path, "pt") as file:
        return dict(file.metadata() or {}) | {"side": str(file.get_slice("z").get_shape()[-1])}


def rates_of(attack_name: str, annotator_name: str, k: int) -> tuple[float, float]:
    """On what share of the photos that a bundled z was measured on, none of its own, it met the goal; and noise as long."""
    notes = notes_of(path_of(attack_name, annotator_name, k))
    met, by_noise = (float(notes[name]) / float(notes["measured"]) for name in ("goal", "noise_goal"))
    return met, by_noise


def xi_of(notes: dict[str, str]) -> float:
    """The norm budget that a header says; those of before it was noted all had this one."""
    return float(notes.get("xi", XI))


def all_notes(folder: Path) -> Iterator[dict[str, str]]:
    """The header of every perturbation in the folder."""
    for path in sorted(folder.glob("*.safetensors")):
        with contextlib.suppress(SafetensorError, KeyError):  # cut off: the page and the others do without
            yield notes_of(path)


def budgets(folder: Path) -> list[float]:
    """The norm budgets for which there are perturbations in the folder, ascending."""
    return sorted({xi_of(notes) for notes in all_notes(folder)})


def bundled() -> tuple[tuple[str, str, int], ...]:
    """(attack, annotator, k) of every perturbation that is here, of the usual norm budget."""
    notes = (found for found in all_notes(FOLDER) if xi_of(found) == XI)
    return tuple(sorted((found["attack"], found["annotator"], int(found["k"])) for found in notes))


def universal(attack_name: str, annotator_name: str, k: int) -> Tensor:
    """The bundled z (1,3,S,S), float32 in [0,1] units on whole levels, to be added to a square photo and clamped.

    S is the short side of the annotator's input size.

    attack_name "TkML-AP-Uv", "TkML-AP-Uv, margin" (the goal's margin in place of Eq. 8) or "kUAPs", annotator_name and k
    as they were when it was made. ValueError, naming what there is, where there is none.
    """
    path = path_of(attack_name, annotator_name, k)
    if (attack_name, annotator_name, k) not in bundled():
        able = [str(j) for a, n, j in bundled() if (a, n) == (attack_name, annotator_name)]
        there = f"there is one for k = {', '.join(able)}" if able else "there is none for any k"
        raise ValueError(
            f"No universal perturbation of {attack_name} for {annotator_name} at k = {k} is bundled; {there}. "
            "python -m tkml_core.experiments.universal makes them."
        )
    return load_universal(path)
