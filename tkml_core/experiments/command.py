"""Command lines of experiments: the options that several have, and what was run, to be written beside it."""

import argparse
import shlex
from pathlib import Path


def add_shared_options(parser: argparse.ArgumentParser) -> None:
    """What every command that attacks measuring photos is told: where they are, how many at once, how long, seed and device."""
    parser.add_argument("--voc", type=Path, default=Path("VOCdevkit"), help="the folder of that name")
    parser.add_argument("--coco", type=Path, default=Path("coco"), help="the folder with COCO's photos and annotations")
    parser.add_argument("--batch", type=int, default=4, help="photos attacked at once")
    parser.add_argument("--minutes", type=float, help="begin nothing new after so many")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the order of photos, of random targets, of attacks that draw"
    )
    parser.add_argument("--device", default=None)


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
