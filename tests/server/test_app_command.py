"""What `python app.py` can be told, and its end."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo.components.blocks import Page
from demo.server import command_line, environment

NAMES = ("GRADIO_SERVER_PORT", "GRADIO_SERVER_NAME", "GRADIO_SHARE")


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "before")


def test_help_starts_nothing() -> None:
    app = Path(__file__).parents[2] / "app.py"
    told = subprocess.run(
        [sys.executable, "-X", "importtime", app, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    assert "--port" in told.stdout and "GRADIO_SERVER_NAME" in told.stdout
    assert re.search(r"\| +argparse$", told.stderr, re.MULTILINE) and not re.search(
        r"\| +(gradio|torch)$", told.stderr, re.MULTILINE
    )


def test_what_is_told_goes_before_the_environment() -> None:
    command_line.read([])
    assert [os.environ[name] for name in NAMES] == ["before"] * 3
    command_line.read(["--port", "7999", "--address", "0.0.0.0", "--share"])
    assert [os.environ[name] for name in NAMES] == ["7999", "0.0.0.0", "True"]


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x" * 999])
def test_a_port_that_is_none_is_refused_in_one_sentence(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.read([f"--port={port}"])
    said = capsys.readouterr().err
    assert "a whole number from 1 to 65535 is expected" in said and "x" * 100 not in said


def test_nothing_is_waited_for_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for streams that browsers hold open, and not for runs."""
    ended: list[str] = []
    monkeypatch.setattr(environment.atexit, "_run_exitfuncs", lambda: ended.append("tidied"))
    monkeypatch.setattr(environment.os, "_exit", lambda code: ended.append(f"ended with {code}"))

    def asleep(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("demo.components.blocks.time.sleep", asleep)
    page = Page()
    page.is_running = True
    page.block_thread()
    assert ended == ["tidied", "ended with 0"]
