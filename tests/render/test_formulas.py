"""Short formulas are not torn at a line's end; code and tags stay as they are."""

import pytest

from demo.components.theme import Html
from demo.render.formulas import unbroken, unbroken_html


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("the list contradicts the truth (E = 0), at k = 3.", "the list contradicts the truth (E~=~0), at k~=~3."),
        ("larger, ‖z‖₂ = 474 or ‖z‖_∞ ≤ 10", "larger, ‖z‖₂~=~474 or ‖z‖_∞~≤~10"),
        ("by chance (p ≥ .05), from λ₀ = 2 and k′ > 3", "by chance (p~≥~.05), from λ₀~=~2 and k′~>~3"),
        ("Ticked = in the photo; a step = b", "Ticked = in the photo; a step = b"),
    ],
)
def test_the_spaces_in_a_formula_do_not_break(text: str, whole: str) -> None:
    assert unbroken(text) == whole.replace("~", "\u00a0")
    assert unbroken(unbroken(text)) == unbroken(text)


def test_tags_and_code_stay_as_they_are() -> None:
    html = '<p title="k = 3">sure (p &lt; .05)<br>k = <b>3</b></p><pre class="c">k = 3\nE = 0</pre><code>k = 3</code> E = 1'
    made = unbroken_html(html)
    assert made.replace("\u00a0", " ") == html
    assert [made.count(one) for one in ("p\u00a0&lt;\u00a0.05", "k\u00a0=\u00a0<b>", "E\u00a0=\u00a01", "\u00a0")] == [
        1,
        1,
        1,
        6,
    ]


def test_every_html_of_the_page_is_made_so_at_first_and_later() -> None:
    widget = Html("E = 0", elem_id="anything")
    assert widget.get_block_name() == "html"  # an ordinary one to the browser
    assert widget.get_config()["value"] == widget.postprocess("E = 0") == "E\u00a0=\u00a00"
    assert widget.postprocess({"html": "E = 0"}) == {"html": "E = 0"}  # of a script, which writes its own
    assert widget.postprocess(None) is None
