"""The command line that made something, to be written beside it."""

import argparse
import shlex
from pathlib import Path


def plain_command(args: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """The command that was run, defaults left out and folders shortened to their last name."""
    words = [parser.prog]
    for action in parser._actions:
        value = getattr(args, action.dest, None)
        if action.dest in ("help", "out", "weights", "workers", "show", "table", "minutes") or value == action.default:
            continue
        if isinstance(value, bool):
            words.append(action.option_strings[0])
        else:
            values = value if isinstance(value, list) else [value]
            named = (
                Path(str(v)).name if action.dest in ("data", "voc", "coco", "soft", "init") else str(v) for v in values
            )
            words += [action.option_strings[0], *map(shlex.quote, named)]
    return " ".join(words)
