"""The experiments' command lines: what they publish of themselves, and what they say of a folder that is not there."""

import argparse
import importlib
import pkgutil
from pathlib import Path

import pytest

from tkml_core import experiments
from tkml_core.experiments import evaluate, transfer, universal
from tkml_core.experiments.blackbox import __main__ as blackbox
from tkml_core.experiments.command import plain_command
from tkml_core.experiments.peers import __main__ as peers

ELSEWHERE = "/home/someone/secret"  # of a machine, which no page is to tell of


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parser of every module that is a command, by its name."""
    found = {}
    for module in pkgutil.walk_packages(experiments.__path__, f"{experiments.__name__}."):
        source = Path(importlib.util.find_spec(module.name).origin)
        if 'if __name__ == "__main__":' in source.read_text():
            found[module.name] = importlib.import_module(module.name).parser()
    return found


COMMANDS = commands()


@pytest.mark.parametrize("name", COMMANDS)
def test_no_path_of_a_machine_stands_in_a_published_command(name: str) -> None:
    parser = COMMANDS[name]
    paths = [action for action in parser._actions if action.type is Path]
    given = {action.dest: None if action.default == argparse.SUPPRESS else action.default for action in parser._actions}
    assert name.removesuffix(".__main__") in parser.prog
    for path in (f"{ELSEWHERE}/last.md", "../secret/last.md"):
        for action in paths:
            value = [Path(path)] * 2 if action.nargs else Path(path)
            shown = plain_command(argparse.Namespace(**{**given, action.dest: value}), parser)
            assert "secret" not in shown, action.dest
    everything = {name: Path(f"{ELSEWHERE}/{name}") for name in given}  # also those that a path is only one kind of
    assert "secret" not in plain_command(argparse.Namespace(**everything), parser)


def test_the_commands_are_all_there() -> None:
    assert len(COMMANDS) >= 12 and "tkml_core.experiments.training.mobilenet.__main__" in COMMANDS
    assert sum(action.type is Path for parser in COMMANDS.values() for action in parser._actions) >= 30


def test_a_command_is_shown_as_it_can_be_given_again() -> None:
    args = transfer.parser().parse_args(
        ["--voc", f"{ELSEWHERE}/VOCdevkit", "--coco", "data/coco", "--methods", "MinNorm(confidence=2.0)", "kFool",
         "--write", "assets/measured/transfer.md", "--minutes", "3"]
    )  # fmt: skip
    assert plain_command(args, transfer.parser()) == (
        "python -m tkml_core.experiments.transfer --coco data/coco --methods 'MinNorm(confidence=2.0)' kFool "
        "--write assets/measured/transfer.md"
    ).replace("--coco", "--voc VOCdevkit --coco")


@pytest.mark.parametrize("command", [transfer, blackbox, peers, universal, evaluate])
def test_without_the_photos_the_folder_is_named(command: object, tmp_path: Path) -> None:
    missing = ["--voc", str(tmp_path / "VOC"), "--coco", str(tmp_path / "coco")]
    out = [] if command is evaluate else ["--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit, match=r"There is no .*VOC.*; name the photos' folders with --voc and --coco\.$"):
        command.main([*missing, *out])
    assert not (tmp_path / "out").exists()
