"""What made the lines of a folder: `run.json` beside them, and the refusal to mix them with others."""

import argparse
import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from tkml_core.experiments.command import plain_command
from tkml_core.experiments.results import Work, process, replace_text
from tkml_core.measured.lines import NOTES, read, saved
from tkml_core.zoo.registry import entry_of

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "pillow", "safetensors")
SAME = ("seed", "select", "set", "budget")  # what all lines of a folder have in common


def weights_of(name: str) -> str:
    """One SHA-256 of all the files that an annotator reads."""
    digest = hashlib.sha256()
    for path in entry_of(name).files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def notes(args: argparse.Namespace, parser: argparse.ArgumentParser, work: Work) -> dict[str, Any]:
    """All that somebody needs who wants to do it again."""
    device = next(iter(work.annotators.values())).device
    return {
        "command": plain_command(args, parser),
        **{name: getattr(args, name) for name in SAME},
        "weights": {name: weights_of(name) for name in work.annotators},
        "methods": {
            name: method.settings for cell, found in work.methods.items() if cell.case != "universal"
            for name, method in found.items()
        },
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else f"{platform.machine()} {device.type}",
        "threads": torch.get_num_threads(), "processes": process()[1], "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }  # fmt: skip


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def check(folder: Path, ours: dict[str, Any]) -> None:
    """SystemExit where the folder's lines were made with other settings, photos or weights."""
    old = saved(folder)
    differ = [f"{name} {old[name]!r}, now {ours[name]!r}" for name in SAME if name in old and old[name] != ours[name]]
    for kind in ("weights", "methods"):
        for name, value in ours[kind].items():
            if old.get(kind, {}).get(name, value) != value:
                differ.append(f"{name}: {old[kind][name]}, now {value}")
    if differ:
        raise SystemExit(f"{folder} was measured otherwise ({'; '.join(differ)}). Name another folder with --out.")


def save(folder: Path, ours: dict[str, Any], skipped: list[str]) -> None:
    """Write `run.json`: what is so now, with all commands, weights and methods that the folder has seen."""
    old = saved(folder)
    merged = {kind: {**old.get(kind, {}), **ours[kind]} for kind in ("weights", "methods")}
    commands = list(dict.fromkeys([*old.get("commands", []), ours["command"]]))
    left_out = sorted({*old.get("left_out", []), *skipped})
    made = {**{name: value for name, value in ours.items() if name != "command"}, **merged}
    made |= {"commands": commands, "left_out": left_out}
    replace_text(folder / NOTES, json.dumps(made, indent=1, ensure_ascii=False) + "\n")


def about(folder: Path) -> str:
    """Markdown: the commands, the photos and the methods' settings of a folder."""
    found = saved(folder)
    settings = sorted({f"- `{row['attack']}`" for row in read(folder) if row["case"] != "universal"})
    if not found:
        return "\n".join(settings)
    chosen = "perfectly ranked (average precision 1)" if found["select"] == "perfect" else "consistent at k (Eq. 1)"
    photos = (
        f"the set {found['set']}" if found["set"] else "the measuring photos, which no bundled annotator was trained on"
    )
    weights = "; ".join(f"{name} {digest[:12]}" for name, digest in found["weights"].items())
    lines = [
        *(f"`{command}`" for command in found["commands"]), "",
        f"attacked photos of {photos}: those that are {chosen} before the attack and show a label of the annotator, in an "
        f"order that seed {found['seed']} gives, cut square. Weights (SHA-256): {weights}. Device: {found['device']}, "
        f"{found['threads']} threads in {found['processes']} processes; PyTorch {found['versions']['torch']}. Left out as "
        f"unreadable: {len(found['left_out'])}. Methods:", "", *settings,
    ]  # fmt: skip
    return "\n".join(lines)
