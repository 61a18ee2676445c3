"""The README's examples for other programs, run as they are written against the running page."""

import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import SMALL
from PIL import Image

from demo.export import citation

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:7860"


def examples(heading: str, language: str) -> list[str]:
    """The code blocks of one language in one section."""
    section = re.search(rf"^## {heading}\n(.*?)^## ", README, re.DOTALL | re.MULTILINE)
    assert section
    found = re.findall(rf"^```{language}\n(.*?)^```", section[1], re.DOTALL | re.MULTILINE)
    assert found
    return found


@pytest.fixture
def run_here(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Run a program in the folder of the photo, in this process, which has imported all that takes long; what it prints."""
    monkeypatch.chdir(folder)

    def executed(code: str) -> str:
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
        return capsys.readouterr().out

    return executed


@pytest.fixture
def folder(photos: dict[str, Path], tmp_path: Path) -> Path:
    with Image.open(photos["cat"]) as photo:
        photo.convert("RGB").save(tmp_path / "photo.jpg", quality=95)
    return tmp_path


MY_MODULE = """
from torch import nn
my_module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3))
"""


@pytest.mark.usefixtures("small_annotators")
def test_the_core_examples_run(
    run_here: Callable[[str], str], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = MY_MODULE.join(examples("From Python", "python"))
    out = run_here(f"import torch; torch.manual_seed(0)\n{code}")
    assert out.splitlines()[0].startswith("0 0.0 False") and "True" in out
    with Image.open(folder / "adversarial.png") as png:
        png.load()
    (command,) = examples("From Python", "bash")
    python, option, module, *words = shlex.split(command)
    assert (python, option) == (".venv/bin/python", "-m")
    monkeypatch.setattr(sys, "argv", [module, *words, "--max-steps", "60"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(module, run_name="__main__")
    assert not ended.value.code and "goal achieved" in capsys.readouterr().out


@pytest.mark.usefixtures("small_photos")
def test_the_python_example_runs(server: str, run_here: Callable[[str], str]) -> None:
    (code,) = examples("From other programs", "python")
    assert ADDRESS in code
    out = run_here(code.replace(ADDRESS, server.rstrip("/")))
    assert "[['cat', 0." in out and ".png" in out


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
@pytest.mark.usefixtures("small_photos")
def test_the_curl_example_runs(server: str, folder: Path) -> None:
    (code,) = examples("From other programs", "bash")
    assert ADDRESS in code
    command = ["bash", "-euc", code.replace(ADDRESS, server.rstrip("/"))]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    out = done.stdout
    assert out.count("event: complete") == 2 and "event: error" not in out
    assert re.search(r'"achieved": ?true', (folder / "answer.txt").read_text())
    with Image.open(folder / "adversarial.png") as png:
        assert png.format == "PNG" and min(png.size) == SMALL.short


def test_the_citations_are_the_pages_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert citation.PAPER in README and citation.project() in README
    monkeypatch.setenv("SPACE_ID", "someone/top-k")
    assert "  url       = {https://huggingface.co/spaces/someone/top-k}\n}" in citation.project()
