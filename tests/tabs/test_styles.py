"""Styles that survive what Gradio makes of them."""

import re
from pathlib import Path

import demo

HAS = re.compile(r":has\((?:[^()]|\([^()]*\))*\)")


def test_no_comma_is_within_has() -> None:
    """Gradio splits selectors at every comma and puts its own ancestors before each part, which `:has` then looks for inside.

    Where the comma is deeper, as of an `:is` in it, ancestors are looked for outside.
    """
    found = {
        f"{path.name}: {part}"
        for path in Path(demo.__file__).parent.rglob("*.css")
        for part in HAS.findall(path.read_text(encoding="utf-8"))
        if "," in re.sub(r"\([^()]*\)", "", part[5:-1])
    }
    assert not found
    assert HAS.findall("a:not(:has(b, c:not(d)))") == [":has(b, c:not(d))"]
