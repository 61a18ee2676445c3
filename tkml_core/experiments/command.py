"""Command lines of experiments: the options that several have, how they end, and what was run, to be written beside it."""

import argparse
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tkml_core.experiments.results import replace_text
from tkml_core.measured.lines import Outcome, read


def add_photo_folders(parser: argparse.ArgumentParser) -> None:
    """Where the photos are."""
    parser.add_argument("--voc", type=Path, default=Path("VOCdevkit"), help="the folder of that name")
    parser.add_argument("--coco", type=Path, default=Path("coco"), help="the folder with COCO's photos and annotations")


def add_shared_options(parser: argparse.ArgumentParser) -> None:
    """What every command that attacks photos or learns from them is told."""
    add_photo_folders(parser)
    parser.add_argument("--seed", type=int, default=0, help="of the order of photos, and of all that is drawn")
    parser.add_argument("--device", help="by default CUDA where there is one, else the CPU")


def add_block_options(parser: argparse.ArgumentParser) -> None:
    """What those are told that attack a few photos at a time, and go on from there another day."""
    parser.add_argument("--batch", type=int, default=4, help="photos attacked at once")
    parser.add_argument("--minutes", type=float, help="begin nothing new after so many")


@contextmanager
def naming_folders(options: str = "--voc and --coco") -> Iterator[None]:
    """SystemExit in words where a data set's lists are missing, or are not what they are said to be."""
    try:
        yield
    except (FileNotFoundError, ValueError) as error:
        wrong = f"There is no {error.filename}" if isinstance(error, FileNotFoundError) else str(error).rstrip(".")
        raise SystemExit(f"{wrong}; name the photos' folders with {options}.") from error


def write_page(
    args: argparse.Namespace, parser: argparse.ArgumentParser, page: Callable[[Sequence[Outcome], str], str], to: Path | None
) -> None:  # fmt: skip
    """Print the page that all lines of --out make, with the command, and write it where it is to stand."""
    shown = page(list(read(args.out)), plain_command(args, parser))
    if to:
        replace_text(to, shown)
    print(shown)


def plain_command(args: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """The command that was run, to be published: defaults left out, paths of this machine shortened to their last name.

    Every option is called as its place in `args` is, which is argparse's own rule: `max_steps` is --max-steps.
    """
    words = [parser.prog]
    for name, value in vars(args).items():
        if name in ("out", "weights", "workers", "show", "table", "minutes") or value == parser.get_default(name):
            continue
        words.append(f"--{name.replace('_', '-')}")
        if not isinstance(value, bool):
            words += [shlex.quote(plain_value(one)) for one in (value if isinstance(value, list) else [value])]
    return " ".join(words)


def plain_value(value: object) -> str:
    """A value as text; of a path that leads out of the folder, which would tell of the machine, the last name alone."""
    path = Path(str(value))
    return path.name if path.is_absolute() or ".." in path.parts else str(value)
