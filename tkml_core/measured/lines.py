"""The lines of a run, one of JSON for each photo and method, and what stands about the run beside them."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Outcome = dict[str, Any]
PATTERN = "lines*.jsonl"  # a file for each process
NOTES = "run.json"
ALL_NOTES = "run*.json"  # of a folder that has the lines of several runs: a file for each


def read(path: Path) -> Iterator[Outcome]:
    """The lines of a file, or of a folder's files; one that was cut off as a run was killed is left out."""
    for file in sorted(path.glob(PATTERN)) if path.is_dir() else [path] if path.exists() else []:
        for line in file.read_text().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue


def saved(folder: Path) -> list[dict[str, Any]]:
    """What is noted about each run whose lines are in the folder."""
    return [dict(json.loads(path.read_text())) for path in sorted(folder.glob(ALL_NOTES))]


def agree(ranks: Sequence[int], k: int) -> bool:
    """E(Y, Ŷ_k) of Eq. 1, from the ranks of the true labels."""
    return sum(rank <= k for rank in ranks) in (k, len(ranks))
