"""HTML comes from templates, which escape what they are given: no f-string of HTML but where that is too slow."""

import ast
import re
from pathlib import Path

import pytest
from markupsafe import Markup

from demo.photos.download import Listed
from demo.render.templates import fill, piece
from demo.tabs.learn.formulas import Part, formula, i, row
from demo.tabs.lesson.pictures import Bar, bars

ROOT = Path(__file__).parents[2]
TAG = re.compile(r"</?[a-z][a-z0-9]*[ />]")
EVERY_FRAME = "drawn in every frame of a run: see demo/render/__init__.py"
ALLOWED = {
    "demo/render/curves.py": EVERY_FRAME,
    "demo/render/icons.py": EVERY_FRAME,
    "demo/render/label_race.py": EVERY_FRAME,
    "demo/render/labels.py": EVERY_FRAME,
    "demo/render/pictures.py": EVERY_FRAME,
    "demo/render/plot.py": EVERY_FRAME,
    "demo/tabs/compare/render.py": EVERY_FRAME,
    "demo/tabs/universal/render.py": EVERY_FRAME,
    "demo/components/theme.py": "the page's own style and scripts, which must not be escaped",
}


def with_html(source: str) -> list[int]:
    """The lines of f-strings that have a tag in them, and of tags with % or + behind them."""
    found = []
    for node in ast.walk(ast.parse(source)):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
            parts = [side for side in (node.left, node.right) if not isinstance(side, ast.JoinedStr)]
        words = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        if any(TAG.search(word) for word in words):
            found.append(node.lineno)
    return found


def test_html_is_made_by_templates() -> None:
    found = {}
    for path in sorted([*(ROOT / "demo").rglob("*.py"), *(ROOT / "tkml_core").rglob("*.py")]):
        if lines := with_html(path.read_text(encoding="utf-8")):
            found[path.relative_to(ROOT).as_posix()] = lines
    new = {name: lines for name, lines in found.items() if name not in ALLOWED}
    assert not new, f"use a template (demo/render/templates.py) in {new}"
    assert set(ALLOWED) == set(found), "no longer needed in ALLOWED"


@pytest.mark.parametrize(
    ("source", "bad"),
    [
        ('f"<b>{name}</b>"', True),
        ('f"{name}</p>"', True),
        ('"<b>%s</b>" % name', True),
        ('"<b>" + name', True),
        ('Markup("<b>{}</b>").format(name)', False),
        ('f"{a} < {b}"', False),
        ('"<p>constant</p>"', False),
    ],
)
def test_what_counts_as_html_made_by_hand(source: str, bad: bool) -> None:
    assert bool(with_html(source)) is bad


def test_names_are_escaped_wherever_they_come_in() -> None:
    bad = '<img src=x onerror="alert(1)">'
    credit = Listed("n", "t", "u", (1, 1), bad, bad, bad, ()).credit
    pieces = {
        "credit": credit,
        "formula": formula(bad, 1.0, Part(row(i(bad)), bad)),
        "bars": bars(Bar(bad, bad, 0.5)),
        "choice": piece("tabs/learn/controls.html", "choice", name=bad, title=bad, options=[(bad, bad)], first=""),
        "called": piece("tabs/lesson/screens/universal.html", "called", before=bad, after=bad, sure=bad, lost=True),
        "film": fill("tabs/lesson/screens/film.html", frames=[(bad, Markup("<i></i>"))], last=0),
    }
    for name, html in pieces.items():
        assert "<img" not in html and 'onerror="' not in html and "&lt;img" in html, name
