"""What all tabs have in common for who reads them: formulas in one line, arrows at what unfolds."""

from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PHONE, RUN
from playwright.sync_api import Page, expect

TABS = {  # what shows that its contents have come
    "Attack": "#chips .chip", "Lesson": "#lesson .fetched", "Compare": "#compare-strip dl",
    "Universal": "#try-rows .trial", "Tables": "#table-2-part h2", "How it works": "#learn section",
}  # fmt: skip
# Texts with a formula that may break, wherever they come from: from the server, from a script, or from Gradio's own fields
BREAKABLE = r"""() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (parentElement.closest("script, style, code, pre, textarea")) continue;
    if (/(?<![\p{L}\p{N}_‖′])(\p{L}|‖z‖)[\p{L}\p{N}_]?[′₀-₉∞_]* [=<>≤≥] /u.test(data)) found.push(data);
  }
  return found;
}"""
# Of each thing in sight that unfolds: whether it is open, its arrow, and whether the arrow stands before the title
ARROWS = """() => [...document.querySelectorAll("button.label-wrap, summary")]
  .filter((one) => one.checkVisibility() && !one.closest("footer"))
  .map((one) => {
    const icon = one.querySelector(".icon") ?? one;
    const title = one.matches("summary") ? null : one.querySelector("span:not(.icon)").getBoundingClientRect();
    const before = !title || icon.getBoundingClientRect().right <= title.left;
    const isOpen = one.classList.contains("open") || Boolean(one.closest("details")?.open);
    return [isOpen, getComputedStyle(icon, "::before").content[1], before, getComputedStyle(icon).transform];
  })"""


# How many lines what leads a tab in takes, where it is not folded
LINES = """() => [...document.querySelectorAll(".lead")].filter((one) => one.checkVisibility())
  .map((one) => Math.round(one.offsetHeight / parseFloat(getComputedStyle(one).lineHeight)))"""


def test_no_formula_breaks_and_every_arrow_points_where_people_expect_it_below_a_short_lead(
    visit: Callable[..., Page],
) -> None:
    page, arrows, leads = visit(PHONE), [], {}
    page.locator("#advanced > button").click()
    for name, shows in TABS.items():
        page.get_by_role("tab", name=name, exact=True).click()
        expect(page.locator(shows).first).to_be_visible(timeout=RUN)
        assert page.evaluate(BREAKABLE) == []
        arrows += page.evaluate(ARROWS)
        leads[name] = page.evaluate(LINES)
    assert (
        len(leads["Universal"]) == len(leads["Tables"]) == 1
        and max(max(lines, default=0) for lines in leads.values()) <= 4
    ), leads
    assert len(arrows) > 12 and {is_open for is_open, *_ in arrows} == {True, False}
    assert {(is_open, sign, before, turned) for is_open, sign, before, turned in arrows} == {
        (False, "▸", True, "none"),
        (True, "▾", True, "none"),
    }
    page.evaluate("document.querySelector('#lesson').append('at κ = 1')")
    assert page.evaluate(BREAKABLE) == ["at κ = 1"]  # it would be found
