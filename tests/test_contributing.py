"""CONTRIBUTING's examples run, README's map is true, and the gate runs what a commit is checked by."""

import re
from pathlib import Path

import pytest
from conftest import SMALL
from PIL import Image

import tkml_core as tk
from tkml_core.attacks.common.base import Attack

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def example(heading: str) -> str:
    section = GUIDE.split(f"## {heading}\n")[1].split("\n## ")[0]
    (code,) = re.findall(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    assert code.count("\n") < 40
    return str(code)


@pytest.mark.parametrize("kind", [tk.Cleared, tk.Targeted])
def test_the_attack_of_the_guide_attacks(kind: type, photos: dict[str, Path]) -> None:
    space: dict[str, type[Attack]] = {"__name__": "guide"}  # type: ignore[dict-item]
    exec(compile(example("Add an attack"), "CONTRIBUTING.md", "exec", dont_inherit=True), space)
    annotator = tk.load(tk.available()[0], device="cpu")
    annotator.input_size = SMALL
    x = annotator.prepare(Image.open(photos["cat"]))
    true = annotator.mask(["cat"])
    goal = kind(true=true, k=1) if kind is tk.Cleared else kind(targets=annotator.mask(["dog"]), true=true)
    result = space["LinearSteps"]()(annotator, x, goal)
    assert result.achieved.all() and result.steps > 0 and goal.margin(annotator(result.x_adv)) < 0


def test_the_annotator_of_the_guide_annotates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(example("Add an annotator"), {})
    annotator = tk.load("mine.toml", device="cpu")
    assert annotator(annotator.prepare(Image.new("RGB", (300, 200)))).shape == (1, 3)
    monkeypatch.setenv("TKML_ANNOTATORS", "mine.toml")
    assert "mine" in tk.available()


def paths(row: str) -> list[Path]:
    """The paths in back quotes of a table's row; a bare name stands beside the path before it, or in it."""
    found: list[Path] = []
    for name in re.findall(r"`([\w/]*(?:/|\w\.(?:py|md|json|css|js)))`", row):
        folder = next((p if p.is_dir() else p.parent for p in reversed(found)), ROOT)
        base = next((base for base in (ROOT, *_up(folder)) if (base / name).exists()), ROOT)
        found.append(base / name)
    return found


def _up(folder: Path) -> list[Path]:
    return [folder, *(parent for parent in folder.parents if ROOT in parent.parents)]


MAP = [line for line in README.split("## Where things are")[1].split("\n## ")[0].splitlines() if line.startswith("| ")][
    2:
]


@pytest.mark.parametrize("row", MAP, ids=lambda row: row.split("|")[1].strip()[:40])
def test_a_row_of_the_map_names_what_is_there(row: str) -> None:
    found = paths(row.split("|")[2])
    assert found and [path for path in found if not path.exists()] == []


ROOMS = ("assets", "demo", "tests", "tkml_core")
DOCUMENTS = [*ROOT.glob("*.md"), *(path for room in ROOMS for path in (ROOT / room).rglob("*.md"))]
NOT_THERE = {
    "tkml_core/attacks/linear_steps.py",  # what the guide has its reader write
    "tkml_core.experiments.train",  # an old file's header says so of its making
    *("tkml_core.experiments.attacks", "tkml_core.experiments.compare"),  # so do the notes of MobileNet's lines
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_names_what_is_there(document: Path) -> None:
    """Paths from the top in back quotes, links, test files by their names, and modules that it says to run."""
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests|demo|tkml_core|assets|\.ci)/[\w/.+-]*)`", text))
    links = {
        link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"https?:|mailto:|#", link)
    }
    modules = set(re.findall(r"-m ((?:demo|tkml_core|tests)[\w.]*)", text)) - NOT_THERE
    missing = [name for name in named - NOT_THERE if not (ROOT / name).exists()]
    beside = ROOT / "assets/weights" if document.name == "evaluate.md" else document.parent  # where it is written to
    missing += [link for link in links if not (beside / link).exists()]
    shortened = re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|js|css|html|md|json))`|\b(test_\w+\.py)\b", text)
    missing += [one for pair in shortened for one in pair if one and one not in NOT_THERE and not _ends_a_path(one)]
    for path in (ROOT / module.replace(".", "/") for module in modules):
        if not path.with_suffix(".py").exists() and not (path / "__main__.py").exists():
            missing.append(path.name)
    assert missing == []


def _ends_a_path(name: str) -> bool:
    """Whether a path from the top, or from a room within, ends so."""
    found = [path for room in ROOMS for path in (ROOT / room).rglob(Path(name).name)]
    return (ROOT / name).exists() or any(path.as_posix().endswith(f"/{name}") for path in found)


SOURCES = [
    path
    for room in ("demo", "tests", "tkml_core")
    for path in (ROOT / room).rglob("*")
    if path.suffix in {".py", ".js", ".css", ".html"}
]


def test_code_names_files_that_are_there() -> None:
    """In comments, docstrings and words: paths from the top."""
    missing = {}
    for source in SOURCES:
        named = re.findall(
            r"(?<![\w/.])((?:tests|demo|tkml_core|assets)/[\w/]+\.(?:py|js|css|html|md|json))\b",
            source.read_text("utf-8"),
        )
        gone = [name for name in named if name not in NOT_THERE and not (ROOT / name).exists()]
        if gone:
            missing[source.relative_to(ROOT).as_posix()] = gone
    assert len(SOURCES) > 300 and missing == {}


def test_the_gate_runs_what_a_commit_is_checked_by() -> None:
    hooks = re.findall(r"^ +entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    gate = (ROOT / ".ci/run").read_text().splitlines()
    assert len(hooks) == 4 and [hook for hook in hooks if hook not in gate] == []


def test_the_page_needs_no_test_tool() -> None:
    page = (ROOT / "requirements.txt").read_text()
    more = (ROOT / "tests/requirements.txt").read_text()
    assert "pytest" not in page and more.startswith("-r ../requirements.txt\n") and "pytest>=" in more
    assert "pip install -r tests/requirements.txt" in README


def test_the_lowest_versions_that_were_tried_are_those_that_are_allowed() -> None:
    def pinned(file: str, sign: str) -> dict[str, str]:
        found = re.findall(rf"^([\w-]+){sign}([\d.]+)", (ROOT / file).read_text(encoding="utf-8"), re.M)
        return {name: version.removesuffix(".0").removesuffix(".0") for name, version in found}

    allowed = pinned("requirements.txt", ">=") | pinned("tests/requirements.txt", ">=")
    linters = {"ruff", "mypy", "pre-commit"}
    assert {name: version for name, version in allowed.items() if name not in linters} == pinned(
        "tests/lowest.txt", "=="
    )
