"""Shares and probabilities are written one way everywhere that people read: "98%", without a space."""

import re
from pathlib import Path

import pytest

from demo.catalog.english import in_percent

ROOT = Path(__file__).parents[2]
# A number, or the place of one, with a space of any kind before the sign; "{% … %}" is Jinja's.
SPACED = re.compile(r"[\d}”](?: |\\u00a0|\\u202f|\u00a0|\u202f|&nbsp;)%(?![}-])")
# A number put together with its sign in Python; lengths in styles, as in "left:{x:.2f}%", are no words.
BY_HAND = re.compile(r"(?<![:\w])\{[^{}]*:\.(?:\d+|\{\w+\})f\}%")
MADE_BY_COMMANDS = "assets/measured"  # what was measured stays as it was written


def texts(*kinds: str) -> list[Path]:
    found = [path for room in ("demo", "tkml_core", "assets") for kind in kinds for path in (ROOT / room).rglob(kind)]
    return [path for path in found if MADE_BY_COMMANDS not in path.as_posix()]


def test_no_text_has_a_space_before_the_sign() -> None:
    paths = [*texts("*.py", "*.html", "*.js", "*.md"), *ROOT.glob("*.md"), ROOT / "app.py"]
    assert len(paths) > 200
    lines = ((path, line) for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    assert [f"{path.relative_to(ROOT)}: {line.strip()}" for path, line in lines if SPACED.search(line)] == []


def test_the_page_puts_number_and_sign_together_in_one_place() -> None:
    by_hand = {
        path.relative_to(ROOT).as_posix(): BY_HAND.findall(path.read_text(encoding="utf-8")) for path in texts("*.py")
    }
    assert [path for path, found in by_hand.items() if found] == ["demo/catalog/english.py"]


@pytest.mark.parametrize("planted", ["98 %", "98\u00a0%", "98\u202f%", r"98\u00a0%", "98&nbsp;%", "{share:.0f} %"])
def test_a_space_would_be_found(planted: str) -> None:
    assert SPACED.search(f"the annotator is {planted} sure")


def test_a_share_is_written_without_a_space() -> None:
    assert (in_percent(0.543), in_percent(0.543, 1), in_percent(1)) == ("54%", "54.3%", "100%")
    assert not SPACED.search(in_percent(0.98)) and BY_HAND.search('f"{share:.0f}%"')
