"""The command line that made something, to be written beside it."""

import argparse
import shlex
from pathlib import Path


def plain_command(args: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """The command that was run, defaults left out and folders shortened to their last name.

    Every option is called as its place in `args` is, which is argparse's own rule: `max_steps` is --max-steps.
    """
    words = [parser.prog]
    for name, value in vars(args).items():
        if name in ("out", "weights", "workers", "show", "table", "minutes") or value == parser.get_default(name):
            continue
        words.append(f"--{name.replace('_', '-')}")
        if not isinstance(value, bool):
            values = value if isinstance(value, list) else [value]
            named = (Path(str(v)).name if name in ("data", "voc", "coco", "soft", "init") else str(v) for v in values)
            words += map(shlex.quote, named)
    return " ".join(words)
