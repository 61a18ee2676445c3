"""Short formulas such as "E = 0" or "p < .05" stay in one line wherever a text is broken."""

import re

NO_BREAK = "\u00a0"
# A symbol of a few characters before the sign: E, k′, λ₀, ‖z‖₂. In HTML "<" is "&lt;".
_FORMULA = re.compile(r"((?:^|[^\w‖′])(?:[^\W\d]|‖z‖)\w?[′₀-₉∞_]*) (=|<|>|&lt;|&gt;|≤|≥) ")
# What is no text for readers: tags, and what is written down for programs, with all in it.
_NO_TEXT = re.compile(r"(<(code|pre|script|style|textarea)\b.*?</\2>|<[^>]*>)", re.DOTALL)


def unbroken(text: str) -> str:
    """Plain text with no-break spaces in its short formulas."""
    return _FORMULA.sub(rf"\1{NO_BREAK}\2{NO_BREAK}", text)


def unbroken_html(html: str) -> str:
    """The same for HTML: its tags, and code, which may be copied, stay as they are."""
    made, done = [], 0
    for part in _NO_TEXT.finditer(html):
        made += [unbroken(html[done : part.start()]), part[0]]
        done = part.end()
    return "".join([*made, unbroken(html[done:])])
