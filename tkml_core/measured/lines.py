"""The lines of a run, one of JSON for each photo and method, and what stands about the run beside them."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Outcome = dict[str, Any]
PATTERN = "lines*.jsonl"  # a file for each process
NOTES = "run.json"


def read(path: Path) -> Iterator[Outcome]:
    """The lines of a file, or of a folder's files; one that was cut off as a run was killed is left out."""
    for file in sorted(path.glob(PATTERN)) if path.is_dir() else [path] if path.exists() else []:
        for line in file.read_text().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue


def saved(folder: Path) -> dict[str, Any]:
    """What `run.json` says; nothing where there is none."""
    path = folder / NOTES
    return dict(json.loads(path.read_text())) if path.exists() else {}


def agree(ranks: Sequence[int], k: int) -> bool:
    """E(Y, Ŷ_k) of Eq. 1, from the ranks of the true labels."""
    return sum(rank <= k for rank in ranks) in (k, len(ranks))
