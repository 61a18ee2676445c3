"""The signs of labels: one for each part on the page and in figures, and none that says of a true label that it is wrong."""

import re
from pathlib import Path

import pytest

from demo.engine.label_roles import Roles
from demo.export.figure_labels import SIGNS
from demo.render.labels import Scored, top_list

DEMO = Path(__file__).resolve().parents[2] / "demo"
STYLE = (DEMO / "style.css").read_text(encoding="utf-8")
NAMES = {"true": "check", "out": "leave"}


def drawn(name: str) -> str:
    """The outline that the style sheet has for a sign."""
    found = re.search(rf"--{name}: url\(.* d='([^']*)'", STYLE)
    assert found
    return found[1]


@pytest.mark.parametrize("kind", NAMES)
def test_page_and_figures_draw_the_same_sign(kind: str) -> None:
    assert f".{kind} > .mark {{ -webkit-mask-image: var(--{NAMES[kind]}); mask-image: var(--{NAMES[kind]});" in STYLE
    ((outline, _),) = SIGNS[kind]
    assert outline == drawn(NAMES[kind])


def test_the_sign_of_a_failure_stands_at_no_label() -> None:
    """Of a goal that is missed it says so; a true label that is to be pushed out is not wrong."""
    sheets = {path: path.read_text(encoding="utf-8") for path in DEMO.rglob("*.css")}
    rules = [rule for css in sheets.values() for rule in css.replace("}", "}\n").splitlines() if "var(--cross)" in rule]
    assert rules and all(".sign" in rule for rule in rules), rules
    assert drawn("cross") not in {outline for parts in SIGNS.values() for outline, _ in parts}


def test_a_label_to_hide_is_said_to_be_true() -> None:
    roles = Roles(("train", "person"), hidden=("train",))
    listed = top_list([Scored("train", 0.9, 1), Scored("person", 0.8, 2)], roles, "Top 2 before")
    assert '<li class="label out">' in listed and "(true, to be hidden)" in listed
    assert '<li class="label true">' in listed
