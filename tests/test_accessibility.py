"""Every tab looked over by axe-core: WCAG 2.1 A and AA, in light and dark, on a wide screen and on a phone."""

from collections.abc import Callable

import pytest

pytest.importorskip("axe_playwright_python", reason="needs the package axe-playwright-python")
pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from axe_playwright_python.sync_playwright import Axe
from conftest import PHONE, WIDE
from playwright.sync_api import Page, expect

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}


@pytest.mark.parametrize(("viewport", "theme"), [(WIDE, "light"), (WIDE, "dark"), (PHONE, "light"), (PHONE, "dark")])
def test_no_tab_breaks_a_rule_or_scrolls_sideways(
    visit: Callable[..., Page], viewport: dict[str, int], theme: str
) -> None:
    page = visit(viewport, theme, reduced_motion="reduce")
    names = page.evaluate("[...document.querySelectorAll('[role=tab]')].map(tab => tab.dataset.tabId)")
    assert len(set(names)) >= 5
    broken = {}
    for name in dict.fromkeys(names):
        page.evaluate(f"document.querySelector('[role=tab][data-tab-id={name}]').click()")
        expect(page.locator(f"[role=tab][data-tab-id={name}]").first).to_have_attribute("aria-selected", "true")
        page.wait_for_timeout(500)  # what the tab holds is mounted now
        found = Axe().run(page, options=RULES).response["violations"]
        broken[name] = [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name
    assert not any(broken.values()), broken
