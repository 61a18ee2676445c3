"""Presenter mode: what its style sheets must not do, and whose result is asked about before it goes."""

import re
from pathlib import Path

import pytest

from demo.components.replay import replay_value
from demo.components.theme import DEMO
from demo.engine.recordings import recording

SHEETS = sorted(DEMO.rglob("*.css"))


def within_media(css: str) -> str:
    """What stands inside of any @media."""
    found, depth, since = list[str](), 0, 0
    for brace in re.finditer(
        r"@media|[{}]", re.sub(r"/\*.*?\*/", lambda note: " " * len(note[0]), css, flags=re.DOTALL)
    ):
        if brace[0] == "@media":
            since = depth + 1
        elif brace[0] == "{":
            depth += 1
            if depth == since:
                begin = brace.end()
        else:
            if depth == since and since:
                found.append(css[begin : brace.start()])
                since = 0
            depth -= 1
    return "".join(found)


def test_what_is_inside_of_media_is_found() -> None:
    css = "a { b: c; } @media (x) { d { e: f; } g { h: i; } } j { k: l; } @media (y) { m { n: o; } }"
    assert re.findall(r"(\w) \{", within_media(css)) == ["d", "g", "m"]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.stem)
def test_no_rule_of_presenter_mode_stands_inside_of_media(sheet: Path) -> None:
    """Gradio has those apply to what is inside its own part of the page only, and #presenting is the body's."""
    assert "#presenting" not in within_media(sheet.read_text(encoding="utf-8"))


def test_a_result_is_the_visitors_own_only_where_their_run_made_it() -> None:
    shown = recording("push-out")
    assert shown is not None
    assert [replay_value(*said)["made"] for said in ((None,), (shown.replay,), (shown.replay, True))] == [
        False,
        False,
        True,
    ]
