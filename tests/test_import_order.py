"""The order of the rooms: whatever is imported stands below. Read from the source, so no import hides in a function."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From the top down; a room may import itself and what stands below its own floor.
FLOORS = (
    {"screenshot", "record", "figures"},
    {"page"},
    {"api"},
    {"tabs"},
    {"components", "export"},
    {"render", "server"},
    {"engine"},
    {"photos", "catalog", "gradio_patches"},
)
FILES = sorted(path for path in (ROOT / "demo").rglob("*.py") if path != ROOT / "demo" / "__init__.py")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path) for path in FILES} | {"demo"}


def imports(path: Path) -> set[str]:
    """The modules that a file imports, by their full names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out in full"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in MODULES else str(node.module))
    return found


def room_of(module: str) -> str:
    return [*module.split("."), ""][1]


def floor_of(module: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room_of(module) in rooms)


def mistakes(module: str, imported: set[str]) -> list[str]:
    """What is wrong with these imports of a module of `demo`, in words."""
    wrong = []
    for other in sorted(imported):
        if other.startswith("tkml_core.experiments"):
            wrong.append(f"{module} imports {other}: the page needs no experiment")
        if other.split(".")[0] != "demo":
            continue
        if room_of(module) != room_of(other) and floor_of(module) >= floor_of(other):
            wrong.append(f"{module} imports {other}, which does not stand below it")
        if room_of(module) == room_of(other) == "tabs":
            tab, its = module.split(".")[2:3], other.split(".")[2:3]
            if tab != its and (its != ["attack"] or tab not in (["learn"], ["lesson"])):
                wrong.append(f"{module} imports {other}: no tab imports another, but learn and lesson → attack")
    return wrong


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_imports_only_what_stands_below_it(path: Path) -> None:
    assert mistakes(name_of(path), imports(path)) == []


def test_an_import_upwards_would_be_found() -> None:
    assert len(mistakes("demo.engine.run", {"demo.render.label_race", "demo.engine.plan", "torch"})) == 1
    assert len(mistakes("demo.tabs.compare.tab", {"demo.tabs.attack.form"})) == 1
    assert mistakes("demo.tabs.learn.tab", {"demo.tabs.attack.form", "demo.components.theme"}) == []
    assert len(mistakes("demo.photos.samples", {"demo.catalog.goals"})) == 1
    assert len(mistakes("demo.tabs.tables.measured", {"tkml_core.experiments.training.mobilenet"})) == 1


@pytest.mark.parametrize("room", ["engine", "photos", "catalog", "render"])
def test_below_the_components_nothing_imports_gradio(room: str) -> None:
    late = {"engine/zero_gpu.py"}  # asks Gradio whether a request is being answered
    for path in (ROOT / "demo" / room).rglob("*.py"):
        if str(path.relative_to(ROOT / "demo")) not in late:
            assert not [name for name in imports(path) if name.split(".")[0] == "gradio"], path


def test_nothing_in_the_core_imports_the_page_or_what_draws_it() -> None:
    for path in (ROOT / "tkml_core").rglob("*.py"):
        assert not [n for n in imports(path) if n.split(".")[0] in ("demo", "gradio", "matplotlib")], path


def test_only_the_registry_names_one_of_the_bundled_annotators() -> None:
    """Its default among them; others ask it for one. What a docstring or a comment says is an example."""
    allowed = {"tkml_core/zoo/registry.py", "tkml_core/labels.py"}  # there they are lists of labels
    found = set()
    for path in [*(ROOT / "demo").rglob("*.py"), *(ROOT / "tkml_core").rglob("*.py")]:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and node not in docstrings]
        if any(re.search(r"(?<![\w-])(voc20|coco80)\b", text) for text in texts if isinstance(text, str)):
            found.add(str(path.relative_to(ROOT)))
    assert found == allowed


def test_what_takes_long_to_import_is_imported_where_it_is_needed() -> None:
    """The page starts without: together they take as long as PyTorch, and a good part of its memory."""
    slow = {"matplotlib", "scipy", "skimage", "torchvision"}
    late = {
        "card.py",
        "comparison_figures.py",
        "figure.py",
        "figure_icons.py",
        "figure_labels.py",
        "paper_figures.py",
    }  # of demo/export, themselves imported late
    for path in [*FILES, *(ROOT / "tkml_core").rglob("*.py")]:
        place = str(path.relative_to(ROOT))
        if (path.parent.name == "export" and path.name in late) or place.startswith("tkml_core/experiments/"):
            continue
        top = ast.parse(path.read_text(encoding="utf-8")).body
        found = {alias.name for node in top if isinstance(node, ast.Import) for alias in node.names}
        found |= {str(node.module) for node in top if isinstance(node, ast.ImportFrom)}
        assert not slow & {name.split(".")[0] for name in found}, (
            f"{place} should import it in the function that needs it"
        )
