"""What made the lines of a folder: `run.json` beside them, and the refusal to mix them with others.

Lines of other folders may be put beside them, each run's with its notes: `lines1.jsonl` with `run1.json`, and so on.
"""

import argparse
import json
import platform
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from tkml_core.experiments.command import plain_command
from tkml_core.experiments.results import Work, process, replace_text
from tkml_core.measured.lines import NOTES, read, saved
from tkml_core.measured.markdown import markdown
from tkml_core.zoo.registry import weights_of

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "pillow", "safetensors")
SAME = ("seed", "select", "set", "budget")  # what all lines of a folder have in common


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
    differ = []
    for old in saved(folder):
        differ += [
            f"{name} {old[name]!r}, now {ours[name]!r}" for name in SAME if old.get(name, ours[name]) != ours[name]
        ]
        for kind in ("weights", "methods"):
            for name, value in ours[kind].items():
                if old.get(kind, {}).get(name, value) != value:
                    differ.append(f"{name}: {old[kind][name]}, now {value}")
    if differ:
        raise SystemExit(f"{folder} was measured otherwise ({'; '.join(differ)}). Name another folder with --out.")


def save(folder: Path, ours: dict[str, Any], skipped: list[str]) -> None:
    """Write `run.json`: what is so now, with all commands, weights and methods that the folder has seen."""
    path = folder / NOTES
    old = json.loads(path.read_text()) if path.exists() else {}
    merged = {kind: {**old.get(kind, {}), **ours[kind]} for kind in ("weights", "methods")}
    commands = list(dict.fromkeys([*old.get("commands", []), ours["command"]]))
    left_out = sorted({*old.get("left_out", []), *skipped})
    made = {**{name: value for name, value in ours.items() if name != "command"}, **merged}
    made |= {"commands": commands, "left_out": left_out}
    replace_text(path, json.dumps(made, indent=1, ensure_ascii=False) + "\n")


def about(folder: Path) -> str:
    """Markdown: for each run of a folder its commands, photos, weights and machine; and the methods' settings."""
    rows = list(read(folder))
    there = {row["annotator"] for row in rows}
    return "\n\n".join([*(_run(found, there) for found in saved(folder)), _settings(rows)])


def _run(found: dict[str, Any], there: set[str]) -> str:
    """One run in words, as far as its notes go. there: the annotators that have lines; others are not mentioned."""
    names = {name: digest for name, digest in found.get("weights", {}).items() if name in there}
    said = [f"**{', '.join(names)}**: weights (SHA-256) {', '.join(sorted({d[:12] for d in names.values()}))}."]
    if "select" in found:
        chosen = "perfectly ranked (average precision 1)" if found["select"] == "perfect" else "consistent at k (Eq. 1)"
        photos = f"of the set {found['set']}" if found.get("set") else "that no bundled annotator was trained on"
        said.append(f"Photos {photos}, {chosen} before the attack, with a label of the annotator, cut square.")
    said += [f"Their order is that of seed {found['seed']}."] if "seed" in found else []
    if "device" in found:
        said.append(
            f"{found['device']}, {found['threads']} threads in {found['processes']} processes; "
            f"PyTorch {found['versions']['torch']}; left out as unreadable: {len(found['left_out'])}."
        )
    said += [found["about"]] if "about" in found else []
    return "\n\n".join([" ".join(said), "\n".join(f"- `{command}`" for command in found["commands"])])


def _settings(rows: list[dict[str, Any]]) -> str:
    """Which settings each method had with which annotators: they differ where the lines are of several runs."""
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for row in rows:
        if row["case"] != "universal":
            found[row["method"], row["attack"]][row["annotator"]] = None
    table = (f"{method} | `{attack}` | {', '.join(found[method, attack])}" for method, attack in sorted(found))
    return markdown("method | settings | annotators", table)
